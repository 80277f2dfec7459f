from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from leads.imports.models import Import


class UploadForm(forms.Form):
    """A file, and what one of its rows is."""

    kind = forms.ChoiceField(label=_("One row of the file is"), choices=[])
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("The first row names the columns. Commas, semicolons and tabs are recognised."),
        error_messages={"empty": _("The file is empty. Send one with a header and rows.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            Import.Kind.LEADS: _("a lead"),
            Import.Kind.ACTIVITIES: _("an activity of a lead"),
            Import.Kind.SPEND: _("what a day of advertising cost"),
            Import.Kind.HANDOFFS: _("a past handoff, or deal, with what sales said of it"),
        }
        self.fields["kind"].choices = [(kind.value, word) for kind, word in words.items()]  # type: ignore[attr-defined]
        self.helper = FormHelper(self)
        self.helper.form_tag = False
