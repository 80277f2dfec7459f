"""Who has which lead open right now."""

from django.conf import settings
from django.db import models
from django.db.models import Index, UniqueConstraint

from leads.database.models.people import Lead


class Presence(models.Model):
    """One person looks at one lead; ``seen_at`` is renewed while they do, and fades by itself."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "lead"], name="leads_present_once")]
        indexes = [Index(fields=["lead", "-seen_at"], name="leads_looking_at")]

    def __str__(self) -> str:
        return f"{self.user_id} looks at {self.lead_id}"
