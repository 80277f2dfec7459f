"""What a clock is at one instant: the same rule for a row and for SQL.

In this precedence: met, met late, excused, breached, ended, paused, at risk, on time. Stored
instants are compared, nothing else; ``at`` is bound once by whoever asks.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, DateTimeField, F, Q, TextChoices, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from sla.clocks.models import Clock

UNTOUCHED_BREACHES = "breached"  # a clock's ``touch_policy``: ended without a touch is a breach


class State(TextChoices):
    MET = "met", _("Met")
    MET_LATE = "met_late", _("Met late")
    EXCUSED = "excused", _("Excused")
    BREACHED = "breached", _("Breached")
    ENDED = "ended", _("Ended without a touch")
    PAUSED = "paused", _("Paused")
    AT_RISK = "at_risk", _("At risk")
    ON_TIME = "on_time", _("On time")


RUNNING_STATES = frozenset({State.BREACHED, State.PAUSED, State.AT_RISK, State.ON_TIME})
KEPT = frozenset({State.MET})
BROKEN = frozenset({State.MET_LATE, State.BREACHED})


def state_of(clock: "Clock", at: datetime) -> State:
    """Return the state of a row at ``at``."""
    if clock.stamped_at is not None:
        return State.MET if clock.stamped_at <= clock.due_at else State.MET_LATE
    if clock.is_excused:
        return State.EXCUSED
    has_ended = clock.ended_at is not None
    if (clock.ended_at or clock.paused_at or at) > clock.due_at:
        return State.BREACHED
    if has_ended:
        return State.BREACHED if clock.touch_policy == UNTOUCHED_BREACHES else State.ENDED
    if clock.paused_at is not None:
        return State.PAUSED
    return State.AT_RISK if at >= clock.warn_at else State.ON_TIME


def late(at: datetime) -> Q:
    """Return the condition for clocks whose promise is broken at ``at``, kept later or not."""
    open_late = Q(stamped_at=None, is_excused=False)
    ended = Q(ended_at__isnull=False)
    stopped_late = (
        Q(ended_at__gt=F("due_at"))
        | (ended & Q(touch_policy=UNTOUCHED_BREACHES))
        | Q(ended_at=None, paused_at__gt=F("due_at"))
        | Q(ended_at=None, paused_at=None, due_at__lt=at)
    )
    return Q(stamped_at__gt=F("due_at")) | (open_late & stopped_late)


def state_expression(at: datetime) -> Case:
    """Return the SQL that gives each row its state at ``at``."""
    reached: Any = Coalesce(F("ended_at"), F("paused_at"), Value(at, output_field=DateTimeField()))
    ended = Q(ended_at__isnull=False)
    return Case(
        When(stamped_at__lte=F("due_at"), then=Value(State.MET.value)),
        When(stamped_at__isnull=False, then=Value(State.MET_LATE.value)),
        When(is_excused=True, then=Value(State.EXCUSED.value)),
        When(due_at__lt=reached, then=Value(State.BREACHED.value)),
        When(ended & Q(touch_policy=UNTOUCHED_BREACHES), then=Value(State.BREACHED.value)),
        When(ended, then=Value(State.ENDED.value)),
        When(paused_at__isnull=False, then=Value(State.PAUSED.value)),
        When(warn_at__lte=at, then=Value(State.AT_RISK.value)),
        default=Value(State.ON_TIME.value),
        output_field=CharField(),
    )
