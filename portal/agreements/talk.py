"""Talking about a draft: remarks and questions on a sentence, answers, and what is still open.

Everybody who is signed in reads and talks; what was said stays when its sentence is taken out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agreements.drafts import lock_open
from portal.agreements.models import Comment, Version
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.services import record

LONGEST = 4000
MOST_PEOPLE = 500
AT = re.compile(r"(?<![\w@])@(?=\w)")


@dataclass(frozen=True)
class Thread:
    """One remark or question with its answers, oldest first."""

    first: Comment
    answers: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


def threads_of(version: Version, key: str | None = None) -> list[Thread]:
    """Return the threads of a version, or of one of its clauses, in order; one query."""
    rows = version.comments.select_related("author", "resolved_by").order_by("at", "pk")
    if key is not None:
        rows = rows.filter(key=key)
    found: dict[int, Thread] = {}
    for row in rows:
        if row.parent_id is None:
            found[row.pk] = Thread(row)
        elif row.parent_id in found:
            found[row.parent_id].answers.append(row)
    return list(found.values())


@transaction.atomic
def comment(
    *,
    version: Version,
    text: str,
    by: User,
    at: datetime,
    key: str = "",
    is_question: bool = False,
    parent: Comment | None = None,
) -> Comment:
    """Say something about a clause, or the whole version, or answer; whoever is named is told.

    Locks the version, so that co-editors see what happened in order. Raises DomainError for no
    words or too many, Conflict when the version is signed or given up.
    """
    text, at = text.replace("\x00", "").strip(), whole_second(at)
    if not text:
        raise DomainError(_("Write a word or two first."))
    if len(text) > LONGEST:
        raise DomainError(_("Keep it under 4,000 characters; what is longer belongs in a paper."))
    version = lock_open(version)
    if parent is not None:
        key, is_question = parent.key, False
    elif key and not version.clauses.filter(key=key).exists():
        raise Conflict(_("That sentence has been taken out. Comment on the whole draft instead."))
    said = Comment.objects.create(
        version=version,
        key=key,
        parent=parent,
        author=by,
        text=text,
        is_question=is_question,
        at=at,
    )
    named = [person.pk for person in mentioned_in(text) if person.pk != by.pk]
    payload = {"comment": said.pk, "clause": key, "mentions": named}
    if parent is not None:
        payload["answers"] = parent.pk
    record("agreement.commented", subject=version, actor=by, at=at, payload=payload)
    return said


@transaction.atomic
def settle_comment(*, comment: Comment, by: User, at: datetime, is_open: bool) -> None:
    """Mark a thread resolved, or open it again; doing what is done already changes nothing."""
    at = whole_second(at)
    version = lock_open(comment.version)
    row = Comment.objects.select_for_update().get(pk=comment.pk)
    if row.parent_id is not None:
        raise DomainError(_("Resolve the remark itself, not an answer to it."))
    if (row.resolved_at is None) == is_open:
        return
    row.resolved_at, row.resolved_by = (None, None) if is_open else (at, by)
    row.save(update_fields=["resolved_at", "resolved_by"])
    kind = "agreement.comment_reopened" if is_open else "agreement.comment_resolved"
    payload = {"comment": row.pk, "clause": row.key}
    record(kind, subject=version, actor=by, at=at, payload=payload)


def mentioned_in(text: str) -> list[User]:
    """Return who is named after an @: by full name, by first name if only one has it, or mail name.

    The longest name that fits counts, so that "@Jonas Berg" is not Jonas Adler.
    """
    starts = [match.end() for match in AT.finditer(text)]
    if not starts:
        return []
    people = list(User.objects.filter(is_active=True).order_by("pk")[:MOST_PEOPLE])
    names = _names(people)
    longest = sorted(names, key=len, reverse=True)
    lower = text.casefold()
    found = {}
    for start in starts:
        name = next((one for one in longest if _stands(lower, start, one)), None)
        if name is not None:
            found[names[name].pk] = names[name]
    return list(found.values())


def _names(people: Iterable[User]) -> dict[str, User]:
    names: dict[str, User] = {}
    firsts: dict[str, list[User]] = {}
    for person in people:
        firsts.setdefault(person.name.split(" ")[0].casefold(), []).append(person)
        names.setdefault(person.email.partition("@")[0].casefold(), person)
    for first, some in firsts.items():
        if len(some) == 1 and first:
            names[first] = some[0]
    for person in people:
        if person.name.strip():
            names[person.name.casefold()] = person
    return names


def _stands(text: str, start: int, name: str) -> bool:
    end = start + len(name)
    after = text[end : end + 1]
    return text.startswith(name, start) and not (after.isalnum() or after == "_")


def open_counts(version: Version) -> dict[str, int]:
    """Return how many threads are open at each clause key ("" is the whole version)."""
    counts: dict[str, int] = {}
    rows = version.comments.filter(parent=None, resolved_at=None).order_by()
    for key in rows.values_list("key", flat=True):
        counts[key] = counts.get(key, 0) + 1
    return counts
