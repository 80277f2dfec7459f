from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from leads.tasks.services import LONGEST_WHY
from portal.accounts.models import User


class FollowUpForm(forms.Form):
    """For whom, by when, and what is to be done."""

    why = forms.CharField(label=_("What is to be done"), max_length=LONGEST_WHY)
    assignee = forms.ModelChoiceField(
        label=_("For whom"),
        queryset=User.objects.filter(is_active=True),
        empty_label=_("Choose a person"),
    )
    due_at = forms.DateTimeField(
        label=_("Due"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper(self)
        self.helper.form_tag = False

    def clean_due_at(self) -> datetime:
        due: datetime = self.cleaned_data["due_at"]
        if not 2000 <= due.year <= 2100:
            raise forms.ValidationError(_("Choose a year between 2000 and 2100."))
        return due
