"""Forms about people."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Invitation, User


def zones() -> list[tuple[str, str]]:
    """Return the zones people live in, by name."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
    names = sorted(name for name in available_timezones() if name.startswith(regions))
    return [(name, name.replace("_", " ")) for name in ["UTC", *names]]


class PreferencesForm(forms.ModelForm):
    """What a person sets for themselves; a field that is not sent stays as it is."""

    zone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    class Meta:
        model = User
        fields = ["zone", "theme", "has_keys"]
        help_texts = {"has_keys": _("Letters such as A and R act at once. Off inside fields.")}

    def __init__(self, data: Any = None, *, instance: User) -> None:
        super().__init__(data, instance=instance)
        if data is not None and "zone" not in data:  # the theme switch sends the theme alone
            for name in ("zone", "has_keys"):
                del self.fields[name]


class InvitationForm(forms.ModelForm):
    """An admin invites one person."""

    class Meta:
        model = Invitation
        fields = ["email", "name", "role", "team"]


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
