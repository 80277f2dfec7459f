"""What may be asked of a rehearsal: the period, the target, and what replaces history."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sla.rehearsal.services import Wishes

PERIODS = ((30, _("30 days")), (90, _("90 days")), (180, _("180 days")))


class RehearsalForm(forms.Form):
    """The choices behind one rehearsal; all of them live in the address."""

    days = forms.TypedChoiceField(
        label=_("Last"), choices=PERIODS, coerce=int, required=False, empty_value=None
    )
    target = forms.IntegerField(label=_("Keep %"), min_value=50, max_value=99, required=False)
    minutes = forms.IntegerField(
        label=_("Minutes a lead"), min_value=1, max_value=480, required=False
    )
    people = forms.IntegerField(label=_("People"), min_value=1, max_value=200, required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        usual = Wishes()
        shown = {"days": usual.days, "target": round(usual.target * 100)}
        given = {name: data[name] for name in self.base_fields if data.get(name)}
        super().__init__(shown | given)

    @cached_property
    def wishes(self) -> Wishes:
        """What was chosen; what cannot be read is as if it had been left empty."""
        self.is_valid()
        chosen, usual = self.cleaned_data, Wishes()
        target = chosen.get("target")
        return Wishes(
            days=chosen.get("days") or usual.days,
            target=target / 100 if target else usual.target,
            minutes=chosen.get("minutes"),
            people=chosen.get("people"),
        )
