"""Reads one JSON object field by field; what is wrong becomes a sentence, never an exception."""

import re
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from scoring.rules.amounts import LARGEST, hundredths
from scoring.rules.problems import Findings, join, shown

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
MOST_FIELDS = 40  # in one object; a larger one is no clause of ours
MOST_ITEMS = 100  # in one list of texts


class Reader:
    """The fields of one object. Each method returns the value, or a default after a finding."""

    def __init__(self, body: object, path: str, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.asked: set[str] = set()
        self.body: Mapping[object, object] = {}
        self.usable = isinstance(body, Mapping) and len(body) <= MOST_FIELDS
        if isinstance(body, Mapping) and self.usable:
            self.body = body
        else:
            self.findings.add(path, _("This must be a set of fields, at most %d.") % MOST_FIELDS)

    def problem(self, name: str, sentence: str) -> None:
        """Note what is wrong with the field ``name``."""
        if self.usable:
            self.findings.add(join(self.path, name), sentence)

    def get(self, name: str) -> object:
        """Return the raw value, None when absent, and remember that it was asked for."""
        self.asked.add(name)
        return self.body.get(name)

    def text(self, name: str, *, longest: int = 100) -> str:
        """Return a required text, trimmed and not empty."""
        value = self.get(name)
        text = value.strip() if isinstance(value, str) and len(value) <= 4 * longest else ""
        if not text or len(text) > longest:
            self.problem(name, _("Write a text of 1 to %d characters.") % longest)
            return ""
        return text

    def key(self, name: str) -> str:
        """Return a required key of another clause."""
        value = self.get(name)
        if isinstance(value, str) and KEY.fullmatch(value):
            return value
        self.problem(
            name,
            _("Name a key: lower-case letters, digits and underscores, at most 60 characters."),
        )
        return ""

    def choice(self, name: str, options: Sequence[str], default: str | None = None) -> str:
        """Return one of ``options``; required unless there is a default."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value in options:
            return value
        self.problem(name, _("Choose one of: %s.") % ", ".join(options))
        return options[0]

    def flag(self, name: str) -> bool:
        """Return true or false; false when absent."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            self.problem(name, _("Answer true or false."))
        return value is True

    def count(self, name: str, most: int, *, required: bool = False) -> int | None:
        """Return a whole number from 1 to ``most``; None when absent and not required."""
        value = self.get(name)
        if value is None and not required:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.problem(name, _("Give a whole number from 1 to %d.") % most)
        return 1 if required else None

    def amount(self, name: str) -> int | None:
        """Return points in hundredths; None when absent."""
        return None if self.get(name) is None else self.points(name)

    def points(self, name: str) -> int:
        """Return required points in hundredths."""
        points = hundredths(self.get(name))
        if points is None:
            self.problem(
                name,
                _("Give a number from %(low)s to %(high)s with at most two decimals, like 12.5.")
                % {"low": f"−{LARGEST}", "high": LARGEST},
            )
        return points or 0

    def limits(self) -> tuple[int | None, int | None]:
        """Return ``floor`` and ``cap`` in hundredths; a cap below the floor is a finding."""
        floor, cap = self.amount("floor"), self.amount("cap")
        if floor is not None and cap is not None and cap < floor:
            self.problem(
                "cap", _("The cap lies below the floor. Raise the cap or lower the floor.")
            )
        return floor, cap

    def texts(self, name: str, *, longest: int, known: Collection[str] | None) -> tuple[str, ...]:
        """Return a list of distinct texts, each one of ``known`` where that is given."""
        value = self.get(name)
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_ITEMS:
            self.problem(name, _("Give a list of 1 to %d texts.") % MOST_ITEMS)
            return ()
        for place, item in enumerate(value):
            where = f"{name}.{place}"
            if not isinstance(item, str) or not item.strip() or len(item) > longest:
                self.problem(where, _("Write a text of 1 to %d characters.") % longest)
            elif known is not None and item not in known:
                self.problem(where, _("Nothing called “%s” is known here.") % shown(item))
        return tuple(dict.fromkeys(item for item in value if isinstance(item, str)))

    def finish(self) -> None:
        """Note every field that nobody asked for: a typo must not pass as a rule without effect."""
        for name in self.body:
            if name not in self.asked:
                text = shown(name)
                self.problem(text, _("“%s” is no field of this clause. Take it out.") % text)
