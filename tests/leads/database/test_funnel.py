"""How far leads came, counted by hand beside the functions that count it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from leads.database.counting import count
from leads.database.funnel import (
    by_period,
    cohorts,
    rates,
    sales_cycle,
    source_sums,
    stays,
)
from leads.database.models import Lead, Opportunity, Spend, Stage
from leads.database.tally import Median, Tally, Window
from tests.factories import make_handoff, make_lead, make_source, set_stage

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
JANUARY = datetime(2026, 1, 1, tzinfo=BERLIN)
WINDOW = Window(JANUARY, datetime(2026, 5, 1, tzinfo=BERLIN), BERLIN)
NOW = datetime(2026, 5, 10, tzinfo=UTC)
DAY = timedelta(days=1)
WAY = (Stage.MQL, Stage.WITH_SALES, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


def counted() -> Tally:
    return count(WINDOW, at=NOW, currency="EUR")


def came(month: int, *, as_far_as: int, source=None, then: Stage | None = None) -> Lead:
    """A lead of the second day of a month that took a step every two days."""
    at = datetime(2026, month, 2, 9, tzinfo=UTC)
    lead = make_lead(at=at, source=source)
    for number, stage in enumerate(WAY[:as_far_as], start=1):
        set_stage(lead, stage, at=at + 2 * number * DAY)
    if then:
        set_stage(lead, then, at=at + 20 * DAY)
    return lead


@pytest.fixture
def company() -> None:
    came(1, as_far_as=5)
    came(1, as_far_as=3, then=Stage.RECYCLED)
    came(1, as_far_as=1)
    came(4, as_far_as=2)
    came(4, as_far_as=0)


def test_a_cohort_keeps_its_month_wherever_its_leads_are_now(company) -> None:
    april, january = cohorts(counted())
    assert [n for _stage, n, _share in january.steps()] == [3, 2, 2, 1, 1]
    assert january.steps()[1][2] == pytest.approx(2 / 3)
    assert [n for _stage, n, _share in april.steps()] == [1, 1, 0, 0, 0]
    assert (january.is_maturing, april.is_maturing) == (False, True)


def test_a_period_counts_what_happened_in_it(company) -> None:
    found = by_period(counted())
    assert {month.month: counts["sql"] for month, counts in found.items()} == {1: 2, 4: 0}
    assert found[JANUARY]["known"] == 3


def test_a_rate_is_by_the_month_of_the_first_step_even_for_who_came_twice(company) -> None:
    again = came(1, as_far_as=2, then=Stage.MQL)
    set_stage(again, Stage.SQL, at=NOW - DAY)
    january, april = rates(counted(), Stage.MQL)
    assert (january.of, january.reached) == (4, 3)
    assert (april.of, april.reached, april.is_maturing) == (1, 0, True)


def test_a_stay_that_lasts_is_counted_beside_those_that_ended(company) -> None:
    found = {one.stage: one for one in stays(counted())}
    assert found["mql"].took == Median(3, 2 * DAY), "too few for an interval"
    assert (found["mql"].lasting, found["mql"].over) == (1, 1)
    assert (found["with_sales"].lasting, found["with_sales"].over) == (1, 0)


def test_the_sales_cycle_runs_from_first_contact_to_won() -> None:
    for days in (10, 30, 50):
        lead = make_lead(at=datetime(2026, 1, 5, tzinfo=UTC))
        Opportunity.objects.create(
            lead=lead, handoff=make_handoff(lead, at=NOW), outcome="won",
            closed_at=datetime(2026, 1, 5, tzinfo=UTC) + days * DAY,
        )  # fmt: skip
    assert sales_cycle(counted()) == Median(3, 30 * DAY)


def test_a_source_without_spend_is_incomplete_and_never_free() -> None:
    paid, free, mixed = make_source("Search"), make_source("Events"), make_source("Fairs")
    winner = came(1, as_far_as=5, source=paid)
    for source in (paid, free, mixed):
        came(2, as_far_as=3, source=source)
    Opportunity.objects.create(lead=winner, handoff=make_handoff(winner, at=NOW), outcome="won",
                               value=Decimal(900), currency="EUR")  # fmt: skip
    for number, (source, amount, unit) in enumerate(
        [(paid, 200, "EUR"), (paid, 100, "EUR"), (mixed, 50, "EUR"), (mixed, 50, "USD")]
    ):
        Spend.objects.create(day=datetime(2026, 2, number + 1, tzinfo=UTC).date(), source=source,
                             amount=amount, currency=unit, external_key=str(number))  # fmt: skip
    found = {one.name: one for one in source_sums(counted(), WINDOW, "EUR")}
    search = found["Search"]
    assert (search.counts["known"], search.counts["sql"], search.cost) == (2, 2, Decimal(300))
    assert (search.cost_per("sql"), search.cost_per("customer")) == (Decimal(150), Decimal(300))
    assert search.roi == Decimal(2)
    assert (found["Events"].cost_per("sql"), found["Fairs"].cost) == (None, None)
