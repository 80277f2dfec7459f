"""Handoffs that somebody passed over on their desk."""

from django.conf import settings
from django.db import models
from django.db.models import Index

from leads.handoffs.models import Handoff


class Skip(models.Model):
    """Somebody passed over a handoff on their desk; ``words`` say why, the second time in a row."""

    handoff = models.ForeignKey(Handoff, models.CASCADE, related_name="skips")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [Index(fields=["by", "-at"], name="leads_skipped_by")]

    def __str__(self) -> str:
        return f"{self.by_id} skipped {self.handoff_id}"
