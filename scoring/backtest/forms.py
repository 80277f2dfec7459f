"""What a person chooses before a back-test runs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.backtest.services import DAYS, PERIODS


class BacktestForm(forms.Form):
    """The period, and (from a comparison) the version to compare with."""

    days = forms.TypedChoiceField(
        label=_("Period"),
        coerce=int,
        choices=[(days, _("last %d days") % days) for days in PERIODS],
        initial=DAYS,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose one of the periods.")},
    )
    base = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )
