"""The steps of a ladder as fields of a form, one line for each."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sla.terms.ladder import When
from sla.terms.step_words import ACTS

MINUTE = 60
PARTS = ("do", "when", "after", "quiet")
DO = [("", "–"), *((act.value, words) for act, words in ACTS.items())]
WHEN = [(When.DUE.value, _("the deadline")), (When.WARN.value, _("the warning"))]


def step_fields(number: int, step: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return the fields of one step, filled with what is signed of it."""
    after = int(step.get("after_s", 0)) // MINUTE or None
    return {
        f"step{number}_do": forms.ChoiceField(
            label=_("Then") if number else _("First"),
            choices=DO,
            required=False,
            initial=step.get("do", ""),
        ),
        f"step{number}_when": forms.ChoiceField(
            label=_("Counted from"),
            choices=WHEN,
            required=False,
            initial=step.get("when", When.DUE.value),
        ),
        f"step{number}_after": forms.IntegerField(
            label=_("Minutes after"), required=False, min_value=0, initial=after
        ),
        f"step{number}_quiet": forms.BooleanField(
            label=_("Only in their hours"),
            required=False,
            initial=bool(step.get("quiet")),
        ),
    }


def step_of(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return one step as it is signed; empty where nothing is to be done."""
    do, when, after, quiet = (given[f"step{number}_{part}"] for part in PARTS)
    if not do:
        return {}
    step: dict[str, Any] = {"do": do}
    if when == When.WARN:
        step["when"] = when
    if after:
        step["after_s"] = after * MINUTE
    return step | ({"quiet": True} if quiet else {})
