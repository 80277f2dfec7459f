"""Date formats as people write them (``dd.mm.yyyy HH:MM``), read without guessing."""

import re
from dataclasses import dataclass, field
from datetime import datetime

WallTime = datetime  # naive unless the text itself names an offset

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIRST_YEAR, LAST_YEAR = 1900, 2200

_TOKEN = re.compile(r"yyyy|yy|Mon|mm|dd|T(?=HH)|HH|hh|MM|SS|AM|[A-Za-z]+|[^A-Za-z]+")
_READS = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<short_year>\d{2})",
    "Mon": r"(?P<month_name>[A-Za-z]{3})[a-z]*",
    "mm": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<half_hour>\d{1,2})",
    "MM": r"(?P<minute>\d{2})",
    "SS": r"(?P<second>\d{2})(?:[.,]\d+)?",
    "AM": r"(?P<half>[AaPp])\.?[Mm]\.?",
}
_SHOWS = {
    "yyyy": "2024",
    "yy": "24",
    "Mon": "Jan",
    "mm": "01",
    "dd": "31",
    "HH": "14",
    "hh": "02",
    "MM": "30",
    "SS": "00",
    "AM": "PM",
}


@dataclass(frozen=True)
class DateFormat:
    """One way to write a date: ``ISO``, or words of ``yyyy yy mm Mon dd HH hh MM SS AM`` and marks.

    Raises ValueError when the pattern has an unknown letter, or names no whole date.
    """

    pattern: str
    _reads: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_reads", None if self.pattern == "ISO" else _compile(self.pattern)
        )

    @property
    def example(self) -> str:
        if self.pattern == "ISO":
            return "2024-01-31T14:30:00"
        return "".join(_SHOWS.get(part, part) for part in _TOKEN.findall(self.pattern))

    @property
    def has_time(self) -> bool:
        return self.pattern == "ISO" or "MM" in self.pattern

    def read(self, text: str) -> WallTime | None:
        """Return the wall time, whole seconds; None when the text is not written so."""
        try:
            wall = self._wall_time(text)
        except ValueError:
            return None
        is_sound = wall is not None and FIRST_YEAR <= wall.year <= LAST_YEAR
        return wall if is_sound else None

    def _wall_time(self, text: str) -> WallTime | None:
        if self._reads is None:
            return datetime.fromisoformat(text).replace(microsecond=0)
        found = self._reads.fullmatch(text)
        return _wall_time(found.groupdict()) if found else None


def _compile(pattern: str) -> re.Pattern[str]:
    parts = _TOKEN.findall(pattern)
    unknown = [part for part in parts if part[0].isalpha() and part not in _READS and part != "T"]
    repeated = [part for part in _READS if parts.count(part) > 1]
    if unknown or repeated:
        raise ValueError(pattern)
    has_year = "yyyy" in parts or "yy" in parts
    has_month = "mm" in parts or "Mon" in parts
    half_day_is_told = ("hh" in parts) == ("AM" in parts)
    hours_have_minutes = ("HH" in parts or "hh" in parts) == ("MM" in parts)
    if not (has_year and has_month and "dd" in parts and half_day_is_told and hours_have_minutes):
        raise ValueError(pattern)
    return re.compile("".join(_READS.get(part, re.escape(part)) for part in parts), re.ASCII)


def _wall_time(found: dict[str, str | None]) -> WallTime:
    """Build the instant. Raises ValueError for a day that does not exist."""
    year = int(found.get("year") or 0)
    short_year = found.get("short_year")
    if short_year:
        year = int(short_year) + (2000 if int(short_year) < 70 else 1900)
    month_name = found.get("month_name")
    month = MONTHS.index(month_name.lower()) + 1 if month_name else int(found["month"] or 0)
    return datetime(  # noqa: DTZ001 - wall time: the caller knows the zone
        year,
        month,
        int(found["day"] or 0),
        _hour(found),
        int(found.get("minute") or 0),
        int(found.get("second") or 0),
    )


def _hour(found: dict[str, str | None]) -> int:
    half_hour = found.get("half_hour")
    if half_hour is None:
        return int(found.get("hour") or 0)
    if not 1 <= int(half_hour) <= 12:
        raise ValueError(half_hour)
    return int(half_hour) % 12 + (12 if (found["half"] or "").lower() == "p" else 0)
