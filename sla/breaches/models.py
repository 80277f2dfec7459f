from django.db import models
from django.db.models import Q, UniqueConstraint

from sla.clocks.models import Clock


class Breach(models.Model):
    """A promise not kept, stamped with the due instant, not with the moment of noticing.

    A touch that arrives late but happened in time withdraws it: the row is kept.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="breaches")
    at = models.DateTimeField()  # the due instant
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            UniqueConstraint(
                fields=["clock"], condition=Q(withdrawn_at=None), name="sla_breached_once"
            )
        ]

    def __str__(self) -> str:
        return f"breach of clock {self.clock_id} at {self.at:%Y-%m-%d %H:%M} UTC"
