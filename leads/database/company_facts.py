"""Facts that belong to a company and are kept with each of its leads."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from leads.database.fact_rows import Value, decode
from leads.database.models import Company, FactSnapshot, Lead
from leads.database.registry import FACTS

COMPANY_FACTS = frozenset(fact.name for fact in FACTS if fact.of_company)


def colleagues_of(speakers: set[int]) -> dict[int, list[int]]:
    """Return the other leads of each lead's company, for leads that have one."""
    if not speakers:
        return {}
    companies = Lead.objects.filter(pk__in=speakers).values("company")
    members: dict[int, list[int]] = defaultdict(list)
    company_of: dict[int, int] = {}
    for pk, company_id in Lead.objects.filter(company__in=companies).values_list("pk", "company"):
        members[company_id].append(pk)
        company_of[pk] = company_id
    return {
        pk: [other for other in members[company_of[pk]] if other != pk]
        for pk in speakers
        if pk in company_of
    }


def known_of_companies(
    company_ids: set[int], *, but: Iterable[int]
) -> dict[int, dict[str, tuple[Value, int, int]]]:
    """Return value, authority and instant of each company fact, from the newest snapshot."""
    newest = (
        FactSnapshot.objects.filter(lead__company=OuterRef("pk"))
        .exclude(lead__in=set(but))
        .order_by("-known_from", "-pk")
        .values("pk")[:1]
    )
    chosen = dict(
        Company.objects.filter(pk__in=company_ids)
        .annotate(snapshot=Subquery(newest))
        .exclude(snapshot=None)
        .values_list("snapshot", "pk")
    )
    rows = list(FactSnapshot.objects.filter(pk__in=chosen)) if chosen else []
    texts = decode(rows)
    return {
        chosen[row.pk]: {
            name: (value, *row.origins[name])
            for name, value in texts(row).items()
            if name in COMPANY_FACTS
        }
        for row in rows
    }
