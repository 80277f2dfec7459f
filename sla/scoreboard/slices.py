"""The same clocks cut another way: by promise and version, by source, by hour, by week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models.functions import ExtractHour, TruncMonth, TruncWeek
from django.utils.formats import date_format

from portal.core.intervals import ENOUGH
from sla.clocks.models import ClockQuerySet
from sla.clocks.shown import TITLES
from sla.scoreboard.figures import Tally, tally
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


def by_promise(clocks: ClockQuerySet, *, at: datetime) -> list[Promised]:
    """Return each promise under the version that applied, as the terms order them."""
    found = tally(clocks, at=at, by=("kind", "promise", "version"))
    if not found:
        return []
    signed = SignedTerms.read()
    rows = []
    for (kind, key, version_id), counts in found.items():
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


def by_hour(clocks: ClockQuerySet, *, zone: ZoneInfo, at: datetime) -> dict[tuple[Any, ...], Tally]:
    """Count by the hour of the day at which handoffs came; keys are (hour, name, kind)."""
    hours = clocks.annotate(hour=ExtractHour("started_at", tzinfo=zone))
    found = tally(hours, at=at, by=("hour", "kind"))
    return {(hour, f"{hour:02}:00", kind): counts for (hour, kind), counts in found.items()}


def trend_of(
    clocks: ClockQuerySet, *, zone: ZoneInfo, by_week: bool, at: datetime
) -> dict[str, list[Mapping[str, Any]]]:
    """Return, by the title of each kind of promise, the points of its trend, oldest first.

    A point is a week, or a month. One whose clocks still run is maturing; one with fewer than 30
    is drawn without a value, as so few say nothing; a kind that has no value at all is left out.
    """
    cut = TruncWeek if by_week else TruncMonth
    starting = clocks.annotate(start=cut("started_at", tzinfo=zone))
    found = tally(starting, at=at, by=("start", "kind"))
    starts = sorted({start for start, _kind in found})[-MOST_POINTS:]
    points = {
        str(TITLES[kind]): [_point(week, found.get((week, kind), Tally())) for week in starts]
        for kind in TITLES
    }
    return {
        title: row
        for title, row in points.items()
        if any(point["value"] is not None for point in row)
    }


def _point(week: datetime, counts: Tally) -> Mapping[str, Any]:
    share = counts.share if counts.n >= ENOUGH else None
    point: dict[str, Any] = {"label": date_format(week, "j M"), "n": counts.n, "value": None}
    if share is not None:
        point |= {
            "value": share.value * 100,
            "low": share.low * 100,
            "high": share.high * 100,
            "shown": f"{round(share.value * 100)} %",
            "maturing": bool(counts.running),
        }
    return point
