"""How a clock's due time comes about, as ``components/_arithmetic.html`` shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.core.durations import duration_words
from sla.calendar.arithmetic import Kind, Span, duration
from sla.calendar.hours import zone_named
from sla.calendar.preview import bounds_of, open_parts
from sla.clocks.shown import ClockView
from sla.clocks.states import State

MOST_DAYS = 7  # in the strip; the lines have no end
COUNTS = {Kind.USED, Kind.OVERRIDE}


def sum_of(view: ClockView) -> dict[str, Any]:
    """Return title, strip, lines, due and result of a clock; costs a line for each day.

    In the calendar's zone; where it never closes, so that no zone matters, in the reader's.
    """
    where = _("%(promise)s, %(who)s. “%(calendar)s”, %(zone)s.")
    if view.calendar.is_always_open:
        zone = timezone.get_current_timezone_name()
        view = replace(view, calendar=replace(view.calendar, zone=zone))
        where = _("%(promise)s, %(who)s. “%(calendar)s”, shown in your time, %(zone)s.")
    spans = view.arithmetic()
    amount = duration_words(view.clock.amount)
    where %= {
        "promise": view.title,
        "who": view.clock.handoff.owner or _("nobody yet"),
        "calendar": view.calendar_name,
        "zone": view.calendar.zone,
    }
    return {
        "title": _("%(amount)s of open time") % {"amount": amount},
        "where": where,
        "days": _days(view, spans),
        "lines": list(_lines(view, spans)),
        "due": _due(view),
        "result": view.words,
    }


def _lines(view: ClockView, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    if view.clock.used:
        used = duration_words(view.clock.used)
        words = _("Used before it changed its calendar")
        yield {"words": words, "amount": used, "counts": True}
    for why, some in groupby(spans, key=lambda span: _why_not(view, span)):
        group = list(some)
        if not why:
            yield from map(_open_line, group)
        else:
            words = ", ".join(date_format(span.day, "D j M") for span in group)
            yield {"words": words, "amount": why, "counts": False}


def _why_not(view: ClockView, span: Span) -> str:
    """Return why nothing of a whole day counted, or nothing where some of it was open."""
    if span.opens:
        return ""
    if span.kind == Kind.HOLIDAY:
        return _("holiday")
    hours = view.calendar.open_on(span.day)
    if hours and hours[-1][1] <= view.clock.moved_at:
        return _("over when it began")
    return _("closed")


def _open_line(span: Span) -> dict[str, Any]:
    if span.opens is None or span.closes is None:
        raise ValueError("nothing was open")
    words = _("%(day)s %(opens)s to %(closes)s") % {
        "day": date_format(span.day, "D j M"),
        "opens": _wall(span.opens),
        "closes": _wall(span.closes),
    }
    if span.kind == Kind.PAUSED:
        return {"words": words, "amount": _("paused"), "counts": False}
    return {"words": words, "amount": _amount(span.used), "counts": True}


def _wall(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _amount(length: timedelta) -> str:
    """Write a length in two units, or to the second where the lines would not add up else."""
    seconds = int(length.total_seconds())
    return duration_words(seconds) if seconds % 60 == 0 else duration(length)


def _due(view: ClockView) -> str:
    zone = zone_named(view.calendar.zone)
    said = {"due": _moment(view.due.astimezone(zone))}
    if view.clock.stamped_at:
        said["stamp"] = _moment(view.clock.stamped_at.astimezone(zone))
        if view.clock.kind == "disposition" or not view.clock.stamp_activity:
            return _("Due %(due)s, decided %(stamp)s") % said
        return _("Due %(due)s, touched %(stamp)s") % said
    if view.state == State.PAUSED:
        return _("Due %(due)s, if it ran on now") % said
    return _("Due %(due)s") % said


def _moment(at: datetime) -> str:
    return f"{date_format(at, 'D j M')}, {at:%H:%M}"


def _days(view: ClockView, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Return the days of the strip; none where they would not fit."""
    zone = zone_named(view.calendar.zone)
    ends = [view.due, *([view.clock.stamped_at] if view.clock.stamped_at else [])]
    first = view.clock.moved_at.astimezone(zone).date()
    last = max(end.astimezone(zone).date() for end in ends)
    count = (last - first).days + 1
    if not 0 < count <= MOST_DAYS:
        return []
    return [_day(view, spans, first + timedelta(days=number)) for number in range(count)]


def _day(view: ClockView, spans: Sequence[Span], day: date) -> dict[str, Any]:
    begins, ends = bounds_of(view.calendar, day)

    def share(at: datetime) -> float:
        return round((at - begins) / (ends - begins), 4)

    def part(kind: str, opens: datetime, closes: datetime) -> Iterator[dict[str, Any]]:
        # In UTC: two walls of one zone are compared without looking at which hour occurs twice.
        start, end = max(opens.astimezone(UTC), begins), min(closes.astimezone(UTC), ends)
        if start < end:
            yield {"kind": kind, "start": share(start), "end": share(end)}

    parts = [
        {"kind": "open", "start": start, "end": end}
        for start, end in open_parts(view.calendar, day)
    ]
    for span in spans:
        if span.opens and span.closes:
            kind = "used" if span.kind in COUNTS else "paused"
            parts += part(kind, span.opens, span.closes)
    marks = {"due": view.due, "touch": view.clock.stamped_at}
    return {
        "label": date_format(day, "D j"),
        "parts": parts,
        **{name: share(at) for name, at in marks.items() if at and begins <= at < ends},
    }
