"""Facts that belong to a company and are kept with each of its leads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from leads.database.fact_rows import COLUMNS, Value
from leads.database.models import Company, FactSnapshot, Lead
from leads.database.registry import FACTS
from leads.database.timeline import FactRow
from portal.core.prepared import Prepared

COMPANY_FACTS = frozenset(fact.name for fact in FACTS if fact.of_company)


class Saying(NamedTuple):
    """What was said of one lead. ``place`` is its own among all, by time."""

    place: int
    since: int  # epoch seconds
    lead_id: int
    values: Mapping[str, Value]


def companies_of(speakers: set[int]) -> list[set[int]]:
    """Return all leads of each company that one of these leads is with."""
    if not speakers:
        return []
    companies = Lead.objects.filter(pk__in=speakers).values("company")
    members: dict[int, set[int]] = defaultdict(set)
    for pk, company_id in Lead.objects.filter(company__in=companies).values_list("pk", "company"):
        members[company_id].add(pk)
    return list(members.values())


def news_for_colleagues(
    said: Iterable[Saying],
    companies: Sequence[Collection[int]],
    timelines: Mapping[int, Sequence[FactRow]],
) -> Iterator[tuple[int, Saying]]:
    """Yield each colleague with what they learn from what was said of another, oldest first.

    What is said again with nothing else stored in between is passed on once: a batch about one
    company costs its members for each piece of news, not for each row.
    """
    company_of = {pk: place for place, members in enumerate(companies) for pk in members}
    by_company: dict[int, list[Saying]] = defaultdict(list)
    for one in said:
        if one.lead_id in company_of:
            by_company[company_of[one.lead_id]].append(one)
    for place, sayings in by_company.items():
        members = [pk for pk in companies[place] if pk in timelines]
        stored = _instants(timelines[pk] for pk in members)
        for news in _news(sayings, stored):
            yield from ((pk, news) for pk in members if pk != news.lead_id)


def _news(said: Iterable[Saying], stored: Mapping[str, Collection[int]]) -> Iterator[Saying]:
    last: dict[str, tuple[int, Value]] = {}
    for place, since, lead_id, values in said:
        news = {}
        for name in COMPANY_FACTS & values.keys():
            before = last.get(name)
            last[name] = since, values[name]
            began = before[0] if before and before[1] == values[name] else None
            if began is None or any(began < i <= since for i in stored.get(name, ())):
                news[name] = values[name]
        if news:
            yield Saying(place, since, lead_id, news)


def _instants(timelines: Iterable[Sequence[FactRow]]) -> dict[str, set[int]]:
    """Return when each company fact was set by a row that is stored already."""
    found: dict[str, set[int]] = defaultdict(set)
    for rows in timelines:
        for row in rows:
            for name in COMPANY_FACTS:
                if row.sets(name):
                    found[name].add(row.since)
    return found


def known_of_companies(
    company_ids: set[int], *, but: Iterable[int]
) -> dict[int, dict[str, tuple[int, int, int]]]:
    """Return code, authority and instant of each company fact, from the newest snapshot.

    One statement, none without companies. Snapshots of the leads ``but`` do not count.
    """
    rows = _newest(list(company_ids), list(but)) if company_ids else []
    return {
        company_id: {
            name: (code, *origins[name])
            for name, code in zip(COLUMNS, codes, strict=True)
            if name in COMPANY_FACTS and code is not None
        }
        for company_id, origins, *codes in rows
    }


def _newest_of(company_ids: list[int], but: list[int]) -> QuerySet[FactSnapshot, Any]:
    newest = (
        FactSnapshot.objects.filter(lead__company=OuterRef("pk"))
        .exclude(lead__among=but)
        .order_by("-known_from", "-pk")
    )
    companies = Company.objects.filter(pk__among=company_ids).order_by()
    found = companies.annotate(snapshot=Subquery(newest.values("pk")[:1])).values("snapshot")
    return FactSnapshot.objects.filter(pk__in=found).values_list(
        "lead__company", "origins", *COLUMNS
    )


_newest = Prepared(_newest_of, list[int], list[int])
