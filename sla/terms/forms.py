"""The editors of the terms' clauses: a promise, a calendar, what counts as a touch."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from leads.database.registry import KINDS
from portal.agreements.forms import ClauseForm, OpenClause
from sla.terms.text import (
    CLOCKED,
    OWNER,
    SIDE_OF,
    TOUCH_KINDS,
    WARN_PERCENT,
    ClauseKind,
    PromiseKind,
    Untouched,
)

MINUTE = 60
PROMISES = (
    (PromiseKind.FIRST_TOUCH.value, _("Sales: a first touch in time")),
    (PromiseKind.DISPOSITION.value, _("Sales: a disposition in time")),
    (PromiseKind.ATTEMPTS.value, _("Sales: attempts before “unresponsive”")),
    (PromiseKind.REASON_REQUIRED.value, _("Sales: a reason with rejections")),
    (PromiseKind.VOLUME.value, _("Marketing: handoffs a month")),
    (PromiseKind.ACCEPTANCE_RATE.value, _("Marketing: a share accepted")),
    (PromiseKind.PACKET.value, _("Marketing: complete packets")),
    (PromiseKind.HIGH_INTENT.value, _("Marketing: high-intent signals")),
)
UNTOUCHED = (
    (Untouched.ENDED.value, _("ends and is counted apart")),
    (Untouched.MET.value, _("is met by the disposition")),
    (Untouched.BREACHED.value, _("is breached")),
)
FAST_TRACK = (("", _("all")), ("yes", _("fast track only")), ("no", _("all but the fast track")))
COUNTED = {PromiseKind.ATTEMPTS, PromiseKind.VOLUME}  # the others promise a share
TOUCHES = [(kind.name, kind.label) for kind in KINDS if not kind.is_quiet]


class PromiseForm(ClauseForm):
    """One promise. What a kind does not use may stay empty."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Who promises what"), choices=PROMISES)
    amount_s = forms.IntegerField(
        label=_("Within minutes"),
        required=False,
        help_text=_("Of working time in the calendar: 240 for 4 hours."),
    )
    number = forms.IntegerField(
        label=_("Number or percent"), required=False, help_text=_("For promises without a clock.")
    )
    calendar = forms.CharField(label=_("Counted in"), required=False, widget=forms.Select)
    otherwise = forms.CharField(
        label=_("While nobody owns it"),
        required=False,
        widget=forms.Select,
        help_text=_("For the owner’s own hours."),
    )
    warn_percent = forms.IntegerField(label=_("At risk from percent of the time"), required=False)
    untouched = forms.ChoiceField(
        label=_("Decided in time without a touch, a first touch"), choices=UNTOUCHED, required=False
    )
    grades = forms.CharField(label=_("Only grades"), required=False, max_length=40)
    sources = forms.CharField(label=_("Only from sources"), required=False, max_length=500)
    fast_track = forms.ChoiceField(label=_("Fast track"), choices=FAST_TRACK, required=False)
    own_fields = (
        ("name", "kind"),
        ("amount_s", "calendar", "otherwise"),
        ("number", "warn_percent", "untouched"),
        ("grades", "sources", "fast_track"),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, opened: OpenClause) -> None:
        super().__init__(data, opened=opened)
        calendars = [
            (row["key"], row["body"].get("name", row["key"]))
            for row in opened.clauses
            if row["kind"] == ClauseKind.CALENDAR
        ]
        self._choices("calendar", [*calendars, (OWNER, _("the owner’s own hours"))])
        self._choices("otherwise", [("", "–"), *calendars])

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = choices

    def initial_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        applies = body.get("applies") or {}
        fast = applies.get("fast_track")
        return {
            **{name: body.get(name) for name in ("name", "kind", "calendar", "otherwise")},
            "amount_s": int(body.get("amount_s") or 0) // MINUTE or None,
            "number": body.get("percent", body.get("at_least")),
            "warn_percent": body.get("warn_percent", WARN_PERCENT),
            "untouched": body.get("untouched", Untouched.ENDED.value),
            "grades": ", ".join(applies.get("grades", ())),
            "sources": ", ".join(applies.get("sources", ())),
            "fast_track": "" if fast is None else "yes" if fast else "no",
        }

    def make_body(self) -> dict[str, Any]:
        given, kind = self.cleaned_data, PromiseKind(self.cleaned_data["kind"])
        body: dict[str, Any] = {
            "name": given["name"].strip(),
            "side": SIDE_OF[kind],
            "kind": kind.value,
        }
        if kind not in CLOCKED:
            return body | {"at_least" if kind in COUNTED else "percent": given["number"]}
        body |= {
            "amount_s": (given["amount_s"] or 0) * MINUTE,
            "calendar": given["calendar"],
            "warn_percent": given["warn_percent"] or WARN_PERCENT,
        }
        if given["calendar"] == OWNER and given["otherwise"]:
            body["otherwise"] = given["otherwise"]
        if kind == PromiseKind.FIRST_TOUCH:
            body["untouched"] = given["untouched"] or Untouched.ENDED.value
        return body | self._applies() | self._kept()

    def _applies(self) -> dict[str, Any]:
        given = self.cleaned_data
        applies: dict[str, Any] = {
            "grades": [grade.upper() for grade in _words(given["grades"])],
            "sources": [source.casefold() for source in _words(given["sources"])],
        }
        applies = {name: values for name, values in applies.items() if values}
        if given["fast_track"]:
            applies["fast_track"] = given["fast_track"] == "yes"
        return {"applies": applies} if applies else {}

    def _kept(self) -> dict[str, Any]:
        """Return what the body has and this form does not show."""
        kinds = self.opened.body.get("touch_kinds")
        return {"touch_kinds": kinds} if kinds else {}

    def add_problem(self, path: str, sentence: str) -> None:
        super().add_problem("number" if path in {"at_least", "percent"} else path, sentence)


