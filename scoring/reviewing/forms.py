"""What people type in a review; what does not fit is kept and said."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.dispositions.models import NOT_STATED, Outcome, Reason
from portal.accounts.models import Side
from scoring.reviewing.models import Vote
from scoring.reviewing.services import LONGEST_WORDS, Said


class StartForm(forms.Form):
    """A name, and whether each side votes by itself."""

    title = forms.CharField(label=_("Name"), max_length=120)
    is_apart = forms.TypedChoiceField(
        label=_("How"),
        choices=[
            ("", _("together, at one screen")),
            ("apart", _("apart: neither side sees the other’s vote before its own")),
        ],
        coerce=bool,
        required=False,
    )


def said_in(posted: Mapping[str, Any], sides: Collection[str]) -> list[Said]:
    """Return what was posted for each of these sides that says right or wrong call."""
    found = []
    for side in sorted(sides):
        call = str(posted.get(f"{side}-call", ""))
        if not call:
            continue
        seen = str(posted.get(f"{side}-revision", ""))
        found.append(
            Said(
                side=side,
                call=call,
                change=str(posted.get(f"{side}-change") or Vote.Change.NOTHING),
                rule=str(posted.get(f"{side}-rule", "")),
                words=str(posted.get(f"{side}-words", "")),
                revision=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0,
            )
        )
    return found


def ballots(
    sides: Collection[str], votes: Mapping[str, Vote], typed: Mapping[str, Said] | None = None
) -> list[dict[str, Any]]:
    """Return what the form shows for each side: what was typed, else the vote that stands.

    What was typed keeps its place under the revision that stands now: saved again, it goes
    over the other's vote, which its reader has read by then.
    """
    found = []
    for number, side in enumerate(Side.values):
        if side not in sides:
            continue
        stands = votes.get(side)
        shown = (typed or {}).get(side) or stands
        found.append(
            {
                "side": side,
                "label": Side(side).label,
                "revision": stands.revision if stands else 0,
                "call": shown.call if shown else "",
                "change": shown.change if shown else Vote.Change.NOTHING.value,
                "rule": shown.rule if shown else "",
                "words": shown.words if shown else "",
                "stands": stands,
                "keys": ("1", "2") if number == 0 or len(sides) == 1 else ("3", "4"),
            }
        )
    return found


class OpinionForm(forms.Form):
    """A second opinion: accept, or reject with a reason."""

    outcome = forms.ChoiceField(
        label=_("What would you do?"),
        choices=[(Outcome.ACCEPTED, _("Accept")), (Outcome.REJECTED, _("Reject"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you would accept or reject it.")},
    )
    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True).exclude(code=NOT_STATED),
        label=_("Reason"),
        required=False,
        empty_label=_("choose one to reject"),
    )
    words = forms.CharField(label=_("In words"), max_length=LONGEST_WORDS, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        rejects = given.get("outcome") == Outcome.REJECTED
        if rejects and given.get("reason") is None and "reason" not in self.errors:
            self.add_error("reason", _("Choose the reason you would reject it for."))
        if not rejects:
            given["reason"] = None
        return given
