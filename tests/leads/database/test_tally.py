"""Random histories counted by hand, lead by lead, beside what the database counts in sets."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median_high
from zoneinfo import ZoneInfo

import pytest

from leads.database.counting import LONG, count
from leads.database.funnel import (
    brought_by_month,
    by_period,
    cohorts,
    engaged,
    pace,
    rates,
    sales_cycle,
    source_sums,
    stays,
)
from leads.database.models import Lead, Opportunity, Stage, StageChange, Standing
from leads.database.tally import EVERY, SQL_OR_LATER, STEPS, Tally, Window, month_at
from leads.database.tally import number_of as number
from portal.core.intervals import median_places
from tests.factories import make_handoff, make_lead, make_source

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 10, 7, tzinfo=UTC)
WHOLE, HALF, ONE = (
    Window(datetime(2026, month, 1, tzinfo=BERLIN), datetime(2026, 6, 1, tzinfo=BERLIN), BERLIN)
    for month in (1, 3, 5)
)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEADS = 60


@pytest.fixture(params=range(2))
def sources(request) -> list[int | None]:
    """Leads that go to and fro between stages, some twice at once, over the edges of months."""
    chance = Random(request.param)  # noqa: S311 - of test data
    sources = [make_source("Fairs"), make_source("Search"), None]
    first = None
    for _lead in range(LEADS):
        at = datetime(2025, 11, 30, 22, 30, tzinfo=UTC) + HOUR * chance.randrange(160 * 24)
        lead = make_lead(at=at, source=chance.choice(sources))
        StageChange.objects.filter(lead=lead).delete()
        stages = [Stage.KNOWN, *chance.choices(list(Stage), k=chance.randrange(6))]
        for n, stage in enumerate(stages):
            until = at + HOUR * chance.choice([0, 3, 24 * 20, chance.randrange(24 * 60)])
            StageChange.objects.create(lead=lead, stage=stage, entered_at=at, cause="test",
                                       left_at=None if n == len(stages) - 1 else until)  # fmt: skip
            at = until
        total = chance.choice([None, 0, 40])
        Standing.objects.filter(lead=lead).update(
            total=total, engagement=None if total is None else chance.choice([0, 5]), fit=0, gates=0
        )
        if chance.random() < 0.4:
            Opportunity.objects.create(
                lead=lead, handoff=make_handoff(lead, at=NOW), closed_at=at, value=100,
                outcome=chance.choice(["won", "lost"]), currency=chance.choice(["EUR", "USD", ""]),
            )  # fmt: skip
        change = {"created_at": None} if chance.random() < 0.1 else {}
        if first and chance.random() < 0.1:
            change["duplicate_of"] = first
        Lead.objects.filter(pk=lead.pk).update(**change)
        first = first or lead
    return [one and one.pk for one in sources]


class ByHand:
    """Counts lead by lead what ``count`` asks in sets, of one source or of ``EVERY``."""

    def __init__(self, window: Window, source: int) -> None:
        self.window, self.cells = window, defaultdict[str, Counter[tuple]](Counter)
        self.lengths = defaultdict[str, list[timedelta]](list)
        for lead in Lead.objects.filter(duplicate_of=None).select_related("standing"):
            if source in {EVERY, lead.source_id}:
                rows = list(lead.stages.all())
                steps = [row for row in rows if row.stage in STEPS]
                self.came(lead, steps)
                self.moved(lead, steps)
                self.stayed(lead, rows)

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.window.begins <= at < self.window.ends

    def came(self, lead: Lead, steps: list[StageChange]) -> None:
        if not self.holds(lead.created_at):
            return
        cell, standing = (month(lead.created_at), lead.source_id), lead.standing
        is_scored = standing.total is not None
        self.cells["came"][cell] += 1
        self.cells["scored"][cell] += is_scored
        self.cells["hits"][cell] += is_scored and standing.engagement > 0
        if steps:
            self.cells["reached"][(*cell, max(STEPS.index(row.stage) for row in steps))] += 1
        for one in lead.opportunities.filter(outcome="won", currency__in=["EUR", ""]):
            self.cells["won"][cell] += one.value

    def moved(self, lead: Lead, steps: list[StageChange]) -> None:
        for at, stage in {
            (month(r.entered_at), r.stage) for r in steps if self.holds(r.entered_at)
        }:
            self.cells["entered"][(at, lead.source_id, stage)] += 1
        first = min((row.entered_at for row in steps), default=None)
        sql = min((row.entered_at for row in steps if row.stage in SQL_OR_LATER), default=None)
        mql = min((row.entered_at for row in steps if row.stage == Stage.MQL), default=LATER)
        if self.holds(first) or self.holds(sql):
            cell = (month(first), month(sql), lead.source_id)
            self.cells["firsts"][cell] += 1
            self.cells["customers"][cell] += any(row.stage == Stage.CUSTOMER for row in steps)
        if self.holds(sql) and mql <= sql:
            self.lengths["paced"].append(sql - mql)

    def stayed(self, lead: Lead, rows: list[StageChange]) -> None:
        for row in rows:
            if row.left_at is None:
                self.cells["here"][(row.stage, lead.source_id)] += 1
                self.cells["over"][(row.stage, lead.source_id)] += row.entered_at < NOW - LONG
            elif self.holds(row.left_at) and row.stage != Stage.DISQUALIFIED:
                self.lengths[row.stage].append(row.left_at - row.entered_at)
        for one in lead.opportunities.filter(outcome="won"):
            if lead.created_at and self.holds(one.closed_at):
                self.lengths["cycle"].append(one.closed_at - lead.created_at)

    def rows(self, name: str, *beside: str) -> list[tuple]:
        found = self.cells[name]
        return [(*key, n, *[self.cells[one][key] for one in beside]) for key, n in found.items()]

    def tally(self) -> Tally:
        begins = self.window.months.start
        return Tally(
            at=NOW, zone=BERLIN, months=self.window.months, won=self.rows("won"),
            came=self.rows("came", "scored", "hits"), reached=self.rows("reached"),
            entered=self.rows("entered"), firsts=self.rows("firsts", "customers"),
            here=self.rows("here", "over"),
            medians=[(what, begins, EVERY, len(some), median_high(some).total_seconds(),
                      *ends_of(some)) for what, some in self.lengths.items()],
        )  # fmt: skip


def ends_of(lengths) -> list[float | None]:
    places = median_places(len(lengths))
    return [sorted(lengths)[place].total_seconds() for place in places] if places else [None] * 2


def month(at: datetime | None) -> int | None:
    return number(at and at.astimezone(BERLIN))


def told(tally: Tally, window: Window) -> dict[str, object]:
    """Return all that the page says of a tally."""
    sums = source_sums(tally, window, "EUR")
    return {
        "cohorts": cohorts(tally), "periods": by_period(tally), "stays": stays(tally),
        "mqls": rates(tally, Stage.MQL), "customers": rates(tally, Stage.SQL),
        "pace": pace(tally), "cycle": sales_cycle(tally), "engaged": engaged(tally),
        "brought": brought_by_month(tally), "sums": {one.id: one for one in sums},
    }  # fmt: skip


@pytest.fixture
def through_json() -> Callable[[Tally], Tally]:
    """Write the rows as a kept tally's are written, and read them back."""

    def again(tally: Tally) -> Tally:
        return replace(tally, **json.loads(json.dumps(tally.rows())))

    return again


def test_sets_count_what_each_lead_says(sources, through_json) -> None:
    whole = count(WHOLE, at=NOW, currency="EUR", shorter=[HALF, ONE])
    kept = through_json(whole)
    for window in (WHOLE, HALF, ONE):
        for source in (None, *sources[:2]):  # ids of sources, not of leads without one
            wanted = told(ByHand(window, source or EVERY).tally(), window)
            live = count(window, at=NOW, currency="EUR", source=source)
            assert told(live, window) == wanted
            assert told(kept.narrowed(window, source), window) == wanted


def test_a_month_is_a_number_and_back() -> None:
    december = datetime(2025, 12, 1, tzinfo=BERLIN)
    assert month_at(number(december) or 0, BERLIN) == december
    assert number("2025-12-01 00:00:00") == number(december)
