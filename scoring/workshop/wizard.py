"""A first definition out of what customers looked like: pure, from traits to clauses and back."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext as _

from leads.database.registry import FACTS_BY_NAME
from scoring.definitions.registration import labels
from scoring.rules.amounts import hundredths
from scoring.rules.defaults import GATES, GRADE
from scoring.workshop.customers import Trait

USUAL_DAYS = 90
INTENT = frozenset({"demo_request", "quote_request", "contact_request", "trial_started"})
GROUPS: Mapping[str, dict[str, Any]] = {
    "engagement": {"dimension": "engagement", "combine": "sum", "cap": "80", "floor": None},
    "fit": {"dimension": "fit", "combine": "sum", "cap": "60", "floor": None},
}


def first_clauses(traits: Iterable[Trait]) -> list[dict[str, Any]]:
    """Return a whole first draft: two groups, a rule for each trait, two gates, a grade."""
    names = {"engagement": _("Engagement"), "fit": _("Fit")}
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("group", key, {"name": names[key], **body}, "") for key, body in GROUPS.items()
    ]
    bodies += new_rules(traits, taken=())
    gates = {"mql": GATES["mql"], "sales_ready": without_icp(GATES["sales_ready"])}
    bodies += [("gate", key, {"when": deepcopy(tree)}, "") for key, tree in gates.items()]
    bodies.append(("grade", "grade", deepcopy(GRADE), ""))
    return [
        {"kind": kind, "key": key, "position": n, "body": body, "rationale": why}
        for n, (kind, key, body, why) in enumerate(bodies, start=1)
    ]


def without_icp(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a gate's tree that does not ask for an ICP, of which there is none yet."""
    return {"all": [part for part in tree["all"] if part != {"icp": True}]}


def new_rules(
    traits: Iterable[Trait], *, taken: Sequence[str]
) -> list[tuple[str, str, dict[str, Any], str]]:
    """Return a rule for each trait, with the numbers that argue for it as its rationale."""
    rules, used = [], set(taken)
    for trait in traits:
        key = free(key_of(trait), used)
        used.add(key)
        rules.append(("rule", key, rule_of(trait), why(trait)))
    return rules


def free(start: str, used: Iterable[str]) -> str:
    known = set(used)
    tries = (start if n == 1 else f"{start}_{n}" for n in range(1, len(known) + 2))
    return next(key for key in tries if key not in known)


def key_of(trait: Trait) -> str:
    said = "_".join(filter(None, (trait.fact, trait.kind, trait.value))).lower()
    letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in said)
    return f"w_{'_'.join(filter(None, letters.split('_')))}"[:50]


def words_of(trait: Trait) -> str:
    """Return what the trait is, in a few words."""
    named = labels()
    if trait.kind:
        does = named.get(trait.kind, trait.kind).capitalize()
        return f"{does}, {trait.value}" if trait.value else does
    name = str(FACTS_BY_NAME[trait.fact].label).capitalize()
    return f"{name}: {named.get(f'{trait.fact}:{trait.value}', trait.value)}"


def value_of(trait: Trait) -> str:
    """Return what the trait is where its fact stands above it."""
    if trait.kind:
        return words_of(trait)
    word = labels().get(f"{trait.fact}:{trait.value}", trait.value)
    return word[:1].upper() + word[1:]


def about_words(about: str) -> str:
    """Return what a table of traits is about."""
    if about == "content":
        return _("What they did and read")
    return str(FACTS_BY_NAME[about].label).capitalize()


def rule_of(trait: Trait) -> dict[str, Any]:
    """Return the body of a trait's rule."""
    common = {
        "name": words_of(trait)[:100],
        "points": str(trait.points or 5),
        "disqualifies": False,
    }
    if trait.fact:
        when = {"field": trait.fact, "op": "in", "value": [trait.value]}
        return common | {"group": "fit", "signal": "none", "type": "attribute", "when": when}
    where = {"field": "object_tags", "op": "has", "value": trait.value} if trait.value else None
    is_intent = trait.kind in INTENT or trait.value == "pricing"
    return common | {
        "group": "engagement",
        "signal": "high_intent" if is_intent else "interest",
        "type": "behaviour",
        "kinds": [trait.kind],
        "where": where,
        "counts": "once",
        "max_times": None,
        "min_count": None,
        "within_days": USUAL_DAYS,
        "decay": None,
    }


def why(trait: Trait) -> str:
    """Return the numbers as a sentence."""
    values = {
        "customers": trait.customers,
        "of": trait.of_customers,
        "leads": trait.leads,
        "all": trait.of_leads,
    }
    return (
        _(
            "At first touch %(customers)d of %(of)d customers had it, and %(leads)d of all "
            "%(all)d leads."
        )
        % values
    )


def has_trait(clauses: Sequence[Mapping[str, Any]], trait: Trait) -> bool:
    """Tell whether a rule of this trait stands in the draft."""
    wanted = rule_of(trait)
    asked = ("type", "when", "kinds", "where")
    return any(
        clause["kind"] == "rule"
        and all(clause["body"].get(name) == wanted.get(name) for name in asked)
        for clause in clauses
    )


def total_of(tree: Any) -> str:
    """Return the total that a gate asks for, as it is written; "" where it asks for none."""
    if isinstance(tree, list):
        return next(filter(None, map(total_of, tree)), "")
    if not isinstance(tree, Mapping):
        return ""
    if hundredths(tree.get("total_at_least")) is not None:
        return str(tree["total_at_least"])
    return total_of(list(tree.values()))


def with_total(tree: Any, total: str) -> Any:
    """Return a gate's tree that asks for this total instead, or besides."""
    if total_of(tree):
        return _replaced(tree, int(total) if total.lstrip("-").isdecimal() else total)
    leaf = {"total_at_least": int(total) if total.lstrip("-").isdecimal() else total}
    if isinstance(tree, Mapping) and set(tree) == {"all"}:
        return {"all": [leaf, *tree["all"]]}
    return leaf if tree is None else {"all": [leaf, tree]}


def _replaced(tree: Any, total: int | str) -> Any:
    if isinstance(tree, list):
        return [_replaced(part, total) for part in tree]
    if not isinstance(tree, Mapping):
        return tree
    if "total_at_least" in tree:
        return {"total_at_least": total}
    return {name: _replaced(part, total) for name, part in tree.items()}
