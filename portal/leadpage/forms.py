from django import forms
from django.utils.translation import gettext_lazy as _


class HandOverForm(forms.Form):
    words = forms.CharField(
        max_length=2000,
        error_messages={"required": _("Say in words why sales should take this lead now.")},
    )
