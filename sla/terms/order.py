"""Which promise comes before which: of one kind with a clock, the first that applies runs. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from sla.terms.text import CLOCKED, ClauseKind

Clause = Mapping[str, Any]  # key, kind, position, body


def siblings(kind: str, clauses: Sequence[Clause]) -> list[Clause]:
    """Return the promises of one kind with a clock, in the order in which they are tried."""
    found = [
        one
        for one in clauses
        if one["kind"] == ClauseKind.PROMISE and one["body"].get("kind") == kind
    ]
    return sorted(found, key=_place) if kind in CLOCKED else []


def names_before(clause: Clause, clauses: Sequence[Clause]) -> tuple[str, ...]:
    """Return the names of the promises that are tried before this one."""
    body = clause["body"]
    if clause["kind"] != ClauseKind.PROMISE or not isinstance(body, Mapping):
        return ()
    return tuple(
        str(one["body"].get("name", one["key"]))
        for one in siblings(body.get("kind", ""), clauses)
        if _place(one) < _place(clause) and one["key"] != clause["key"]
    )


def following(key: str, kind: str, clauses: Sequence[Clause]) -> str:
    """Return the key of the promise that is tried next after ``key``; empty for the last.

    A promise that is new, or of another kind, is best tried before all others: it is the exception.
    """
    keys = [one["key"] for one in siblings(kind, clauses)]
    place = keys.index(key) + 1 if key in keys else 0
    return keys[place] if place < len(keys) else ""


def _place(clause: Clause) -> tuple[int, str]:
    return clause["position"], clause["key"]
