"""Why a handoff is with whom it is: what ``Handoff.routing`` holds, and its sentence.

The stored form has ids, counts and codes only; names are looked up when it is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.handoffs.models import Handoff
from leads.routing.choose import USUAL_WEIGHT, Choice, Member
from portal.accounts.models import User


def of_choice(choice: Choice) -> dict[str, Any]:
    """Return the stored form of a choice."""
    return {
        "rule": "least_loaded",
        "by": choice.by,
        "user": choice.user_id,
        "load": choice.load,
        "cap": choice.cap,
        "weight": choice.weight,
        "others": [list(other) for other in choice.others],
    }


def of_nobody(members: Sequence[Member]) -> dict[str, Any]:
    """Return why nobody has room: who is full and who is away."""
    taking = [one for one in members if one.takes]
    return {
        "rule": "nobody",
        "full": sorted(one.user_id for one in taking if not one.is_away),
        "away": sorted(one.user_id for one in taking if one.is_away),
    }


def of_no_team() -> dict[str, Any]:
    return {"rule": "no_team"}


def of_person(*, to: User, by: User, despite: Sequence[str] = ()) -> dict[str, Any]:
    """Return the stored form of a sales lead's own choice, and what it overruled."""
    return {"rule": "by_hand", "user": to.pk, "chosen_by": by.pk, "despite": sorted(despite)}


def explain_routing(handoffs: Iterable[Handoff]) -> dict[int, str]:
    """Return for each handoff (by id) the sentence that says why it is with whom. One query."""
    rows = list(handoffs)
    ids = {pk for one in rows for pk in people_in(one.routing)}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return {one.pk: sentence(one.routing, names) for one in rows}


def people_in(routing: Mapping[str, Any]) -> set[int]:
    """Return the ids of the people that the stored form speaks of."""
    single = {routing[key] for key in ("user", "chosen_by") if key in routing}
    listed = {pk for key in ("full", "away") for pk in routing.get(key, ())}
    return single | listed | {other[0] for other in routing.get("others", ())}


def sentence(routing: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Turn the stored form into a sentence."""
    rule = routing.get("rule", "")
    who = _name(routing.get("user"), names)
    if rule == "least_loaded":
        return _least_loaded(routing, who, names)
    if rule == "nobody":
        return _nobody(routing, names)
    if rule == "by_hand":
        return _by_hand(routing, who, names)
    if rule == "taken":
        return _("%(who)s took it while nobody had it.") % {"who": who}
    if rule == "no_team":
        return _("No team takes handoffs yet. An admin marks one as the default team.")
    return _("It has not been routed yet.")


def _by_hand(routing: Mapping[str, Any], who: str, names: Mapping[int, str]) -> str:
    words = {"by": _name(routing.get("chosen_by"), names), "who": who}
    despite = routing.get("despite", ())
    if "away" in despite:
        return _("%(by)s passed it to %(who)s, who was away.") % words
    if "cap" in despite:
        return _("%(by)s passed it to %(who)s, who was full.") % words
    return _("%(by)s passed it to %(who)s.") % words


def _least_loaded(routing: Mapping[str, Any], who: str, names: Mapping[int, str]) -> str:
    words = {"who": who, "load": routing["load"], "cap": routing["cap"]}
    if routing["by"] == "only":
        return _("Only %(who)s had room: %(load)d of at most %(cap)d open handoffs.") % words
    weight = routing.get("weight", USUAL_WEIGHT)
    others = [_other(one) for one in routing["others"]]
    is_weighed = any(other[2] != weight for other in others)
    if routing["by"] == "load":
        return _fewest(routing, who, others, names) if is_weighed else (
            _("%(who)s had the fewest open handoffs of those with room: %(load)d of %(cap)d.")
            % words
        )  # fmt: skip
    return _equal(routing, weight, others, names)


def _other(stored: Sequence[int]) -> tuple[int, int, int]:
    """Return (user, load, weight) of somebody else with room; old rows tell no weight."""
    user_id, load, *weight = stored
    return user_id, load, weight[0] if weight else USUAL_WEIGHT


def _fewest(
    routing: Mapping[str, Any],
    who: str,
    others: Sequence[tuple[int, int, int]],
    names: Mapping[int, str],
) -> str:
    """Say how the chosen one's load compares with the next one's, both with their weights."""
    next_id, next_load, next_weight = min(others, key=lambda one: (one[1] / one[2], one[0]))
    return _(
        "%(who)s had the least for their weight: %(load)d of %(cap)d at %(weight)d %%, "
        "where %(next)s had %(next_load)d at %(next_weight)d %%."
    ) % {
        "who": who,
        "load": routing["load"],
        "cap": routing["cap"],
        "weight": routing["weight"],
        "next": _name(next_id, names),
        "next_load": next_load,
        "next_weight": next_weight,
    }


def _equal(
    routing: Mapping[str, Any],
    weight: int,
    others: Sequence[tuple[int, int, int]],
    names: Mapping[int, str],
) -> str:
    """Say who was equally loaded, and what decided between them."""
    load = routing["load"]
    equal = [one for one in others if one[1] * weight == load * one[2]]
    words = {
        "who": _name(routing["user"], names),
        "all": _names([routing["user"], *(one[0] for one in equal)], names),
        "load": load,
    }
    if any(one[2] != weight for one in equal):
        had = _("%(all)s had equally much for their weights")
    else:
        had = ngettext(
            "%(all)s had %(load)d open handoff each", "%(all)s had %(load)d open handoffs each",
            load,
        )  # fmt: skip
    why = (
        _("%(who)s had waited longest for a new one.")
        if routing["by"] == "turn"
        else _("all had waited equally long, and %(who)s is first in the list.")
    )
    return f"{had}; {why}" % words


def _nobody(routing: Mapping[str, Any], names: Mapping[int, str]) -> str:
    full, away = routing.get("full", ()), routing.get("away", ())
    if not full and not away:
        return _("Nobody in the team takes handoffs. A sales lead changes that in the team.")
    parts = []
    if full:
        words = {"who": _names(full, names)}
        parts.append(ngettext("%(who)s is full", "%(who)s are full", len(full)) % words)
    if away:
        words = {"who": _names(away, names)}
        parts.append(ngettext("%(who)s is away", "%(who)s are away", len(away)) % words)
    return _("Nobody has room: %(why)s. It is routed as soon as somebody has.") % {
        "why": _(" and ").join(parts)
    }


def _name(pk: int | None, names: Mapping[int, str]) -> str:
    return names.get(pk, "") if pk is not None and pk in names else _("somebody who has left")


def _names(ids: Sequence[int], names: Mapping[int, str]) -> str:
    known = [_name(pk, names) for pk in ids]
    if len(known) < 2:
        return "".join(known)
    return _("%(first)s and %(last)s") % {"first": ", ".join(known[:-1]), "last": known[-1]}
