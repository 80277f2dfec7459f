"""What one press mends: from a finding's ``press`` to the clause as it should read. Pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from scoring.rules.amounts import hundredths

Clause = Mapping[str, Any]
LONGEST = 6  # digits of a number that a press carries
HIGH_INTENT = {"signals_at_least": {"count": 1, "signal": "high_intent"}}


def mended(press: str, clauses: Sequence[Clause]) -> tuple[Clause, dict[str, Any]] | None:
    """Return the clause that a press changes, with its new body; None for one that says nothing.

    ``window:RULE:DAYS``, ``points:RULE:N``, ``intent:GATE``, ``lower:GATE:N``, ``raise:GATE:N``.
    """
    what, key, number = (*press.split(":"), "", "")[:3]
    kind = "gate" if what in {"intent", "lower", "raise"} else "rule"
    clause = next((one for one in clauses if (one["kind"], one["key"]) == (kind, key)), None)
    is_number = number.isascii() and number.isdecimal() and len(number) <= LONGEST
    if clause is None or (what != "intent" and not is_number):
        return None
    body = deepcopy(dict(clause["body"]))
    if what == "window":
        body |= {"within_days": int(number), "decay": None}
    elif what == "points":
        body["points"] = number
    elif what == "intent":
        body["when"] = _with_intent(body.get("when"))
    elif what in {"lower", "raise"}:
        body["when"] = _at(body.get("when"), int(number), lower=what == "lower")
    else:
        return None
    return None if body == clause["body"] else (clause, body)


def _with_intent(tree: Any) -> Any:
    if isinstance(tree, Mapping) and set(tree) == {"all"} and isinstance(tree["all"], list):
        return {"all": [*tree["all"], HIGH_INTENT]}
    return {"all": [tree, HIGH_INTENT]}


def _at(tree: Any, number: int, *, lower: bool) -> Any:
    """Return the tree with totals above (or below) a number set to it."""
    if isinstance(tree, list):
        return [_at(part, number, lower=lower) for part in tree]
    if not isinstance(tree, Mapping):
        return tree
    asked = hundredths(tree.get("total_at_least"))
    if asked is not None:
        is_beyond = asked > number * 100 if lower else asked < number * 100
        return {"total_at_least": number} if is_beyond else tree
    return {name: _at(part, number, lower=lower) for name, part in tree.items()}
