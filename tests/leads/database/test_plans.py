"""Every list that is offered is an index scan, on its first and on a deep page."""

import re

import pytest
from django.db import OperationalError, connection
from django.http import QueryDict

from leads.database.bounded import TooWide, bounded
from leads.database.filters import ORDERS, SERVED, LeadFilter
from leads.database.models import Lead, LeadWord, Standing
from leads.database.queries import standings_seen_by
from leads.database.words import begins_with
from portal.core import paging
from tests.factories import make_source, make_user

ROWS = 6_000


@pytest.fixture
def many(tidy, now):
    """Six thousand leads, written past the services: only their number matters here."""
    user, source = make_user(role="marketing"), make_source()
    stages = ["known"] * 7 + ["mql", "sql", "customer"]
    leads = Lead.objects.bulk_create(
        Lead(
            email=f"p{n}@x{n % 50}.test", email_key=f"p{n}@x{n % 50}.test", recorded_at=now,
            email_domain=f"x{n % 50}.test", stage=stages[n % 10], external_id=f"id{n}",
            external_source="crm",
        )
        for n in range(ROWS)
    )  # fmt: skip
    Standing.objects.bulk_create(
        Standing(
            lead=lead, rank=n % 120, stage=lead.stage, owner=user if n % 9 == 0 else None,
            source=source if n % 7 == 0 else None,
        )
        for n, lead in enumerate(leads)
    )  # fmt: skip
    LeadWord.objects.bulk_create(
        LeadWord(lead=lead, word=f"{'abcdefghij'[n % 10]}name{n}") for n, lead in enumerate(leads)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return user, source


def plan(rows) -> str:
    return rows.explain()


def cursor_in_the_middle(order) -> str:
    middle = Standing.objects.filter(stage="known").order_by("-rank", "-pk")[ROWS // 3]
    return paging._write(">", middle, ORDERS[order])


@pytest.mark.postgres
@pytest.mark.parametrize("deep", [False, True])
def test_every_offered_list_reads_an_index_and_sorts_nothing(many, deep) -> None:
    user, source = many
    values = {"stage": "known", "owner": str(user.pk), "source": str(source.pk)}
    for filters, order in SERVED:
        if "q" in filters:
            continue
        query = QueryDict(mutable=True)
        query.update({name: values[name] for name in filters} | {"order": order})
        chosen = LeadFilter(query, queryset=standings_seen_by(user))
        rows = chosen.qs.order_by(*ORDERS[order])
        if deep:
            cursor = cursor_in_the_middle(order)
            backwards, given = paging._read(cursor, Standing, ORDERS[order])
            rows = rows.filter(paging._beyond(Standing, ORDERS[order], given, backwards=backwards))
        explained = plan(rows[:51])
        assert "Sort" not in explained, explained
        assert "Seq Scan on leads_standing" not in explained, explained
        assert "leads_lead" not in explained, explained  # leads are read for the page's rows only
        if deep and order == "score":  # it begins in the middle, it does not read up to there
            assert re.search(r"Index Cond: .*rank <= ", explained), explained


def test_words_and_keys_are_found_by_an_index(many) -> None:
    scans = [
        plan(LeadWord.objects.filter(begins_with("word", "aname12"))),
        plan(Lead.objects.filter(external_id="id7").exclude(external_id="")),
        plan(Lead.objects.filter(email_domain="x7.test")),
        plan(Lead.objects.filter(email_key="p7@x7.test")),
    ]
    for explained in scans:
        assert "Index" in explained or "INDEX" in explained, explained
        assert "Seq Scan" not in explained, explained
        assert "SCAN leads" not in explained, explained


def test_what_takes_too_long_is_given_up(many) -> None:
    slow = Lead.objects.filter(words__word__contains="zzz", email__contains="nobody")
    with pytest.raises(TooWide, match="Narrow your filter"), bounded(milliseconds=1):
        list(slow.filter(words__lead__words__word__contains="zzz"))
    assert Lead.objects.count() == ROWS  # the connection goes on


def test_other_failures_stay_what_they_are(db) -> None:
    with pytest.raises(OperationalError), bounded():
        raise OperationalError("no such table")


def test_what_is_served_is_what_the_filter_says(db) -> None:
    user = make_user(role="marketing")
    for given, is_served in [
        ("", True), ("order=newest", True), ("stage=mql", True), ("stage=mql&order=newest", False),
        ("stage=mql&grade=A1", False),
    ]:  # fmt: skip
        chosen = LeadFilter(QueryDict(given), queryset=standings_seen_by(user))
        assert chosen.is_served is is_served
