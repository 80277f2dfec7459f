"""What the apps tell about their kinds of agreement. Agreements know no app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
Words = Promise | str


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


@dataclass(frozen=True)
class Section:
    """Clauses that stand together on the page; ``head`` is the clause that the title reads."""

    title: Words
    clauses: Sequence[ClauseText]
    head: ClauseText | None = None


@dataclass(frozen=True)
class Addition:
    """Something that may be added to a draft: a clause to start from."""

    slug: str
    label: Words
    text: Words  # when one wants it
    kind: str
    body: Body
    key: str = ""  # fixed where there is at most one; else made from the name


@dataclass(frozen=True)
class Mark:
    """A small sign beside a sentence."""

    icon: str
    label: Words


def _no_words(kind: str, key: str, body: Body) -> Words:
    return ""


def _no_mark(kind: str, body: Body) -> Mark | None:
    return None


def _nothing(clauses: Sequence[ClauseText]) -> Sequence[Problem]:
    return ()


@dataclass(frozen=True)
class AgreementPages:
    """How an app's agreements look on pages. Everything has a default that works.

    ``lead`` is what stands before a sentence (points, a name), ``more`` what else a body says
    and a signer must see change, ``forms`` the form class of a clause kind (a JSON form where
    none is named; see ``portal.agreements.forms.ClauseForm``).
    """

    list_name: str  # URL names
    version_name: str
    title: Words
    name: Words  # of the first agreement
    first_clauses: Callable[[], Sequence[ClauseText]] = tuple
    sections: Callable[[Sequence[ClauseText]], Sequence[Section]] | None = None
    lead: Callable[[str, str, Body], Words] = _no_words
    more: Callable[[str, str, Body], Words] = _no_words
    mark: Callable[[str, Body], Mark | None] = _no_mark
    checks: Callable[[Sequence[ClauseText]], Sequence[Problem]] = _nothing
    forms: Mapping[str, type[Any]] = field(default_factory=dict)
    additions: Callable[[Sequence[ClauseText]], Sequence[Addition]] | None = None


_kinds: dict[str, AgreementKind] = {}
_pages: dict[str, AgreementPages] = {}


def register_kind(kind: AgreementKind) -> None:
    """Make a kind known; called once by each app when it is ready."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> AgreementKind:
    return _kinds[name]


def register_pages(name: str, pages: AgreementPages) -> None:
    """Say how the agreements of a kind look; called once by each app when it is ready."""
    _pages[name] = pages


def pages_of(name: str) -> AgreementPages:
    """Return how a kind looks; one that said nothing gets plain pages at its own names."""
    label = kind_named(name).label or name
    plain = AgreementPages(list_name=name, version_name=f"{name}-version", title=label, name=label)
    return _pages.get(name, plain)


def sections_of(name: str, clauses: Sequence[ClauseText]) -> Sequence[Section]:
    """Return the clauses as the page groups them, by default by their kind."""
    told = pages_of(name).sections
    if told is not None:
        return told(clauses)
    return [
        Section(label, found)
        for kind, label in kind_named(name).clause_kinds.items()
        if (found := [clause for clause in clauses if clause["kind"] == kind])
    ]


def additions_to(name: str, clauses: Sequence[ClauseText]) -> Sequence[Addition]:
    """Return what may be added, by default one clause of each kind with the body of a sibling."""
    told = pages_of(name).additions
    if told is not None:
        return told(clauses)
    bodies = {clause["kind"]: clause["body"] for clause in clauses}
    return [
        Addition(kind, label, "", kind, bodies.get(kind, {}))
        for kind, label in kind_named(name).clause_kinds.items()
    ]
