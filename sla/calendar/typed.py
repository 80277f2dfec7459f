"""Hours as people type them, and which line of a form a refusal is about."""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from sla.calendar.reading import intervals_of, problems_of

Hours = list[list[str]]
Week = Mapping[str, Sequence[Sequence[str]]]
DAYS = 7


def hours_of(text: str) -> Hours:
    """Return "9:00-12:00, 13:00–24:00" as stored; what is no pair stays one, see ``unreadable``."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    hours = [[_padded(end) for end in re.split(r"\s*[-–]\s*", part)] for part in parts]
    return [[*ends[:-1], "00:00"] if ends[1:] == ["24:00"] else ends for ends in hours]


def unreadable(hours: Hours) -> str:
    """Return a sentence for hours that are not pairs of times of day, and nothing for others."""
    try:
        intervals_of(hours)
    except ValueError:
        return _("Write each opening as two times, such as 09:00–12:30.")
    return ""


def field_of(sentence: str, zone: str, week: Week) -> str:
    """Return the field a refusal of a readable week is about: zone, day0 to day6, or none."""
    if sentence in problems_of({"zone": zone, "week": {"0": [["09:00", "17:00"]]}}):
        return "zone"
    for length in (1, 2):  # within a day, then over its midnight
        for day in range(DAYS):
            some = {
                str(one % DAYS): week.get(str(one % DAYS), []) for one in range(day, day + length)
            }
            if any(some.values()) and sentence in problems_of({"zone": zone, "week": some}):
                return f"day{day}"
    return ""


def _padded(text: str) -> str:
    return f"0{text}" if re.fullmatch(r"\d:\d\d", text) else text
