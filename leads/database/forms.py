"""Forms of the lead database."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.database.models import Campaign, Lead, SavedView, Source
from leads.database.registry import FACTS_BY_NAME
from portal.accounts.models import User
from portal.core.errors import DomainError

# Facts that people may say of a lead, in the order of the form. The rest follows from them.
ASKED = (
    "title", "role", "industry", "company_size", "company_type", "country", "city", "team_size",
    "use_case", "timeline", "budget", "seniority", "department",
)  # fmt: skip
FACT = "fact_"


class LeadForm(forms.Form):
    """A lead as people write it down: who, where from, what is known."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=50, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    company_domain = forms.CharField(
        label=_("Company’s web domain"), max_length=200, required=False
    )
    source = forms.ModelChoiceField(
        label=_("Source"), queryset=Source.objects.all(), required=False, empty_label=_("No source")
    )
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.all(),
        required=False,
        empty_label=_("No campaign"),
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.filter(is_active=True),
        required=False,
        empty_label=_("Nobody"),
    )
    do_not_email = forms.BooleanField(label=_("Do not write"), required=False)
    do_not_call = forms.BooleanField(label=_("Do not call"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, lead: Lead | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead
        for name in ASKED:
            fact = FACTS_BY_NAME[name]
            if fact.type == "number":
                field: forms.Field = forms.IntegerField(min_value=0, max_value=100_000_000)
            else:
                field = forms.CharField(max_length=300)
            field.label = str(fact.label)[:1].upper() + str(fact.label)[1:]
            # Drawn with each field: only what a person changes here is said by that person,
            # whatever became known in between.
            field.required, field.show_hidden_initial = False, True
            self.fields[FACT + name] = field
            if fact.derived:
                field.help_text = _("Worked out from the title unless you say otherwise.")
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        return [self[FACT + name] for name in ASKED]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        findable = values.get("email") or (self.lead and self.lead.external_id)
        if not findable and "email" not in self.errors:
            self.add_error("email", _("Give an e-mail address: leads are found again by it."))
        campaign, source = values.get("campaign"), values.get("source")
        if campaign and (source is None or campaign.source_id != source.pk):
            self.add_error("campaign", _("Choose a campaign of the source, or no campaign."))
        return values

    def values(self) -> dict[str, Any]:
        """Return what the service needs; of the facts only those that were changed here."""
        given = self.cleaned_data
        said = {name: given[FACT + name] for name in ASKED if FACT + name in self.changed_data}
        kept = {name: value for name, value in given.items() if not name.startswith(FACT)}
        kept.pop("revision")
        return kept | {"facts": {name: value or None for name, value in said.items()}}


def initial_of(lead: Lead, facts: Mapping[str, str | int]) -> dict[str, Any]:
    """Return the form's values for a lead as it stands."""
    return {
        "name": lead.name,
        "email": lead.email,
        "phone": lead.phone,
        "company": lead.company.name if lead.company else "",
        "company_domain": lead.company.domain if lead.company else "",
        "source": lead.source_id,
        "campaign": lead.campaign_id,
        "owner": lead.owner_id,
        "do_not_email": lead.do_not_email,
        "do_not_call": lead.do_not_call,
        "revision": lead.revision,
    } | {FACT + name: facts[name] for name in ASKED if name in facts}


def values_of(form: forms.BaseForm) -> dict[str, Any]:
    """Return what a small form was given. Raises DomainError with its first complaint."""
    if form.is_valid():
        return dict(form.cleaned_data)
    name, complaints = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else None
    raise DomainError(f"{label}: {complaints[0]}" if label else str(complaints[0]))


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Text"), max_length=5000)
    is_question = forms.BooleanField(required=False)


class OpenForm(forms.Form):
    value = forms.DecimalField(
        label=_("Value"), max_digits=14, decimal_places=2, min_value=0, required=False
    )


class WonForm(forms.Form):
    value = forms.DecimalField(label=_("Value"), max_digits=14, decimal_places=2, min_value=0)


class LostForm(forms.Form):
    reason = forms.CharField(label=_("Why it was lost"), max_length=200)


class SavedViewForm(forms.ModelForm):
    """Keeps the filter that is set under a name; the same name again replaces it."""

    class Meta:
        model = SavedView
        fields = ("name", "query")

    def clean_query(self) -> str:
        query = str(self.cleaned_data["query"]).lstrip("?")
        if "cursor=" in query:
            raise ValidationError(_("Go back to the first page, then save the view."))
        return query
