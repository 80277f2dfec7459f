"""Leads in marketing's care: qualified, but not yet ready for sales."""

from typing import Self

from django.db import models
from django.db.models import Q, UniqueConstraint

from leads.database.models import Lead, Stage
from portal.accounts.models import User


class NurtureQuerySet(models.QuerySet["Nurture"]):
    def visible_to(self, user: User) -> Self:
        """Nurture is marketing's list; sales sees a lead when it comes."""
        return self if user.sees_everything else self.none()

    def open(self) -> Self:
        """In care now: not ended, and the lead still an MQL that counts."""
        return self.filter(ended_at=None, lead__stage=Stage.MQL, lead__duplicate_of=None)

    def for_list(self) -> Self:
        return self.select_related("lead__company", "lead__standing")


class Nurture(models.Model):
    """An MQL that is not sales-ready, in marketing's care, in a programme for its kind."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="nurtures")
    programme = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=40, blank=True)  # the kind of the event that ended it

    objects = NurtureQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["lead"], condition=Q(ended_at=None), name="leads_nurtured_once"
            )
        ]

    def __str__(self) -> str:
        return self.programme
