"""An amendment in words: what would change, and what argues for it."""

from typing import Any

from django.utils.translation import gettext as _

from scoring.feedback.models import Amendment


def title_of(one: Amendment) -> str:
    """Return what would change, short: the rule's name and what becomes of it."""
    name = name_of(one)
    old, new = change_of(one)
    if one.kind == Amendment.Kind.DROP:
        return _("Drop “%s”") % name
    if one.kind == Amendment.Kind.ADD:
        return _("New rule “%(name)s”, %(new)s") % {"name": name, "new": new}
    return f"{name}: {old} → {new}"


def name_of(one: Amendment) -> str:
    """Return the name of the rule, or what the gate is called."""
    if one.kind == Amendment.Kind.GATE:
        return _("Sales-ready total")
    return str((one.body or one.was or {}).get("name", one.key))


def change_of(one: Amendment) -> tuple[str, str]:
    """Return what stands now and what would, each empty where there is nothing."""
    if one.kind == Amendment.Kind.GATE:
        return str(one.argument["from"]), str(one.argument["to"])
    old = _points(one.was) if one.was else ""
    return old, _points(one.body) if one.body else _("dropped")


def _points(body: dict[str, Any]) -> str:
    text = str(body.get("points", ""))
    if text == "0":
        return text
    return text.replace("-", "−") if text.startswith("-") else f"+{text}"


def argument_sentences(one: Amendment) -> list[str]:
    """Return the argument, sentence by sentence: the effect, its n, and the back-test."""
    about = {"points": _of_points, "gate": _of_gate, "add": _of_missing, "drop": _of_drop}
    return [*about[one.kind](one.argument), *_back_test(one.argument.get("back_test"))]


def _of_points(said: dict[str, Any]) -> list[str]:
    odds, low, high = said["odds"]
    words = (
        _("Handoffs with this rule are accepted less often, all other fired rules held")
        if odds < 1
        else _("Handoffs with this rule are accepted more often, all other fired rules held")
    )
    yes = {"yes": said["fired_accepted"], "n": said["fired"]}
    rest = {"others": said["others_accepted"], "of": said["others"]}
    return [
        words + _(": odds %(odds).2f, %(low).2f to %(high).2f, n %(n)s.")
        % {"odds": odds, "low": low, "high": high, "n": said["fired"]},
        _("Accepted with it: %(yes)s of %(n)s; without it: %(others)s of %(of)s.") % (yes | rest),
    ]  # fmt: skip


def _of_gate(said: dict[str, Any]) -> list[str]:
    return [
        _(
            "Of the %(n)s handoffs from %(low)s to %(high)s sales accepted %(yes)s, of the "
            "%(others)s above them %(more)s."
        )
        % {
            "n": said["below"],
            "low": said["from"],
            "high": said["to"] - 1,
            "yes": said["below_accepted"],
            "others": said["above"],
            "more": said["above_accepted"],
        }
    ]


def _of_missing(said: dict[str, Any]) -> list[str]:
    odds, low, high = said["odds"]
    return [
        _(
            "No rule asks for it, and it tells: odds of being accepted %(odds).2f, %(low).2f to "
            "%(high).2f, beside all fired rules; %(yes)s of %(n)s accepted."
        )
        % {
            "odds": odds,
            "low": low,
            "high": high,
            "yes": said["fired_accepted"],
            "n": said["fired"],
        }
    ]


def _of_drop(said: dict[str, Any]) -> list[str]:
    if said["why"] == "dead":
        return [_("None of the %s leads scored under this version meets it.") % said["scored"]]
    return [
        _("It fires as “%(twin)s” does: on %(both)s of the %(either)s handoffs of either.") % said
    ]


def _back_test(said: dict[str, Any] | None) -> list[str]:
    if not said or not (said["of"]["rejected"] or said["of"]["accepted"]):
        return []
    return [
        _(
            "On frozen evidence: %(no)s of %(rejected)s rejected handoffs would not have been "
            "sent, and %(yes)s of %(accepted)s accepted ones neither."
        )
        % {
            "no": said["spared"]["rejected"],
            "rejected": said["of"]["rejected"],
            "yes": said["spared"]["accepted"],
            "accepted": said["of"]["accepted"],
        }
    ]
