"""The form of pages that show something as it was known at an instant of the past."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

INSTANT = "%Y-%m-%dT%H:%M"


class AsOfForm(forms.Form):
    """``at``, which has passed by ``now``; nothing chosen is None."""

    at = forms.DateTimeField(
        label=gettext_lazy("As it was known on"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"class": "form-control", "type": "datetime-local"}, format=INSTANT
        ),
    )

    def __init__(self, data: Any, *, now: datetime) -> None:
        super().__init__(data)
        self.now = now

    def clean_at(self) -> datetime | None:
        """Return the instant; what is yet to come is not known to anybody."""
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at > self.now:
            raise forms.ValidationError(
                _("This instant is still to come. Choose one that has passed.")
            )
        return at
