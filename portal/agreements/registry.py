"""What the apps tell about their kinds of agreement. Agreements know no app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise

from portal.accounts.models import User
from portal.agreements.models import Version


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


def _stands_alone(version: Version, clauses: Sequence[ClauseText]) -> Sequence[Problem]:
    return ()


def _no_place(clause: ClauseText, clauses: Sequence[ClauseText]) -> None:
    return None


def _any_order(order: Sequence[int]) -> Sequence[Problem]:
    return ()


@dataclass(frozen=True)
class AgreementKind:
    """A kind of agreement: how its clauses are checked and read."""

    name: str  # definition, terms
    clause_kinds: Mapping[str, Promise]  # in the order of the page
    check_clause: Callable[[str, str, Body], Sequence[Problem]]  # kind, key, body
    check_version: Callable[[Sequence[ClauseText]], Sequence[Problem]]
    sentence: Callable[[str, str, Body, Sequence[ClauseText]], Sequence[Part]]
    activated_event: str
    # What a clause's place among the others makes of it; one whose place says otherwise changed.
    place: Callable[[ClauseText, Sequence[ClauseText]], Any] = _no_place
    label: Promise | str = ""
    # What keeps a version from standing beside the others of its kind; asked before proposing.
    check_beside: Callable[[Version, Sequence[ClauseText]], Sequence[Problem]] = _stands_alone
    # Which segments would take nobody, tried in this order of agreements.
    check_order: Callable[[Sequence[int]], Sequence[Problem]] = _any_order
    has_segments: bool = False  # whether there may be one for each segment beside the first


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


@dataclass(frozen=True)
class Tab:
    """A page beside a version's text; ``name`` is its URL name, which takes the number."""

    name: str
    label: Words


@dataclass(frozen=True)
class Fix:
    """What mends a finding: a page below the version's address, or what one press does.

    ``press`` names the change for the app's own page ``fix/``; ``path`` is empty then.
    """

    label: Words
    path: str = ""
    press: str = ""


def _as_it_is(addition: Addition, given: Mapping[str, str]) -> Body:
    return addition.body


@dataclass(frozen=True)
class Starter:
    """A whole text to begin the first draft from."""

    slug: str
    name: Words
    text: Words  # for whom it is
    clauses: Callable[[], Sequence[ClauseText]]


@dataclass(frozen=True)
class Panel:
    """A part that an app puts on a page of agreements: its template, and what that is told.

    ``context`` gets the version, the version it is compared with (None: the first), who looks,
    and when. The template sees the page's own context, too.
    """

    template: str
    context: Callable[[Version, Version | None, User, datetime], Mapping[str, Any]]


def _no_words(kind: str, key: str, body: Body) -> Words:
    return ""


def _no_mark(kind: str, body: Body) -> Mark | None:
    return None


def _for_all(versions: Sequence[Version]) -> Mapping[int, Words]:
    return {}


def _nothing(clauses: Sequence[ClauseText]) -> Sequence[Problem]:
    return ()


@dataclass(frozen=True)
class AgreementPages:
    """How an app's agreements look on pages. Everything has a default that works.

    ``lead`` is what stands before a sentence (points, a name), ``more`` what else a body says
    and a signer must see change, ``forms`` the form class of a clause kind (a JSON form where
    none is named; see ``portal.agreements.forms.ClauseForm``). Panels are parts of the app's own:
    ``side_panels`` beside the text, ``compare_panels`` under the differences of two versions,
    ``sign_panels`` where one proposes and signs, ``print_panels`` on paper.
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
    # Whom versions are for, by their ids, where there are several agreements.
    whom: Callable[[Sequence[Version]], Mapping[int, Words]] = _for_all
    checks: Callable[[Sequence[ClauseText]], Sequence[Problem]] = _nothing
    forms: Mapping[str, type[Any]] = field(default_factory=dict)
    additions: Callable[[Sequence[ClauseText]], Sequence[Addition]] | None = None
    starters: Callable[[], Sequence[Starter]] = tuple
    side_panels: Sequence[Panel] = ()
    compare_panels: Sequence[Panel] = ()
    sign_panels: Sequence[Panel] = ()
    print_panels: Sequence[Panel] = ()
    tabs: Sequence[Tab] = ()  # beside the text; each takes the version's number
    side_name: str = ""  # URL name of a part that stands beside the text and follows each edit
    segments_name: str = ""  # URL name of the page on which segments stand in their order
    guide_name: str = ""  # URL name of a guided way to a first draft
    catalogue_name: str = ""  # URL name of the page that offers what may be added
    prefill: Callable[[Addition, Mapping[str, str]], Body] = _as_it_is  # by an address's query


_kinds: dict[str, AgreementKind] = {}
_pages: dict[str, AgreementPages] = {}


def register_kind(kind: AgreementKind) -> None:
    """Make a kind known; called once by each app when it is ready."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> AgreementKind:
    return _kinds[name]


def is_kind(name: object) -> bool:
    return isinstance(name, str) and name in _kinds


def register_pages(name: str, pages: AgreementPages) -> None:
    """Say how the agreements of a kind look; called once by each app when it is ready."""
    _pages[name] = pages


def pages_of(name: str) -> AgreementPages:
    """Return how a kind looks; one that said nothing gets plain pages at its own names."""
    label = kind_named(name).label or name
    plain = AgreementPages(list_name=name, version_name=f"{name}-version", title=label, name=label)
    return _pages.get(name, plain)


def panels_for(
    panels: Sequence[Panel], version: Version, base: Version | None, user: User, at: datetime
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return each panel's template with its context, in order."""
    return [(one.template, one.context(version, base, user, at)) for one in panels]


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
