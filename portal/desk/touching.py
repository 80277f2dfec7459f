"""Logging a touch by keys: a letter for its kind, a digit for what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.dispositions.touches import OUTCOMES, TOUCH_KINDS

KEYS: Mapping[str, tuple[str, str | Promise]] = {  # kind: key, word on the switch
    "call_outbound": ("c", _("Call")),
    "email_outbound": ("m", _("Mail")),
    "linkedin_outbound": ("l", _("LinkedIn")),
    "meeting_held": ("v", _("Meeting")),
}
# Which outcomes a kind can have. An outcome keeps its digit under every kind.
POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "call_outbound": ("reached", "no_answer", "left_message", "call_back", "wrong_number"),
    "email_outbound": ("wrong_number", "sent"),
    "linkedin_outbound": ("wrong_number", "sent"),
    "meeting_held": ("reached", "no_answer", "call_back"),
}


@dataclass(frozen=True)
class TouchKind:
    value: str
    label: str | Promise
    short: str | Promise
    key: str


@dataclass(frozen=True)
class TouchOutcome:
    """``kinds`` are those that can have it, as the stylesheet reads them."""

    value: str
    label: str | Promise
    digit: int
    kinds: str


def touch_kinds() -> list[TouchKind]:
    return [TouchKind(value, label, KEYS[value][1], KEYS[value][0]) for value, label in TOUCH_KINDS]


def touch_outcomes() -> list[TouchOutcome]:
    return [
        TouchOutcome(value, label, n, " ".join(_kinds_with(value)))
        for n, (value, label) in enumerate(OUTCOMES, 1)
    ]


def _kinds_with(outcome: str) -> list[str]:
    return [kind for kind, outcomes in POSSIBLE.items() if outcome in outcomes]
