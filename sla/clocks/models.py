"""Clocks: one promise of sales running for one handoff. Facts are stored, states derived."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint, Value
from django.db.models.lookups import Exact, In

from leads.handoffs.models import keys_visible_to
from portal.accounts.models import User
from sla.clocks.states import state_expression


class Promise(models.TextChoices):
    FIRST_TOUCH = "first_touch", "first touch"
    DISPOSITION = "disposition", "disposition"


RUNNING = Q(stamped_at=None, ended_at=None)


class ClockQuerySet(models.QuerySet["Clock"]):
    def running(self) -> Self:
        return self.filter(RUNNING)

    def overdue(self, at: datetime) -> Self:
        """Running, not paused, past due, and no standing breach yet."""
        return self.filter(
            RUNNING, paused_at=None, due_at__lt=at, is_breached=False, is_excused=False
        )

    def unwarned(self, at: datetime) -> Self:
        """Running, not paused, past their warning, and nobody has seen to that yet."""
        return self.filter(RUNNING, paused_at=None, warn_at__lte=at, is_warned=False)

    def visible_to(self, user: User) -> Self:
        """Clocks of the handoffs this person may see."""
        if user.sees_everything:
            return self
        return self.filter(handoff__in=keys_visible_to(user))

    def with_state(self, at: datetime) -> Self:
        """Annotate ``state``: what each clock is at ``at``."""
        return self.annotate(state=state_expression(at))

    def in_state(self, state: str, at: datetime) -> Self:
        """Clocks that are in ``state`` at ``at``."""
        return self.filter(Exact(state_expression(at), Value(state)))

    def in_states(self, states: Iterable[str], at: datetime) -> Self:
        """Clocks that are in one of ``states`` at ``at``."""
        values = [Value(str(state)) for state in states]
        return self.filter(In(state_expression(at), values))

    def for_list(self) -> Self:
        return self.select_related(
            "handoff__lead__company", "handoff__owner", "handoff__team", "version"
        )

    def for_page(self) -> Self:
        """The same beside the rows of one page alone, asked for after it is cut.

        Joined, a database may put everybody's clocks together with their people before it looks
        whose they are.
        """
        return self.prefetch_related(
            "handoff__lead__company", "handoff__owner", "handoff__team", "version", "pauses"
        )


class Clock(models.Model):
    """``amount`` seconds of working time from ``started_at`` in a calendar.

    ``stamped_at`` is when the promise was kept (a touch; the disposition), the earliest wins.
    ``ended_at`` is the disposition, which ends both clocks. ``used`` seconds were consumed before
    ``moved_at``, when the clock last changed its owner's calendar; ``worked`` seconds by the
    stamp. ``kind`` is what is promised, ``promise`` the key of the signed clause.
    """

    handoff = models.ForeignKey("leads.Handoff", models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=12, choices=Promise)
    promise = models.CharField(max_length=60)
    version = models.ForeignKey("portal.Version", models.PROTECT, related_name="+")
    calendar = models.CharField(max_length=40)  # a signed calendar's slug
    amount = models.PositiveIntegerField()
    warn_amount = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    stamped_at = models.DateTimeField(null=True)
    stamp_activity = models.BigIntegerField(null=True)  # activities take no foreign keys
    worked = models.PositiveIntegerField(null=True)  # seconds of working time until the stamp
    ended_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    is_excused = models.BooleanField(default=False)
    is_breached = models.BooleanField(default=False)  # copied from the standing breach
    is_warned = models.BooleanField(default=False)  # its warning has been seen to
    touch_policy = models.CharField(max_length=12, default="ended")  # an untouched one's end

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["handoff", "promise"], name="sla_clock_once"),
            CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="sla_due_after_start"),
        ]
        indexes = [
            Index(
                fields=["due_at"],
                condition=Q(stamped_at=None, ended_at=None, paused_at=None, is_breached=False),
                name="sla_clock_due",
            ),
            Index(
                fields=["warn_at"],
                condition=Q(stamped_at=None, ended_at=None, paused_at=None, is_warned=False),
                name="sla_clock_warn",
            ),
            Index(fields=["handoff"], name="sla_clock_handoff"),
            Index(fields=["started_at"], name="sla_clock_started"),
            Index(fields=["started_at"], condition=RUNNING, name="sla_clock_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of handoff {self.handoff_id}, due {self.due_at:%Y-%m-%d %H:%M} UTC"


class PauseQuerySet(models.QuerySet["Pause"]):
    def over(self, at: datetime) -> Self:
        """Still standing, although their limit has come."""
        return self.filter(until=None, limit_at__lte=at)


class Pause(models.Model):
    """A stretch in which a clock stood still; ``until`` is null while it stands.

    It ends by itself at ``limit_at``, whenever that is noticed.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="pauses")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    limit_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)

    objects = PauseQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["clock"], condition=Q(until=None), name="sla_paused_once")
        ]
        indexes = [
            Index(fields=["limit_at"], condition=Q(until=None), name="sla_pause_limit"),
        ]

    def __str__(self) -> str:
        return self.reason
