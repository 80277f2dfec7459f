"""The figures of the dashboard say what they count, and nothing of few."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from leads.database.funnel import Cohort, Rate, SourceSums
from leads.database.tally import Median
from portal.dashboards.kpis import (
    cost_kpi,
    cycle_kpi,
    engagement_kpi,
    pace_kpi,
    points_of,
    rate_kpi,
    reading,
    trend_words,
    velocity,
    visitor_kpi,
)


def month(number: int, of: int, reached: int, *, maturing: bool = False) -> Rate:
    return Rate(datetime(2026, number, 1, tzinfo=UTC), of, reached, maturing)


def test_a_rate_is_that_of_cohorts_that_have_matured() -> None:
    kpi = rate_kpi("MQL to SQL", [month(1, 400, 40), month(5, 300, 0, maturing=True)], "")
    said = f"{kpi.value}; {kpi.aside}".replace("\u00a0", " ")
    assert said == "10.0 %; 7 to 13 %, n 400"


def test_a_rate_of_few_is_no_rate() -> None:
    assert rate_kpi("x", [month(1, 29, 4)], "").value == "4 of 29"
    assert points_of([month(1, 29, 4)])[0]["value"] is None


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([month(1, 500, 50), month(2, 500, 100)], "Up 10.0 points since January."),
        ([month(1, 500, 100), month(2, 500, 50)], "Down 10.0 points since January."),
        ([month(1, 500, 50), month(2, 500, 52)], "Steady since January."),
        ([month(1, 20, 2), month(2, 500, 50)], "Too few for a trend."),
        ([month(1, 500, 50)], "One cohort is no trend."),
    ],
)
def test_a_trend_is_only_said_beyond_chance(rates, words) -> None:
    assert trend_words(rates) == words


@pytest.mark.parametrize(
    ("mqls", "customers", "said"),
    [
        ([month(1, 1000, 50)], [month(1, 100, 30)], "net is too wide"),
        ([month(1, 1000, 115)], [month(1, 100, 30)], "below what others report"),
        ([month(1, 1000, 200)], [month(1, 200, 10)], "points downstream"),
        ([month(1, 1000, 200)], [month(1, 200, 80)], "both in order"),
        ([month(1, 1000, 400), month(2, 2000, 400)], [], "look at nurture in the middle"),
        ([month(1, 10, 1)], [], "Too few MQLs"),
    ],
)
def test_the_pattern_reads_as_the_founding_documents_read_it(mqls, customers, said) -> None:
    assert said in " ".join(reading(mqls, customers))


def test_velocity_scales_the_running_month_and_compares_with_nothing_as_nothing() -> None:
    rates = [month(1, 100, 0), month(2, 55, 0)]
    assert velocity(rates, share_of_month=0.5) == "+10 %, this month pro-rated"
    assert velocity(rates, share_of_month=1) == "−45 %"
    assert velocity([month(1, 0, 0), month(2, 55, 0)], share_of_month=1).startswith("n/a")


def test_a_missing_spend_makes_the_cost_incomplete_not_low() -> None:
    paid = SourceSums(1, "Search", {"sql": 10}, Decimal(5000))
    free = SourceSums(2, "Events", {"sql": 5}, None)
    kpi = cost_kpi([paid, free], "EUR", Decimal(1000), [])
    assert (kpi.value, kpi.aside) == ("incomplete", "1 of 2 sources")
    assert "Events" in kpi.text
    blog = SourceSums(3, "Blog")
    kpi = cost_kpi([paid, blog], "EUR", Decimal(1000), [])
    assert kpi.value == "600 EUR"
    assert "Marketing 500 EUR and sales’ time 100 EUR" in kpi.text


def test_missing_hours_make_the_cost_incomplete_and_marketing_is_told_alone() -> None:
    paid = SourceSums(1, "Search", {"sql": 10}, Decimal(5000))
    kpi = cost_kpi([paid], "EUR", None, [date(2026, 3, 1)])
    assert kpi.value == "incomplete"
    assert kpi.text == "Marketing alone: 500 EUR. Sales’ time is missing for March."


def cohort(number: int, customers: int, *, maturing: bool = False) -> Cohort:
    reached = {"known": 100, "customer": customers}
    return Cohort(datetime(2026, number, 1, tzinfo=UTC), reached, maturing)


def test_visitors_to_customers_count_months_that_have_matured() -> None:
    rows = [cohort(1, 10), cohort(2, 20), cohort(3, 0, maturing=True)]
    seen = {date(2026, 1, 1): 4000, date(2026, 2, 1): 2000, date(2026, 3, 1): None}
    kpi = visitor_kpi(seen, rows)
    said = f"{kpi.value}; {kpi.aside}; {kpi.text}".replace("\u00a0", " ")
    assert said.startswith("0.50 %;")
    assert "n 6,000" in said
    assert "200 of them became leads, 30 customers." in said
    unknown = visitor_kpi(seen | {date(2026, 2, 1): None}, rows)
    assert (unknown.value, unknown.text) == ("incomplete", "Visitors are missing for February.")
    assert visitor_kpi({date(2026, 1, 1): 20}, [cohort(1, 1)]).value == "1 of 20"


def test_what_did_not_happen_is_not_zero_days() -> None:
    assert pace_kpi(Median(0)).value == cycle_kpi(Median(0)).value == "none yet"
    few = pace_kpi(Median(3, timedelta(days=2, hours=12)))
    assert (few.value, few.aside) == ("2.5 d", "n 3")
    many = Median(90, timedelta(days=40), timedelta(days=9, hours=12), timedelta(days=44))
    assert (cycle_kpi(many).value, cycle_kpi(many).aside) == ("40 d", "9.5 to 44 d, n 90")
    assert engagement_kpi(3, 10).value == "3 of 10"
    assert engagement_kpi(30, 100).value.replace("\u00a0", " ") == "30.0 %"
