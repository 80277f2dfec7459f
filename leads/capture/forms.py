"""The hosted form: few questions, each of which some rule may ask about."""

from typing import Any
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from leads.capture.choices import BUDGETS, INDUSTRIES, TIMELINES
from portal.core.text import clean_text

UTM = {
    "utm_source": 120, "utm_medium": 120, "utm_campaign": 200, "utm_content": 200, "utm_term": 200,
}  # fmt: skip
EMPTY = [("", _("Choose"))]


class CarriedField(forms.CharField):
    """A hidden value that the page carries along: cut to what fits, never complained about.

    Nobody could mend a field they do not see.
    """

    def __init__(self, *, longest: int) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)
        self.longest = longest

    def clean(self, value: Any) -> str:
        return clean_text(str(value or ""))[: self.longest]


class HostedForm(forms.Form):
    """What a visitor tells us. ``website`` is the honeypot: people never see it."""

    name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("Work e-mail"), max_length=254)
    company = forms.CharField(label=_("Company"), max_length=200)
    title = forms.CharField(label=_("Your role"), max_length=200)
    company_size = forms.IntegerField(
        label=_("People in your company"), min_value=1, max_value=5_000_000
    )
    industry = forms.ChoiceField(label=_("Industry"), choices=EMPTY + INDUSTRIES)
    use_case = forms.CharField(
        label=_("What would you like to solve?"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    timeline = forms.ChoiceField(label=_("When would you start?"), choices=EMPTY + TIMELINES)
    budget = forms.ChoiceField(label=_("Budget"), choices=EMPTY + BUDGETS, required=False)
    consent = forms.BooleanField(
        error_messages={"required": _("Tick the box: without it we may not answer you.")}
    )
    website = forms.CharField(required=False, label=_("Leave this field empty"))
    token = CarriedField(longest=36)
    utm_source = CarriedField(longest=UTM["utm_source"])
    utm_medium = CarriedField(longest=UTM["utm_medium"])
    utm_campaign = CarriedField(longest=UTM["utm_campaign"])
    utm_content = CarriedField(longest=UTM["utm_content"])
    utm_term = CarriedField(longest=UTM["utm_term"])

    def __init__(self, *args: Any, consent_text: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = consent_text
        self.fields["token"].initial = uuid4
        self.helper = FormHelper(self)
        self.helper.form_tag = False

    def clean_token(self) -> str:
        """Return the page's token; one that we never made becomes a new one."""
        try:
            return str(UUID(self.cleaned_data["token"]))
        except ValueError:
            return str(uuid4())

    @property
    def is_robot(self) -> bool:
        """Whether the field that only robots fill in was filled in."""
        return bool(self.data.get("website"))
