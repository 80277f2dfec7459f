from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from sla.clocks.models import Clock


class Breach(models.Model):
    """A promise not kept, stamped with the due instant, not with the moment of noticing.

    A touch that arrives late but happened in time withdraws it: the row is kept. ``ladder_at`` is
    when the steps that follow it were written down, null until then.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="breaches")
    at = models.DateTimeField()  # the due instant
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    ladder_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            UniqueConstraint(
                fields=["clock"], condition=Q(withdrawn_at=None), name="sla_breached_once"
            )
        ]
        indexes = [
            Index(
                fields=["at"],
                condition=Q(withdrawn_at=None, ladder_at=None),
                name="sla_breach_no_ladder",
            )
        ]

    def __str__(self) -> str:
        return f"breach of clock {self.clock_id} at {self.at:%Y-%m-%d %H:%M} UTC"


class Excuse(models.Model):
    """Why a broken promise is not held against anybody; taken back, it is kept."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="excuses")
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["clock"], condition=Q(withdrawn_at=None), name="sla_excused_once"
            )
        ]

    def __str__(self) -> str:
        return self.reason
