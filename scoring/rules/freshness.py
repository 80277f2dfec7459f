"""Until when a standing holds with nothing new: it may be early, never late."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from scoring.rules.activities import Activity, ByKind, counted, known, of_kinds
from scoring.rules.amounts import decayed
from scoring.rules.definition import Attribute, Behaviour, Definition, Rule
from scoring.rules.evaluate import Snapshot
from scoring.rules.instants import DAY, instant, seconds


def valid_until(
    definition: Definition,
    snapshots: Iterable[Snapshot],
    activities: Sequence[Activity],
    as_of: datetime,
) -> datetime | None:
    """Return the earliest instant after ``as_of`` at which the standing could change by itself.

    A window left, a decay step, a silence begun, or a fact or activity dated later.
    None when time alone changes nothing any more.
    """
    at = seconds(as_of)
    by_kind = known(activities, at, definition.kinds)
    moments = [seconds(row.known_from) for row in snapshots]
    moments += (
        max(seconds(one.occurred_at), seconds(one.received_at))
        for one in activities
        if not one.is_bot and one.kind in definition.kinds
    )
    for rule in definition.rules:
        moments += _moments(rule, by_kind, at)
    first = min((moment for moment in moments if moment > at), default=None)
    return None if first is None else instant(first)


def _moments(rule: Rule, by_kind: ByKind, at: int) -> Iterator[int]:
    """Yield the instants at which time alone may change what the rule is worth."""
    test = rule.test
    if isinstance(test, Attribute):
        return
    if isinstance(test, Behaviour):
        yield from _ageing(rule, test, by_kind, at)
        return
    seen = of_kinds(test.kinds, by_kind)
    if seen:
        yield seen[0].at + test.days * DAY


def _ageing(rule: Rule, test: Behaviour, by_kind: ByKind, at: int) -> Iterator[int]:
    """Yield when each counted activity leaves the window or loses its next part."""
    if test.within_days is not None:
        # The window is open at its old end: an activity leaves it exactly one window later.
        yield from (one.at + test.within_days * DAY for one in counted(test, by_kind, at))
    elif test.decay is not None:
        step, lost = test.decay.every_days * DAY, test.decay.lost
        for one in counted(test, by_kind, at):
            steps = (at - one.at) // step
            if decayed(rule.points, lost, steps):  # what is worth nothing stays so
                yield one.at + (steps + 1) * step
