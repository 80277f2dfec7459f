"""The same clocks cut another way: by promise and version, by source, by hour, by week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format

from portal.core.intervals import ENOUGH
from sla.clocks.shown import TITLES
from sla.scoreboard.columns import Table
from sla.scoreboard.figures import Tally
from sla.scoreboard.sums import LocalTimes, tallies
from sla.terms.queries import SignedTerms

MOST_POINTS = 27  # half a year of weeks: what a trend shows at once


@dataclass(frozen=True)
class Promised:
    """One promise of one version of the terms: what it asked for and how it went."""

    kind: str
    key: str
    title: str
    seconds: int
    version: int  # number of the version
    version_id: int
    tally: Tally


def by_promise(clocks: Table) -> list[Promised]:
    """Return each promise under the version that applied, as the terms order them."""
    found = tallies(clocks, clocks["promise"])
    if not found:
        return []
    signed = SignedTerms.read()
    rows = []
    for (code, _kind), counts in found.items():
        kind, key, version_id = clocks.words[code]
        promise = signed.of_version(version_id).promise(key)
        rows.append(
            Promised(
                kind=kind,
                key=key,
                title=promise.name if promise else str(TITLES[kind]),
                seconds=promise.amount if promise else 0,
                version=signed.number_of(version_id),
                version_id=version_id,
                tally=counts,
            )
        )
    order = list(TITLES)
    return sorted(rows, key=lambda one: (order.index(one.kind), -one.version, one.seconds, one.key))


def by_hour(clocks: Table, local: LocalTimes) -> dict[tuple[Any, ...], Tally]:
    """Count by the hour of the day at which handoffs came; keys are (hour, name, kind)."""
    found = tallies(clocks, local.group(lambda at: at.hour))
    return {(hour, f"{hour:02}:00", kind): counts for (hour, kind), counts in found.items()}


def trend_of(
    clocks: Table, local: LocalTimes, *, by_week: bool
) -> dict[str, list[Mapping[str, Any]]]:
    """Return, by the title of each kind of promise, the points of its trend, oldest first.

    A point is a week, or a month. One whose clocks still run is maturing; one with fewer than 30
    is drawn without a value, as so few say nothing; a kind that has no value at all is left out.
    """

    def begin(at: datetime) -> int:
        return (at.toordinal() - at.weekday()) if by_week else at.replace(day=1).toordinal()

    found = tallies(clocks, local.group(begin))
    starts = sorted({start for start, _kind in found})[-MOST_POINTS:]
    points = {
        str(TITLES[kind]): [_point(start, found.get((start, kind), Tally())) for start in starts]
        for kind in TITLES
    }
    return {
        title: row
        for title, row in points.items()
        if any(point["value"] is not None for point in row)
    }


def _point(start: int, counts: Tally) -> Mapping[str, Any]:
    share = counts.share if counts.n >= ENOUGH else None
    label = date_format(date.fromordinal(start), "j M")
    point: dict[str, Any] = {"label": label, "n": counts.n, "value": None}
    if share is not None:
        point |= {
            "value": share.value * 100,
            "low": share.low * 100,
            "high": share.high * 100,
            "shown": f"{round(share.value * 100)} %",
            "maturing": bool(counts.running),
        }
    return point
