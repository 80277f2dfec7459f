"""The editors of calendars and of what counts as a touch."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from leads.database.registry import KINDS
from portal.agreements.forms import ClauseForm, ticks
from sla.calendar.typed import field_of, hours_of, unreadable
from sla.terms.text import TOUCH_KINDS

TOUCHES = [  # what people do comes first
    (kind.name, kind.label)
    for kind in sorted(KINDS, key=lambda kind: not kind.is_touch)
    if not kind.is_quiet
]


def _day(number: int) -> forms.CharField:
    how = _("Such as 09:00-12:30, 13:30-18:00, or 22:00-06:00 over midnight. Empty: closed.")
    return forms.CharField(
        label=WEEKDAYS[number], required=False, max_length=200, help_text="" if number else how
    )


class CalendarForm(ClauseForm):
    """A week of hours, a line for each day: "09:00-12:00, 13:00-17:00"."""

    name = forms.CharField(label=_("Name"), max_length=80)
    zone = forms.CharField(
        label=_("Time zone"), max_length=64, help_text=_("Such as Europe/Berlin.")
    )
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

    def clean(self) -> dict[str, Any] | None:
        for day in WEEKDAYS:
            if wrong := unreadable(hours_of(self.cleaned_data.get(f"day{day}", ""))):
                self.add_error(f"day{day}", wrong)
        return super().clean()

    def add_problem(self, path: str, sentence: str) -> None:
        body = self.make_body()
        name = field_of(sentence, body["zone"], body["week"]) if path == "week" else path
        super().add_problem(name, sentence)

    def make_body(self) -> dict[str, Any]:
        given = self.cleaned_data
        week = {str(day): hours_of(given[f"day{day}"]) for day in WEEKDAYS}
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
        widget=ticks(),
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
