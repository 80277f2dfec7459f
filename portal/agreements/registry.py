"""What the apps tell about their kinds of agreement. Agreements know no app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise


class Problem(Protocol):
    """Something wrong with a body: where, and a sentence that says what to do."""

    @property
    def path(self) -> str: ...

    @property
    def sentence(self) -> str: ...


class Part(Protocol):
    """A piece of a sentence; editable pieces are underlined."""

    @property
    def text(self) -> str: ...

    @property
    def editable(self) -> bool: ...


Body = Mapping[str, Any]
ClauseText = Mapping[str, Any]  # key, kind, position, body, rationale


@dataclass(frozen=True)
class AgreementKind:
    """A kind of agreement: how its clauses are checked and read."""

    name: str  # definition, terms
    clause_kinds: Mapping[str, Promise]  # in the order of the page
    check_clause: Callable[[str, str, Body], Sequence[Problem]]  # kind, key, body
    check_version: Callable[[Sequence[ClauseText]], Sequence[Problem]]
    sentence: Callable[[str, str, Body, Sequence[ClauseText]], Sequence[Part]]
    activated_event: str
    label: Promise | str = ""


_kinds: dict[str, AgreementKind] = {}


def register_kind(kind: AgreementKind) -> None:
    """Make a kind known; called once by each app when it is ready."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> AgreementKind:
    return _kinds[name]
