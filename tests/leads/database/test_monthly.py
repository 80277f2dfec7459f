"""Visitors and sales' time: entered as lines, incomplete where a month is missing, never 0."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from leads.database.around import sales_cost, spread_sales_cost, visitors_by_month
from leads.database.counting import count
from leads.database.funnel import SourceSums, brought_by_month, engaged, pace
from leads.database.models import SalesTime, Stage, Standing, VisitorCount
from leads.database.monthly import enter_sales_time, enter_visitors
from leads.database.tally import Median, Tally, Window
from portal.core.errors import DomainError
from portal.events.models import Event
from tests.factories import make_lead, make_source, make_user, set_stage

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
WINDOW = Window(datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2026, 4, 1, tzinfo=BERLIN), BERLIN)
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


def counted(source: int | None = None) -> Tally:
    return count(WINDOW, at=AT, currency="EUR", source=source)


@pytest.fixture
def marketing():
    return make_user(role="marketing")


def test_lines_are_kept_and_said_again_they_take_the_place(marketing) -> None:
    paid = make_source("Paid search")
    text = "2026-01, paid SEARCH, 1 200\n\n2026-02;Paid search;900\n2026-01\tall\t5000"
    assert enter_visitors(text=text, by=marketing, at=AT) == 3
    enter_visitors(text="2026-01, Paid search, 1300", by=marketing, at=AT)
    rows = VisitorCount.objects.order_by("month", "source").values_list("source", "visitors")
    assert set(rows) == {(paid.pk, 1300), (None, 5000), (paid.pk, 900)}
    enter_visitors(text="2026-01, all, 6000", by=marketing, at=AT)
    assert VisitorCount.objects.count() == 3
    assert Event.objects.filter(kind="figures.entered").count() == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least one line"),
        ("2026-01, Paid search", "Line 1 has 2 parts, not 3"),
        ("2026-01, all, 5\n2026-13, all, 5", "Line 2: “2026-13” is no month"),
        ("2026-01, all, many", "Line 1: visitors are a whole number"),
        ("2026-01, all, -4", "whole number"),
        ("2026-01, Billboards, 4", "no source is called “billboards”"),
        ("\n".join(["2026-01, all, 4"] * 2001), "2,000 lines"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_kept(marketing, text, sentence) -> None:
    with pytest.raises(DomainError, match=sentence):
        enter_visitors(text=text, by=marketing, at=AT)
    assert not VisitorCount.objects.exists()


@pytest.mark.parametrize("text", ["2026-01, 10", "2026-01, ten, 5", "2026-01, 10, -5",
                                  "2026-01, NaN, 5", "soon, 10, 5"])  # fmt: skip
def test_hours_that_are_no_numbers_are_refused(marketing, text) -> None:
    with pytest.raises(DomainError, match="Line 1"):
        enter_sales_time(text=text, by=marketing, at=AT)


def test_a_month_without_a_count_is_not_known(marketing) -> None:
    paid, events = make_source("Paid search"), make_source("Events")
    for month, source in ((1, paid), (1, events), (2, paid), (2, events)):
        make_lead(at=datetime(2026, month, 5, tzinfo=UTC), source=source)
    text = "2026-01, Paid search, 100\n2026-01, Events, 50\n2026-02, Paid search, 70"
    enter_visitors(text=text, by=marketing, at=AT)
    brought = brought_by_month(counted())
    found = visitors_by_month(WINDOW, brought)
    assert found == {JANUARY: 150, FEBRUARY: None, MARCH: None}  # events of February are missing
    enter_visitors(text="2026-02, all, 500", by=marketing, at=AT)
    assert visitors_by_month(WINDOW, brought)[FEBRUARY] == 500
    assert visitors_by_month(WINDOW, brought, paid.pk)[FEBRUARY] == 70
    assert visitors_by_month(WINDOW, brought, events.pk)[FEBRUARY] is None


def test_sales_time_is_incomplete_until_each_begun_month_is_told(marketing) -> None:
    enter_sales_time(text="2026-01, 100, 50\n2026-02, 80.5, 60", by=marketing, at=AT)
    assert sales_cost(WINDOW, "EUR", until=AT) == (None, [MARCH])
    february = datetime(2026, 2, 20, tzinfo=UTC)
    assert sales_cost(WINDOW, "EUR", until=february) == (Decimal(9830), [])
    SalesTime.objects.filter(month=FEBRUARY).update(currency="USD")
    assert sales_cost(WINDOW, "EUR", until=february) == (None, [FEBRUARY])


def test_sales_time_goes_to_sources_by_the_leads_handed_over() -> None:
    sums = [SourceSums(1, "a"), SourceSums(2, "b")]
    for one, handed, sqls in zip(sums, (30, 10), (10, 5), strict=True):
        one.counts |= {Stage.WITH_SALES: handed, Stage.SQL: sqls}
        one.cost = Decimal(1000)
    assert sums[0].cost_per_sql is None
    spread_sales_cost(sums, Decimal(400))
    assert [one.sales_cost for one in sums] == [300, 100]
    assert [one.cost_per_sql for one in sums] == [130, 220]
    assert sums[0].spend_per_sql == 100


def test_pace_is_from_the_first_mql_to_the_first_sql() -> None:
    for days in (2, 4, 9):
        lead = make_lead(at=datetime(2026, 1, 1, 9, tzinfo=UTC))
        set_stage(lead, Stage.MQL, at=datetime(2026, 1, 2, tzinfo=UTC))
        set_stage(lead, Stage.SQL, at=datetime(2026, 1, 2 + days, tzinfo=UTC))
    early = make_lead(at=datetime(2026, 1, 1, 9, tzinfo=UTC))
    set_stage(early, Stage.MQL, at=datetime(2026, 1, 2, tzinfo=UTC))
    assert pace(counted()) == Median(3, timedelta(days=4))
    assert pace(counted(source=make_source("Nobody").pk)) == Median(0)


def test_engagement_counts_scored_leads_only() -> None:
    leads = [make_lead(at=datetime(2026, 1, 5, tzinfo=UTC)) for _ in range(3)]
    given = {"fit": 0, "grade": "", "gates": 0, "fired": 0}
    Standing.objects.filter(lead=leads[0]).update(total=5, engagement=500, **given)
    Standing.objects.filter(lead=leads[1]).update(total=0, engagement=0, **given)
    assert engaged(counted()) == (1, 2)


def test_the_page_keeps_what_was_typed(client, marketing) -> None:
    url = reverse("source-figures")
    client.force_login(make_user(role="leadership"))
    assert client.get(url).status_code == 200
    assert client.post(url, {"lines": "2026-01, all, 5"}).status_code == 403
    client.force_login(marketing)
    page = client.post(url, {"kind": "sales_time", "lines": "2026-01, x, 5"})
    assert page.status_code == 422
    assert b"2026-01, x, 5" in page.content
    assert client.post(url, {"kind": "visitors", "lines": "2026-01, all, 5"}).status_code == 302
    assert b"the whole site" in client.get(url).content
    client.force_login(make_user(role="sdr"))
    assert client.get(url).status_code == 404
