"""What people post from the desk. What a reason needs is the service's to say."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.dispositions.call_sheet import ANSWERS, LIMITS, NAMES, answer_name
from leads.dispositions.models import NOT_STATED, Reason
from leads.dispositions.touches import OUTCOMES, TOUCH_KINDS
from portal.accounts.models import Role, User
from portal.core.text import email_key

LONGEST_NOTE = 5000


class AcceptForm(forms.Form):
    owner = forms.ModelChoiceField(
        User.objects.filter(role=Role.ACCOUNT_EXECUTIVE, is_active=True),
        required=False,
        error_messages={"invalid_choice": _("Choose an account executive from the list.")},
    )
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)


class RejectForm(forms.Form):
    """``duplicate_of`` is an e-mail address or the address of the lead's page."""

    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True).exclude(pk=NOT_STATED),
        error_messages={
            "required": _("Choose a reason: a rejection without one teaches nobody."),
            "invalid_choice": _("This reason is not offered. Choose one from the list."),
        },
    )
    recycle_on = forms.DateField(
        required=False, error_messages={"invalid": _("Write the date like 2027-03-03.")}
    )
    duplicate_of = forms.CharField(max_length=300, required=False)
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)
    wrong_rules = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, by: User, rules: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.by = by
        field = self.fields["wrong_rules"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(key, key) for key in rules]

    def clean_duplicate_of(self) -> Lead | None:
        wanted = str(self.cleaned_data["duplicate_of"]).strip()
        if not wanted:
            return None
        same = Q(email_key=email_key(wanted)) if "@" in wanted else Q(public_id=_public_id(wanted))
        found = Lead.objects.visible_to(self.by).listed().filter(same).first()
        if found is None:
            raise forms.ValidationError(
                _("No lead that you see has this address. Copy the address of its page.")
            )
        return found

    @property
    def wrong(self) -> list[str] | None:
        """The rules named as wrong; None when the question was left untouched."""
        return self.cleaned_data.get("wrong_rules") or None


def _public_id(wanted: str) -> UUID | None:
    try:
        return UUID(wanted.rstrip("/").rsplit("/", 1)[-1])
    except ValueError:
        return None


class TouchForm(forms.Form):
    kind = forms.ChoiceField(
        choices=TOUCH_KINDS,
        error_messages={"required": _("Choose a call, a mail, a LinkedIn message or a meeting.")},
    )
    outcome = forms.ChoiceField(choices=[("", ""), *OUTCOMES], required=False)
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)
    token = forms.CharField(max_length=64, required=False)


# Attempts that are logged from the reject form, with one press: kind and outcome.
QUICK_TOUCHES = (
    ("call_outbound no_answer", _("Call, no answer")),
    ("email_outbound sent", _("Mail")),
    ("linkedin_outbound sent", _("LinkedIn")),
)


class QuickTouchForm(forms.Form):
    """One attempt logged from the reject form: its words and date are not the touch's."""

    quick = forms.ChoiceField(choices=QUICK_TOUCHES)
    token = forms.CharField(max_length=64, required=False)

    def touch(self) -> dict[str, Any]:
        """Return what ``log_touch`` takes, from a valid form."""
        kind, _space, outcome = self.cleaned_data["quick"].partition(" ")
        token = self.cleaned_data["token"]
        return {"kind": kind, "outcome": outcome, "note": "", "token": token}


class SheetForm(forms.Form):
    """The call sheet as it was typed; ``sheet_revision`` is that of the sheet as it was opened."""

    sheet_revision = forms.IntegerField(min_value=0, max_value=2**31 - 2)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for key in ANSWERS:
            self.fields[key] = forms.CharField(
                required=False,
                max_length=LIMITS[key],
                label=answer_name(key),
                error_messages={
                    "max_length": _("Shorten “%(name)s” to %(most)s characters.")
                    % {"name": NAMES[key], "most": f"{LIMITS[key]:,}"}
                },
            )

    def answers(self) -> dict[str, str]:
        """Return what was typed, of the answers that were sent."""
        return {key: self.cleaned_data[key] for key in ANSWERS if key in self.data}


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_NOTE, error_messages={"required": _("Write a few words first.")}
    )
    is_question = forms.BooleanField(required=False)
    token = forms.CharField(max_length=64, required=False)


def new_token() -> str:
    """Return what makes a form that is sent twice one touch."""
    return uuid4().hex
