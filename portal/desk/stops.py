"""What a decision does to the clocks, said before it is made."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from leads.dispositions.effects import EffectLine
from portal.core.durations import duration_words
from sla.clocks.models import Promise
from sla.clocks.shown import ClockView
from sla.clocks.states import UNTOUCHED_BREACHES, State


def stop_line(clocks: Sequence[ClockView]) -> list[EffectLine]:
    """Return the line about the clocks that run: “Stop both clocks, the decision 56 min early”."""
    running = {one.clock.kind: one for one in clocks if one.is_running}
    decision, touch = running.get(Promise.DISPOSITION), running.get(Promise.FIRST_TOUCH)
    if not running:
        return []
    if decision is None:
        text = _("the first-touch clock")
    elif touch is None:
        text = _("the clock, %(when)s") % {"when": _early_or_late(decision)}
    else:
        text = _("both clocks, the decision %(when)s") % {"when": _early_or_late(decision)}
    if touch is not None:
        text = _("%(clocks)s; %(touch)s") % {"clocks": text, "touch": _untouched(touch)}
    return [EffectLine("stopwatch", _("Stop"), text)]


def _early_or_late(clock: ClockView) -> str:
    amount = {"amount": duration_words(abs(clock.left))}
    return (_("%(amount)s early") if clock.left >= 0 else _("%(amount)s late")) % amount


def _untouched(clock: ClockView) -> str:
    """Say what a first-touch clock is once it ends without a touch: the terms say."""
    if clock.state == State.BREACHED:
        return _("the first touch stays broken")
    if clock.clock.touch_policy == UNTOUCHED_BREACHES:
        return _("without a touch, that promise breaks")
    return _("no touch was logged")
