"""What is known of leads: snapshots of facts over a dictionary of texts."""

from django.conf import settings
from django.db import models
from django.db.models import Index

from leads.database.models.people import Lead
from leads.database.registry import SetBy


class FactText(models.Model):
    """The dictionary of texts that facts hold: stored once, matched once."""

    text = models.CharField(max_length=300, unique=True)

    def __str__(self) -> str:
        return self.text


class FactSnapshot(models.Model):
    """All facts of one lead as known from one instant; append-only.

    Text facts hold ``FactText`` ids, numbers themselves, flags 0 or 1. ``set_by`` and ``actor``
    say who wrote this row; ``origins`` says for each fact with a value who set it and since when:
    ``{"title": [set_by, known_from as epoch seconds]}``. A value whose instant is older than
    ``known_from`` was carried over. A fact that was cleared keeps the origin of its clearing.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="snapshots")
    known_from = models.DateTimeField()
    recorded_at = models.DateTimeField()  # never used for scoring
    set_by = models.PositiveSmallIntegerField(choices=[(s.value, s.name.lower()) for s in SetBy])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    origins = models.JSONField(default=dict)
    title = models.BigIntegerField(null=True)
    seniority = models.BigIntegerField(null=True)
    department = models.BigIntegerField(null=True)
    role = models.BigIntegerField(null=True)
    industry = models.BigIntegerField(null=True)
    company_size = models.BigIntegerField(null=True)
    size_band = models.BigIntegerField(null=True)
    company_type = models.BigIntegerField(null=True)
    country = models.BigIntegerField(null=True)
    region = models.BigIntegerField(null=True)
    city = models.BigIntegerField(null=True)
    team_size = models.BigIntegerField(null=True)
    use_case = models.BigIntegerField(null=True)
    timeline = models.BigIntegerField(null=True)
    budget = models.BigIntegerField(null=True)
    procurement = models.BigIntegerField(null=True)
    occupation = models.BigIntegerField(null=True)
    email_kind = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["known_from", "pk"]
        indexes = [Index(fields=["lead", "known_from", "id"], name="leads_snapshot_of_lead")]

    def __str__(self) -> str:
        return f"facts of lead {self.lead_id} from {self.known_from:%Y-%m-%d %H:%M}"
