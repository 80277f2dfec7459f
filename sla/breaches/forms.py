"""What the acts on one clock are sent."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sla.clocks.pausing import LONGEST, REASON_LENGTH


class PauseForm(forms.Form):
    """Why a clock stands still, and until when at the latest."""

    reason = forms.CharField(label=_("Why it should stand still"), max_length=REASON_LENGTH)
    limit_at = forms.DateTimeField(
        label=_("At the latest until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("It runs on by itself then, within 14 days."),
    )

    def suggest(self) -> "PauseForm":
        """Offer tomorrow at this hour."""
        tomorrow = timezone.localtime() + min(timedelta(days=1), LONGEST)
        self.initial["limit_at"] = tomorrow.replace(minute=0, second=0, microsecond=0)
        return self


class ExcuseForm(forms.Form):
    """Why a breach is not held against anybody."""

    reason = forms.CharField(
        label=_("Why it is excused"),
        max_length=REASON_LENGTH,
        help_text=_("Both sides read it on the scoreboard."),
    )
