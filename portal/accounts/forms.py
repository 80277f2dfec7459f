"""Forms about people."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Invitation, Role


class InvitationForm(forms.ModelForm):
    """An admin invites one person."""

    class Meta:
        model = Invitation
        fields = ["email", "name", "role", "team"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, team = self.fields["role"], self.fields["team"]
        role.choices = [("", _("Choose")), *Role.choices]  # type: ignore[attr-defined]
        team.empty_label = _("No team")  # type: ignore[attr-defined]


class WelcomeForm(forms.Form):
    """The invited person chooses a password."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters."),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password