def _day(number: int) -> forms.CharField:
    return forms.CharField(label=WEEKDAYS[number], required=False, max_length=200)


class CalendarForm(ClauseForm):
    """A week of hours, a line for each day: "09:00-12:00, 13:00-17:00"."""

    name = forms.CharField(label=_("Name"), max_length=80)
    zone = forms.CharField(label=_("Time zone"), max_length=64)
    day0, day1, day2, day3 = _day(0), _day(1), _day(2), _day(3)
    day4, day5, day6 = _day(4), _day(5), _day(6)
    own_fields = (("name", "zone"), *((f"day{day}",) for day in WEEKDAYS))

    def initial_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        week = body.get("week") or {}
        days = {
            f"day{day}": ", ".join("–".join(hours) for hours in week.get(str(day), ()))
            for day in WEEKDAYS
        }
        return {"name": body.get("name"), "zone": body.get("zone")} | days

    def make_body(self) -> dict[str, Any]:
        given = self.cleaned_data
        week = {str(day): _hours(given[f"day{day}"]) for day in WEEKDAYS}
        return {
            "name": given["name"].strip(),
            "zone": given["zone"].strip(),
            "week": {day: hours for day, hours in week.items() if hours},
        }


class TouchPolicyForm(ClauseForm):
    """Which activities are a touch."""

    touch_kinds = forms.MultipleChoiceField(
        label=_("A touch is when the lead"),
        choices=TOUCHES,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        initial=list(TOUCH_KINDS),
    )
    automated_after_reply = forms.BooleanField(
        label=_("Automated mail counts once the lead wrote"), required=False
    )
    own_fields = (("touch_kinds",), ("automated_after_reply",))

    def initial_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "touch_kinds": body.get("touch_kinds", list(TOUCH_KINDS)),
            "automated_after_reply": body.get("automated_after_reply", True),
        }

    def make_body(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "touch_kinds": list(given["touch_kinds"]),
            "automated_after_reply": bool(given["automated_after_reply"]),
        }


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _hours(text: str) -> list[list[str]]:
    """Return "9:00-12:00, 13:00–17:00" as stored; what is no pair is left for the check to name."""
    return [[_time(end) for end in re.split(r"\s*[-–]\s*", interval)] for interval in _words(text)]


def _time(text: str) -> str:
    return f"0{text}" if re.fullmatch(r"\d:\d\d", text) else text
