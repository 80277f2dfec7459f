"""Leads in marketing's care: qualified, but not yet ready for sales."""

from django.db import models
from django.db.models import Q, UniqueConstraint

from leads.database.models import Lead


class Nurture(models.Model):
    """An MQL that is not sales-ready, in marketing's care, in a programme for its kind."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="nurtures")
    programme = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=40, blank=True)  # the kind of the event that ended it

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["lead"], condition=Q(ended_at=None), name="leads_nurtured_once"
            )
        ]

    def __str__(self) -> str:
        return self.programme
