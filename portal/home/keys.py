"""Single keys: what each does unless a person moved it, and what a person may move it to.

Pages name the usual key where the act is (``data-key="a"``); ``keys.js`` maps a person's own key
to it. Digits (reasons), Enter and Esc stay as they are: a list of words could not be learned.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

GO = "g"  # then the letter of a page
FIXED = frozenset("0123456789")


@dataclass(frozen=True)
class Key:
    """One act with a key of its own, as people read it in their preferences."""

    usual: str
    label: Promise
    group: Promise

    @property
    def field(self) -> str:
        """The name of its form field; punctuation has none that HTML likes."""
        return f"key_{ord(self.usual):x}"


DESK, LEAD, ALL = (
    gettext_lazy("On the desk"),
    gettext_lazy("On other pages"),
    gettext_lazy("Everywhere"),
)
KEYS: tuple[Key, ...] = (
    Key("a", gettext_lazy("Accept as SQL"), DESK),
    Key("r", gettext_lazy("Reject, then a digit for the reason"), DESK),
    Key("s", gettext_lazy("Skip"), DESK),
    Key("z", gettext_lazy("Snooze"), DESK),
    Key("t", gettext_lazy("Log a touch"), DESK),
    Key("c", gettext_lazy("Touch: a call"), DESK),
    Key("m", gettext_lazy("Touch: a mail. Elsewhere: merge, pick up"), DESK),
    Key("l", gettext_lazy("Touch: a LinkedIn message"), DESK),
    Key("n", gettext_lazy("Write a note. Elsewhere: a new one"), DESK),
    Key("b", gettext_lazy("Book a meeting"), DESK),
    Key("e", gettext_lazy("Call sheet. Elsewhere: edit"), DESK),
    Key("x", gettext_lazy("Several at once"), DESK),
    Key("j", gettext_lazy("Down the queue"), DESK),
    Key("k", gettext_lazy("Up the queue"), DESK),
    Key("o", gettext_lazy("Open the lead page"), DESK),
    Key("u", gettext_lazy("Undo"), DESK),
    Key("h", gettext_lazy("Hand over; it took place"), LEAD),
    Key("f", gettext_lazy("All factors of a score"), LEAD),
    Key("w", gettext_lazy("Write why"), LEAD),
    Key("y", gettext_lazy("All that fit the filter"), LEAD),
    Key("d", gettext_lazy("Done with the follow-up"), LEAD),
    Key("p", gettext_lazy("Propose for signature"), LEAD),
    Key("/", gettext_lazy("Find or do"), ALL),
    Key("?", gettext_lazy("Show the keys"), ALL),
    Key(GO, gettext_lazy("Go to a page, with its letter"), ALL),
)
BY_USUAL: Mapping[str, Key] = {key.usual: key for key in KEYS}


def groups() -> list[tuple[Promise, list[Key]]]:
    """Return the keys in the order of the page, by where they work."""
    return [(group, list(some)) for group, some in groupby(KEYS, key=lambda key: key.group)]


def own_key(keymap: Mapping[str, str], usual: str) -> str:
    """Return what a person presses for the act with this usual key; empty when it is off."""
    return keymap.get(usual, usual)


def why_not(own: str) -> str:
    """Return the sentence that refuses ``own`` as a key, or nothing."""
    if not own:
        return ""
    if len(own) != 1 or not own.isprintable() or own.isspace():
        return _("Give one letter or sign, or leave it empty to switch the key off.")
    if own in FIXED:
        return _("Digits choose reasons. Give a letter or a sign.")
    return ""


def keymap_of(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return only what differs from the usual, as it is stored."""
    return {usual: own for usual, own in chosen.items() if usual in BY_USUAL and own != usual}


def conflicts(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return, for each usual key whose own key is taken by an act before it, a sentence."""
    taken: dict[str, str] = {}
    said = {}
    for usual, own in chosen.items():
        if own and own in taken:
            other = BY_USUAL[taken[own]].label
            said[usual] = _("“%(key)s” is taken: %(act)s. Give one of them another key.") % {
                "key": own.upper(),
                "act": other,
            }
        elif own:
            taken[own] = usual
    return said


def known(keymap: object) -> dict[str, str]:
    """Return what is sound of a stored map: a key that no page uses any more is left out."""
    if not isinstance(keymap, dict):
        return {}
    pairs: Iterable[tuple[object, object]] = keymap.items()
    return {
        usual: own
        for usual, own in pairs
        if isinstance(usual, str) and isinstance(own, str) and usual in BY_USUAL
    }
