"""The facts of one lead out of the histories of several: what a merge makes, and takes apart.

Every lead keeps the rows in which it was told things. Out of those rows, and of what lost against
a higher authority (kept in events), come the statements; said again in the order in which they
arrived, they give the facts that one lead would have had who had heard them all.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from leads.database.derive import SOURCES, derive
from leads.database.derived_rows import own_table
from leads.database.fact_rows import COLUMNS, TEXTS, code_of, intern, read_timelines, store_rows
from leads.database.models import FactSnapshot, FactText, Lead
from leads.database.registry import SetBy
from leads.database.timeline import FactRow, FactWrite, Written, as_of, write_fact
from portal.events.models import Event

Arrival = tuple[datetime, int, int]
READ = ("pk", "lead_id", "known_from", "recorded_at", "set_by", "actor_id", "origins", *COLUMNS)
FOLLOWING = {name: source for source, names in SOURCES.items() for name in names}
ADDRESS = "email_kind"


@dataclass(frozen=True)
class Statement:
    """What somebody said of one lead at once; ``values`` hold codes, None clears a fact."""

    arrival: Arrival
    lead_id: int
    since: int
    set_by: SetBy
    actor_id: int | None
    values: Mapping[str, int | None]


@dataclass(frozen=True)
class Woven:
    """The facts of several leads as one lead's, by time."""

    rows: list[FactRow] = field(default_factory=list)

    def at(self, since: int) -> FactRow | None:
        return as_of(self.rows, since)


def weave(leads: Sequence[Lead], *, into: Lead, but: Collection[int]) -> Woven:
    """Return the facts of ``leads`` as if ``into`` had been told all of it.

    ``but`` are the snapshots that earlier weaving wrote: nobody said them. What kind of address
    somebody has follows from the one that stays. A fixed number of statements; writes nothing
    but texts that follow from others.
    """
    ids = [lead.pk for lead in leads]
    addressed = {lead.pk for lead in leads if lead.email_key == into.email_key}
    said = sorted([*_set(ids, but), *_lost(ids)], key=lambda one: one.arrival)
    said = _from_the_start(_of_the_address(said, addressed), into)
    follow = _followers(said)
    rows: list[FactRow] = []
    for one in said:
        won = {
            name
            for name, code in one.values.items()
            if write_fact(rows, FactWrite(one.since, name, code, one.set_by, one.actor_id))
            == Written.SET
        }
        for name, code in follow(one, won):
            write_fact(rows, FactWrite(one.since, name, code, SetBy.DERIVED, anew=True))
    return Woven(rows)


def store_woven(woven: Woven, *, into: Lead, at: datetime) -> list[int]:
    """Write the rows by which what is stored of ``into`` becomes ``woven``; return their ids.

    Rows are only added: at one instant the last written counts. Call it with the lead locked.
    """
    stored = read_timelines([into.pk])[into.pk]
    differing = []
    for since in sorted({row.since for row in (*stored, *woven.rows)}):
        wanted, now = woven.at(since) or FactRow(since, SetBy.DERIVED, None), as_of(stored, since)
        if now is None or (wanted.values, wanted.origins) != (now.values, now.origins):
            differing.append(replace(wanted, since=since, is_new=True))
    return store_rows({into.pk: differing}, at=at).get(into.pk, [])


def _set(ids: Sequence[int], but: Collection[int]) -> Iterator[Statement]:
    """Yield what was said and stood, out of the rows in which it was first written."""
    rows = FactSnapshot.objects.filter(lead__in=ids).order_by("pk").values(*READ)
    before: dict[int, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for row in rows:
        since = int(row["known_from"].timestamp())
        was = before[row["lead_id"]].get(since)
        before[row["lead_id"]][since] = row
        if row["pk"] not in but:
            yield from _statements(row, was, since)


def _statements(row: Mapping[str, Any], was: Mapping[str, Any] | None, since: int) -> Iterator[Any]:
    new: dict[int, dict[str, int | None]] = defaultdict(dict)
    for name, (set_by, instant) in row["origins"].items():
        is_known = was is not None and was["origins"].get(name) == [set_by, instant]
        if instant == since and not (is_known and was and was[name] == row[name]):
            new[set_by][name] = row[name]
    given = {name for names in new.values() for name in names}
    for set_by, values in sorted(new.items()):
        own = {n: v for n, v in values.items() if not _follows(n, set_by, given)}
        if own:
            actor = row["actor_id"] if set_by == row["set_by"] else None
            arrival = (row["recorded_at"], 0, row["pk"] * 10 + set_by)
            yield Statement(arrival, row["lead_id"], since, SetBy(set_by), actor, own)


def _follows(name: str, set_by: int, given: Collection[str]) -> bool:
    """Tell whether a fact was worked out of another one of the same row: it will be again."""
    return set_by == SetBy.DERIVED and FOLLOWING.get(name) in given


def _lost(ids: Sequence[int]) -> Iterator[Statement]:
    """Yield what was said and lost against a higher authority: elsewhere it might have stood."""
    label = Lead._meta.label_lower
    events = Event.objects.filter(kind="facts.changed", subject_type=label, subject_id__in=ids)
    for pk, lead_id, at, actor_id, payload in events.order_by("pk").values_list(
        "pk", "subject_id", "at", "actor_id", "payload"
    ):
        for place, one in enumerate(payload.get("lost", ())):
            since = one.get("since", int(at.timestamp()))
            values = {one["fact"]: one["value"]}
            set_by = SetBy(one["set_by"])
            yield Statement((at, 1, pk * 1000 + place), lead_id, since, set_by, actor_id, values)


def _of_the_address(said: Iterable[Statement], addressed: Collection[int]) -> list[Statement]:
    """Leave out what follows from an address that does not stay."""
    kept = []
    for one in said:
        if ADDRESS in one.values and one.set_by == SetBy.DERIVED and one.lead_id not in addressed:
            others = {name: code for name, code in one.values.items() if name != ADDRESS}
            if others:
                kept.append(replace(one, values=others))
        else:
            kept.append(one)
    return kept


def _from_the_start(said: list[Statement], into: Lead) -> list[Statement]:
    """Know the first kind of address from the beginning of the lead that is older."""
    first = next((n for n, one in enumerate(said) if ADDRESS in one.values), None)
    if first is not None and into.created_at is not None:
        begun = min(said[first].since, int(into.created_at.timestamp()))
        said[first] = replace(said[first], since=begun)
    return said


def _followers(
    said: Sequence[Statement],
) -> Callable[[Statement, Collection[str]], list[tuple[str, int | None]]]:
    """Return what says which facts follow from those of a statement that won; four queries."""
    codes = {c for one in said for n, c in one.values.items() if n in TEXTS and c is not None}
    texts = dict(FactText.objects.filter(pk__in=codes).values_list("pk", "text")) if codes else {}
    own = own_table(any(SOURCES.keys() & one.values.keys() for one in said))
    derived = [
        derive({n: texts.get(c or 0) if n in TEXTS else c for n, c in one.values.items()}, own)
        for one in said
    ]
    interned = intern(value for values in derived for value in values.values())
    by_arrival = {one.arrival: values for one, values in zip(said, derived, strict=True)}

    def follow(one: Statement, won: Collection[str]) -> list[tuple[str, int | None]]:
        values = by_arrival[one.arrival]
        names = (name for fact in won for name in SOURCES.get(fact, ()))
        return [(n, code_of(values[n], interned)) for n in names if n not in one.values]

    return follow
