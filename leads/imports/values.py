"""Turn the text of a cell into a value of a declared type, or say in a sentence why it is none."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NoReturn
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leads.imports.dates import DateFormat, WallTime

Value = str | int | bool | Decimal | datetime | date | None
Converter = Callable[[str], Value]

TYPES = (
    "text",
    "id",
    "email",
    "choice",
    "code",
    "instant",
    "date",
    "decimal",
    "integer",
    "duration",
    "flag",
)
TRUE_TOKENS = frozenset({"true", "yes", "y", "1", "ja", "x"})
FALSE_TOKENS = frozenset({"false", "no", "n", "0", "nein"})

_MONEY = r"(?:[€$£¥₹₽₺₴₩¢]|R\$|zł|[A-Z]{3})?"
_SPACES = "\u00a0\u202f\u2009 "
_ROUNDED_ID = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_DURATION = re.compile(
    r"(?:(?P<d>\d{1,5}) days?,? *)?(?P<h>\d{1,4}):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d)"
)
_LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_BIGGEST = 10**15  # what NUMERIC(19, 4) can hold
_BIGGEST_INTEGER = 2**63


class BadValue(ValueError):
    """A cell its field cannot take; the message is a sentence naming column and value."""


@dataclass(frozen=True)
class Formats:
    """How a file writes its values: what a mapping declares once for all its columns."""

    zone: ZoneInfo
    dates: tuple[DateFormat, ...] = (DateFormat("ISO"),)
    decimal: str = "."
    thousands: str = ""
    null_tokens: frozenset[str] = frozenset({""})
    true_tokens: frozenset[str] = TRUE_TOKENS
    false_tokens: frozenset[str] = FALSE_TOKENS

    def is_null(self, text: str) -> bool:
        """Tell whether the text, already trimmed, stands for no value."""
        return not text or text.casefold() in self.null_tokens


def converter(
    value_type: str,
    formats: Formats,
    *,
    column: str,
    choices: tuple[str, ...] = (),
    limit: int = 500,
) -> Converter:
    """Return the function from a trimmed, non-null text to a value; it raises BadValue.

    Instants are UTC, whole seconds; a date alone is 00:00 in the zone; durations are seconds.
    """

    def refuse(text: str, expected: str) -> NoReturn:
        shown = text if len(text) <= 60 else text[:59] + "…"
        raise BadValue(
            _('Column "%(column)s": "%(value)s" is not %(expected)s.')
            % {"column": column, "value": shown, "expected": expected}
        )

    makers: dict[str, Callable[[Formats, _Refuse], Converter]] = {
        "instant": _instant,
        "date": _date,
        "decimal": _decimal,
        "integer": _integer,
        "duration": _duration,
        "flag": _flag,
        "email": _email,
    }
    if value_type in makers:
        return makers[value_type](formats, refuse)
    if value_type == "choice":
        return _choice(choices, refuse)
    return _text(value_type, limit, refuse)


_Refuse = Callable[[str, str], NoReturn]


def _text(value_type: str, limit: int, refuse: _Refuse) -> Converter:
    def text_of(text: str) -> str:
        if len(text) > limit:
            refuse(text, _("short enough: at most %(limit)d characters") % {"limit": limit})
        return text

    def id_of(text: str) -> str:
        if _ROUNDED_ID.fullmatch(text):
            refuse(
                text,
                _("an id: a spreadsheet has rounded it. Export again with this column as text"),
            )
        return text_of(text)

    def code_of(text: str) -> str:
        if not _CODE.fullmatch(text):
            refuse(text, _("a code of lower-case letters, digits and _, as bad_timing"))
        return text_of(text)

    return {"id": id_of, "code": code_of}.get(value_type, text_of)


def _choice(choices: tuple[str, ...], refuse: _Refuse) -> Converter:
    known = frozenset(choices)

    def choice_of(text: str) -> str:
        if text not in known:
            refuse(text, _("one of %(choices)s") % {"choices": ", ".join(choices)})
        return text

    return choice_of


def _wall_time(text: str, formats: Formats, refuse: _Refuse) -> WallTime:
    for date_format in formats.dates:
        wall = date_format.read(text)
        if wall is not None:
            return wall
    first = formats.dates[0]
    return refuse(
        text,
        _("a date as %(formats)s, for example %(example)s")
        % {
            "formats": _(" or ").join(each.pattern for each in formats.dates),
            "example": first.example,
        },
    )


def _instant(formats: Formats, refuse: _Refuse) -> Converter:
    zone = formats.zone

    def instant_of(text: str) -> datetime:
        wall = _wall_time(text, formats, refuse)
        aware = wall if wall.tzinfo else wall.replace(tzinfo=zone, fold=0)
        return aware.astimezone(UTC)

    return instant_of


def _date(formats: Formats, refuse: _Refuse) -> Converter:
    def date_of(text: str) -> date:
        wall = _wall_time(text, formats, refuse)
        return wall.astimezone(formats.zone).date() if wall.tzinfo else wall.date()

    return date_of


def _number_pattern(formats: Formats) -> re.Pattern[str]:
    mark = re.escape(formats.decimal)
    if formats.thousands:
        group = (
            "[" + re.escape(formats.thousands) + (_SPACES if formats.thousands == " " else "") + "]"
        )
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)"
    else:
        whole = r"\d+"
    spaces = f"[{_SPACES}]*"
    return re.compile(
        rf"(?P<sign>[-+−]?){spaces}{_MONEY}{spaces}(?P<minus>-?)"
        rf"(?P<whole>{whole})(?:{mark}(?P<part>\d*))?{spaces}{_MONEY}%?",
        re.ASCII,
    )


def _decimal(formats: Formats, refuse: _Refuse) -> Converter:
    pattern = _number_pattern(formats)
    example = f"3{formats.thousands}500{formats.decimal}00"

    def decimal_of(text: str) -> Decimal:
        found = pattern.fullmatch(text)
        if not found:
            refuse(text, _("a number as %(example)s") % {"example": example})
        whole = re.sub(r"\D", "", found["whole"])
        number = Decimal(f"{whole}.{found['part'] or 0}")
        if number >= _BIGGEST:
            refuse(text, _("a number below 1,000,000,000,000,000"))
        return -number if found["sign"] in ("-", "−") or found["minus"] else number

    return decimal_of


def _integer(formats: Formats, refuse: _Refuse) -> Converter:
    pattern = _number_pattern(formats)

    def integer_of(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 19:
            return int(text)
        found = pattern.fullmatch(text)
        if not found or (found["part"] or "").strip("0"):
            refuse(text, _("a whole number"))
        number = int(re.sub(r"\D", "", found["whole"])[:40])
        if number >= _BIGGEST_INTEGER:
            refuse(text, _("a whole number of at most 18 digits"))
        return -number if found["sign"] in ("-", "−") or found["minus"] else number

    return integer_of


def _duration(_formats: Formats, refuse: _Refuse) -> Converter:
    def seconds_of(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        found = _DURATION.fullmatch(text)
        if not found:
            refuse(text, _("a duration in seconds, or as 0:12:30 or 2 days, 0:17:26"))
        days, hours, minutes, seconds = (int(found[part] or 0) for part in "dhms")
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

    return seconds_of


def _flag(formats: Formats, refuse: _Refuse) -> Converter:
    def flag_of(text: str) -> bool:
        token = text.casefold()
        if token in formats.true_tokens:
            return True
        if token in formats.false_tokens:
            return False
        tokens = ", ".join(sorted(formats.true_tokens) + sorted(formats.false_tokens))
        return refuse(text, _("one of %(tokens)s") % {"tokens": tokens})

    return flag_of


def _email(_formats: Formats, refuse: _Refuse) -> Converter:
    def email_of(text: str) -> str:
        address = normalise_email(text)
        if address is None:
            refuse(text, _("an e-mail address as name@example.com"))
        return address

    return email_of


def normalise_email(text: str) -> str | None:
    """Return the address trimmed, in lower case, its domain in ASCII; None when it is none."""
    local, at, domain = text.strip().removeprefix("mailto:").lower().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    well_formed = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)
    if not at or not well_formed or local[0] == "." or local[-1] == "." or ".." in local:
        return None
    return f"{local}@{domain}" if len(local) + len(domain) < 254 else None
