"""Which leads of the release list go to sales."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST = 10_000  # in one act; more go with the next


class ReleaseForm(forms.Form):
    """All, the best ``count``, or the ticked ones."""

    which = forms.ChoiceField(choices=[("all", "all"), ("best", "best"), ("chosen", "chosen")])
    count = forms.IntegerField(required=False, min_value=1, max_value=MOST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        which = cleaned.get("which")
        if which == "best" and not cleaned.get("count") and "count" not in self.errors:
            self.add_error("count", _("Say how many of the best."))
        if which == "chosen":
            cleaned["ids"] = self._ids()
        return cleaned

    def _ids(self) -> list[int]:
        posted: Any = self.data
        ids = [one for one in posted.getlist("release") if one.isdecimal() and len(one) < 18]
        if not ids:
            raise ValidationError(_("Tick at least one lead, or release the best so many."))
        return [int(one) for one in ids[:MOST]]

    def choice(self) -> dict[str, Any]:
        """Return what ``release_leads`` takes for the valid form."""
        which = self.cleaned_data["which"]
        if which == "chosen":
            return {"release_ids": self.cleaned_data["ids"]}
        return {"count": self.cleaned_data["count"] if which == "best" else MOST}
