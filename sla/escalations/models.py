"""The steps that follow a warning or a breach: written down once, each taken once."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from sla.breaches.models import Breach
from sla.clocks.models import Clock


class Outcome(models.TextChoices):
    DONE = "done", _("Done")
    OVER = "over", _("No longer needed")
    NOBODY = "nobody", _("Nobody to turn to")


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def due(self, at: datetime) -> Self:
        return self.filter(taken_at=None, not_before__lte=at)


class Escalation(models.Model):
    """Step ``number`` of a clock's signed ladder; ``breach`` is null for what a warning brings.

    ``due_at`` follows from the deadline, never from the moment of noticing. ``not_before`` is the
    same until the step has to wait, for one for somebody's working hours; ``told`` are those who
    know already.
    ``person`` had the handoff when the ladder began: who did not respond.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="escalations")
    breach = models.ForeignKey(Breach, models.CASCADE, null=True, related_name="escalations")
    number = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=12)
    is_quiet = models.BooleanField(default=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    due_at = models.DateTimeField()
    not_before = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    told = models.JSONField(default=list)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "number"]
        constraints = [
            UniqueConstraint(
                fields=["breach", "number"],
                condition=Q(breach__isnull=False),
                name="sla_step_of_breach_once",
            ),
            UniqueConstraint(
                fields=["clock", "number"],
                condition=Q(breach=None),
                name="sla_step_of_warning_once",
            ),
        ]
        indexes = [
            Index(fields=["not_before"], condition=Q(taken_at=None), name="sla_step_due"),
        ]

    def __str__(self) -> str:
        return f"{self.act} for clock {self.clock_id}, due {self.due_at:%Y-%m-%d %H:%M} UTC"

    def is_over(self, at: datetime) -> bool:
        """Tell whether the step is no longer needed at ``at``. Reads clock, handoff and breach."""
        clock = self.clock
        if clock.stamped_at or clock.ended_at or clock.is_excused or clock.handoff.is_decided:
            return True
        if self.breach is None:
            return clock.due_at < at  # the breach tells more
        return self.breach.withdrawn_at is not None
