"""The editors of calendars and of what counts as a touch."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from leads.database.registry import KINDS
from portal.agreements.forms import ClauseForm
from sla.terms.text import TOUCH_KINDS
from sla.terms.typed import words_of

TOUCHES = [(kind.name, kind.label) for kind in KINDS if not kind.is_quiet]


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


def _hours(text: str) -> list[list[str]]:
    """Return "9:00-12:00, 13:00–17:00" as stored; what is no pair is left for the check to name."""
    return [
        [_time(end) for end in re.split(r"\s*[-–]\s*", interval)] for interval in words_of(text)
    ]


def _time(text: str) -> str:
    return f"0{text}" if re.fullmatch(r"\d:\d\d", text) else text
