"""Several people in one draft: who is there, what the others did since, and one text of two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import User
from portal.agreements.models import Clause, Editing, Version
from portal.core.instants import whole_second
from portal.events.models import Event

FADES = timedelta(seconds=20)
AGAIN = timedelta(seconds=6)  # how old a sign of life may be before it is written anew
FORGET = timedelta(days=1)
MOST = 200  # changes told at once; whoever was away longer loads the page anew
TEXT = frozenset({"agreement.changed"})
TALK = frozenset(
    {"agreement.commented", "agreement.comment_resolved", "agreement.comment_reopened"}
)


def be_there(version: Version, user: User, key: str, *, at: datetime) -> None:
    """Say that this person has the draft open, and which clause. Nobody's history: no event.

    Asked every few seconds, it writes only when the clause changed or the last sign is old.
    """
    at = whole_second(at)
    mine = Editing.objects.filter(version=version, user=user)
    if mine.filter(key=key, seen_at__gt=at - AGAIN).exists():
        return
    Editing.objects.bulk_create(
        [Editing(version=version, user=user, key=key, seen_at=at)],
        update_conflicts=True,
        unique_fields=["version", "user"],
        update_fields=["key", "seen_at"],
    )


def who_is_there(version: Version, *, at: datetime) -> list[Editing]:
    """Return who has the draft open now, by name; one query."""
    seen = Editing.objects.filter(version=version, seen_at__gt=at - FADES).select_related("user")
    return list(seen.order_by("user__name", "pk"))


def forget_editing(*, at: datetime) -> int:
    """Delete what faded a day ago; return how many rows."""
    return Editing.objects.filter(seen_at__lt=at - FORGET).delete()[0]


@dataclass
class News:
    """What happened to a draft since an event.

    ``last`` is the newest event, ``moved`` and ``talked`` go by clause key; ``turned`` is an act
    that makes the page another one: proposed, signed, withdrawn.
    """

    last: int
    moved: dict[str, Event] = field(default_factory=dict)
    talked: set[str] = field(default_factory=set)
    turned: Event | None = None

    def __bool__(self) -> bool:
        return bool(self.moved or self.talked or self.turned)


def last_event(version: Version) -> int:
    """Return the id of the newest event of a version. Read it before the text, not after."""
    newest = _events(version).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def news_since(version: Version, since: int) -> News:
    """Return what happened after the event ``since``; one query.

    Every change of a draft holds its lock while it writes its event, so that the ids of one
    draft's events rise in the order in which they can be seen.
    """
    news = News(since)
    rows = _events(version).filter(pk__gt=since).select_related("actor")
    for event in rows.order_by("pk")[:MOST]:
        news.last = event.pk
        clause = str(event.payload.get("clause", ""))
        if event.kind in TEXT:
            news.moved[clause] = event
        elif event.kind in TALK:
            news.talked.add(clause)
        else:
            news.turned = event
    return news


def _events(version: Version) -> Any:
    return Event.objects.filter(
        subject_type=Version._meta.label_lower,
        subject_id=version.pk,
        kind__startswith="agreement.",
    )


@dataclass(frozen=True)
class Merged:
    """Two edits of one clause made one: whose word stands in each field."""

    body: dict[str, Any]
    rationale: str
    both: tuple[str, ...]  # fields that both changed, each otherwise: mine is kept, theirs is shown
    theirs: tuple[str, ...]  # fields taken over from the other person


def body_at(version: Version, key: str, revision: int) -> tuple[Mapping[str, Any], str] | None:
    """Return body and rationale of a clause as they stood at ``revision``; None when unknown.

    The event of the next change says what it replaced.
    """
    changes = _events(version).filter(
        kind="agreement.changed", payload__clause=key, payload__revision=revision + 1
    )
    event = changes.order_by("-pk").first()
    if event is None or event.payload.get("was") is None:
        return None
    return event.payload["was"], event.payload.get("was_why", "")


def merge(
    base: tuple[Mapping[str, Any], str] | None,
    mine: tuple[Mapping[str, Any], str],
    current: Clause,
) -> Merged:
    """Return my edit laid over theirs, field by field. What was typed is never given up.

    A field that only one of us changed takes that change; where both did, mine stands and the
    field is named. Without a base every field that differs counts as changed by both.
    """
    body, why = mine
    if base is None:
        names = _names(body, current.body)
        differing = (name for name in names if _of(body, name) != _of(current.body, name))
        return Merged(dict(body), why, tuple(differing), ())
    merged, both, theirs = {}, [], []
    for name in _names(base[0], body, current.body):
        was, typed, stands = (_of(one, name) for one in (base[0], body, current.body))
        merged[name] = stands if typed == was else typed
        if typed == was and stands != was:
            theirs.append(name)
        elif typed not in (was, stands) and stands != was:
            both.append(name)
    rationale = current.rationale if why == base[1] else why
    if why == base[1] and current.rationale != base[1]:
        theirs.append("rationale")
    elif why not in (base[1], current.rationale) and current.rationale != base[1]:
        both.append("rationale")
    return Merged(merged, rationale, tuple(both), tuple(theirs))


def _of(body: Mapping[str, Any], name: str) -> Any:
    return body.get(name)


def _names(*bodies: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for body in bodies for name in body))
