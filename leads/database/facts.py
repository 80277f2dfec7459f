"""What is known of leads: writing facts by authority and time, and reading them back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from django.db import transaction

from leads.database.company_facts import (
    COMPANY_FACTS,
    Saying,
    companies_of,
    known_of_companies,
    news_for_colleagues,
)
from leads.database.derive import SOURCES, Own, derive
from leads.database.derived_rows import own_table
from leads.database.fact_rows import (
    Snapshot,
    Value,
    as_snapshots,
    decode,
    intern,
    lock_leads,
    read_snapshots,
    read_timelines,
    store_rows,
)
from leads.database.models import Lead, StaleCause
from leads.database.registry import FACTS_BY_NAME, SetBy
from leads.database.sayings import Note, Said, apply
from leads.database.standing import mark_stale
from leads.database.timeline import FactRow
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import composed
from portal.events.services import record_each


@dataclass(frozen=True)
class FactChange:
    """What somebody says of one lead, as known from one instant. None clears a fact."""

    lead_id: int
    known_from: datetime
    values: Mapping[str, Value]


@dataclass(frozen=True)
class KnownFacts:
    """All facts of a lead from one instant on; ``id`` is the snapshot's."""

    id: int
    known_from: datetime
    values: dict[str, str | int]
    origins: dict[str, list[int]]


def write_facts(
    changes: Sequence[FactChange],
    *,
    set_by: SetBy,
    by: User | None,
    at: datetime,
    cause: StaleCause,
    marked: Collection[int] = (),
) -> set[int]:
    """Write facts and what follows from them; return the ids of leads of which more is known.

    ``marked`` are leads that this transaction has marked stale, for that cause, already.

    A fact of the company is written to all leads of the company. What loses against a higher
    authority stays in the event. Statements do not grow with ``changes``. Locks the leads in the
    order of their ids. Raises DomainError for an unknown fact or a value of the wrong type.
    """
    own = own_table(any(SOURCES.keys() & change.values.keys() for change in changes))
    said = [
        _said(change.lead_id, change.known_from, change.values, set_by, own) for change in changes
    ]
    with transaction.atomic(savepoint=False):
        return _write(said, by=by, at=at, cause=cause, own=own, marked=marked)


def inherit_company_facts(
    newcomers: Iterable[Lead],
    *,
    at: datetime,
    cause: StaleCause,
    first: Mapping[int, Sequence[FactRow]] | None = None,
) -> None:
    """Give newcomers what is known of their company, from a colleague's newest snapshot.

    Each value keeps its authority; it is known of a newcomer from its own beginning at the
    earliest. ``first`` are the first rows of leads that this transaction made: they are stored
    here, before what is inherited. The caller holds the locks of the newcomers.
    """
    first = first or {}
    said = _inherited([lead for lead in newcomers if lead.company_id], at)
    known = {pk: [replace(row, is_new=False) for row in rows] for pk, rows in first.items()}
    told = {one.lead_id for one in said}
    timelines = read_timelines(told - known.keys()) | known
    notes: dict[int, Note] = {pk: Note() for pk in told}
    for one in said:
        apply(timelines[one.lead_id], one, {}, None, notes[one.lead_id])
    stored = store_rows({pk: [*first.get(pk, ()), *rows] for pk, rows in timelines.items()}, at=at)
    inherited = {pk: stored[pk][len(first.get(pk, ())) :] for pk in stored.keys() & told}
    _record(inherited, notes, by=None, at=at, is_import=cause == StaleCause.IMPORT)
    mark_stale([pk for pk in inherited if inherited[pk] and pk not in first], cause=cause, at=at)


def _inherited(employed: Sequence[Lead], at: datetime) -> list[Said]:
    """Return what is known of the companies of these leads, oldest first; codes, not texts."""
    companies = {lead.company_id for lead in employed if lead.company_id}
    known = known_of_companies(companies, but=[lead.pk for lead in employed])
    said = []
    for lead in employed:
        start = int((lead.created_at or at).timestamp())
        by_origin: dict[tuple[int, int], dict[str, Value]] = defaultdict(dict)
        for fact, (code, set_by, since) in known.get(lead.company_id or 0, {}).items():
            by_origin[max(since, start), set_by][fact] = code
        said += [
            Said(lead.pk, since, codes, {}, SetBy(set_by))
            for (since, set_by), codes in sorted(by_origin.items())
        ]
    return sorted(said, key=lambda one: one.since)


def known_facts(
    lead_ids: Iterable[int], *, until: datetime | None = None, recorded: datetime | None = None
) -> dict[int, list[KnownFacts]]:
    """Return each lead's facts over time, oldest first, one entry for each instant.

    ``recorded``: leave out what was only written down after it, whatever day it is dated back to.
    Leads of which nothing is known are left out. Two queries.
    """
    return _known(read_snapshots(lead_ids, until=until, recorded=recorded))


def facts_of_rows(rows: Iterable[Sequence[Any]]) -> dict[int, list[KnownFacts]]:
    """Return what ``known_facts`` does, out of rows that ``fact_rows.SNAPSHOTS`` found."""
    return _known(as_snapshots(rows))


def _known(snapshots: Iterable[Snapshot]) -> dict[int, list[KnownFacts]]:
    newest: dict[int, dict[datetime, Snapshot]] = defaultdict(dict)
    for row in snapshots:
        newest[row["lead_id"]][row["known_from"]] = row
    texts = decode(row for by_instant in newest.values() for row in by_instant.values())
    return {
        lead_id: [
            KnownFacts(row["pk"], row["known_from"], texts(row), row["origins"])
            for row in by_instant.values()
        ]
        for lead_id, by_instant in newest.items()
    }


def current_facts(lead_ids: Iterable[int], *, at: datetime) -> dict[int, dict[str, str | int]]:
    """Return what is known of each lead at ``at``; nothing is an empty dictionary."""
    ids = set(lead_ids)
    known = known_facts(ids, until=at)
    return {pk: dict(known[pk][-1].values) if pk in known else {} for pk in ids}


def _said(
    lead_id: int, known_from: datetime, given: Mapping[str, Value], set_by: SetBy, own: Own
) -> Said:
    values = {name: _checked(name, value) for name, value in given.items()}
    return Said(
        lead_id,
        int(whole_second(known_from).timestamp()),
        values,
        {name: value for name, value in derive(values, own).items() if name not in values},
        set_by,
    )


def _checked(name: str, value: Value) -> Value:
    fact = FACTS_BY_NAME.get(name)
    if fact is None:
        raise DomainError(f"There is no fact “{name}”. Use one of: {', '.join(FACTS_BY_NAME)}.")
    if value is None or value == "":
        return None
    if fact.type == "text":
        text = composed(str(value))
        return " ".join(text.replace("\x00", "").split())[:300] or None
    if isinstance(value, str):
        raise DomainError(f"“{name}” is a number; “{value}” is not.")
    return int(value)


def _write(
    said: Sequence[Said],
    *,
    by: User | None,
    at: datetime,
    cause: StaleCause,
    own: Own,
    marked: Collection[int],
) -> set[int]:
    if not said:
        return set()
    speakers = {one.lead_id for one in said if COMPANY_FACTS & one.values.keys()}
    companies = companies_of(speakers)
    leads = lock_leads({one.lead_id for one in said}.union(*companies))
    said = [one for one in said if one.lead_id in leads]
    codes = intern(v for one in said for v in (*one.values.values(), *one.derived.values()))
    timelines = read_timelines(leads)
    said.sort(key=lambda one: one.since)
    told = [*enumerate(said), *_copies(said, companies, timelines, own)]
    actor_id = by.pk if by else None
    notes: dict[int, Note] = {pk: Note() for pk in leads}
    for _place, one in sorted(told, key=itemgetter(0)):  # each with its copies after it
        apply(timelines[one.lead_id], one, codes, actor_id, notes[one.lead_id])
    stored = store_rows(timelines, at=at)
    _record(stored, notes, by=by, at=at, is_import=cause == StaleCause.IMPORT)
    mark_stale(stored.keys() - marked, cause=cause, at=at)
    return set(stored)


def _record(
    stored: Mapping[int, list[int]],
    notes: Mapping[int, Note],
    *,
    by: User | None,
    at: datetime,
    is_import: bool,
) -> None:
    """An import's own event names its leads; only what it lost is told here besides."""
    told = [pk for pk, note in notes.items() if note.lost or (note.set and not is_import)]
    now = int(whole_second(at).timestamp())
    for one in (lost for pk in told for lost in notes[pk].lost):
        if one["since"] == now:  # only what was known at another instant than it was said names it
            del one["since"]
    record_each(
        "facts.changed",
        [
            (
                Lead(pk=pk),
                {"snapshots": stored.get(pk, []), "set": notes[pk].set, "lost": notes[pk].lost},
            )
            for pk in sorted(told)
        ],
        actor=by,
        at=at,
    )


def _copies(
    said: Sequence[Said],
    companies: Sequence[Collection[int]],
    timelines: Mapping[int, Sequence[FactRow]],
    own: Own,
) -> list[tuple[int, Said]]:
    """Return what the companies' leads learn from the others, with the place of what was said."""
    sayings = [Saying(n, one.since, one.lead_id, one.values) for n, one in enumerate(said)]
    return [
        (
            news.place,
            Said(lead_id, news.since, news.values, derive(news.values, own), said[0].set_by),
        )
        for lead_id, news in news_for_colleagues(sayings, companies, timelines)
    ]


def since(seconds: int) -> datetime:
    """Return the instant that an origin names."""
    return datetime.fromtimestamp(seconds, UTC)
