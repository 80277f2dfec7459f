"""The calendar means nothing to a score, and the largest definition costs what its size says."""

import dataclasses
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engine.columns import batch_of
from scoring.engine.kernel import evaluate_all
from scoring.rules.evaluate import evaluate, facts_at
from scoring.rules.instants import seconds
from scoring.rules.parse import parse
from scoring.rules.schema import MOST_RULES, validate_version
from tests.scoring.engine.test_kernel import HISTORIES, leads_of, row
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import NOW, behaviour, document, gate, group, visit
from tests.scoring.rules.test_agreement import examples, outcome

BERLIN = ZoneInfo("Europe/Berlin")
ODD_DAYS = [  # the week before each holds what the calendar makes odd
    datetime(2028, 3, 1, 12, tzinfo=UTC),  # 29 February
    datetime(2026, 3, 30, 12, tzinfo=UTC),  # a day of 23 hours in Berlin
    datetime(2026, 10, 26, 12, tzinfo=UTC),  # one of 25
    datetime(2027, 1, 2, 12, tzinfo=UTC),  # a new year
]


def moved(leads, by):
    """Return the same leads with everything so much later, in the clock of Berlin."""

    def move(one, *instants):
        return dataclasses.replace(one, **{at: later(getattr(one, at), by) for at in instants})

    return [
        (
            [move(one, "known_from") for one in snapshots],
            [move(one, "occurred_at", "received_at") for one in activities],
        )
        for snapshots, activities in leads
    ]


def later(at, by):
    return (at + by).astimezone(BERLIN)


@examples(20, 1000)
@given(some.documents(), HISTORIES, some.moments, st.sampled_from(ODD_DAYS))
def test_clock_changes_and_leap_days_change_nothing(document, histories, as_of, day):
    definition, leads, by = parse(document), leads_of(histories), day - NOW
    there, then = moved(leads, by), later(as_of, by)
    here = evaluate_all(definition, batch_of(leads), seconds(as_of))
    odd = evaluate_all(definition, batch_of(there), seconds(then))
    for place, (snapshots, activities) in enumerate(there):
        said = outcome(evaluate(definition, facts_at(snapshots, then), activities, then))
        assert row(odd, place) == said == row(here, place)


LONGEST = {"all": [{"field": "place", "op": "contains", "value": str(n)} for n in range(198)]}


def largest(rules):
    """Return a definition of so many rules, each with as many conditions as there may be."""
    clauses = [behaviour(f"r{n}", where={"not": LONGEST}) for n in range(rules)]
    gates = [gate(key, {"total_at_least": 1}) for key in ("mql", "sales_ready")]
    return document([group(), *clauses, *gates])


def read(text, definition, leads, at):
    assert validate_version(text["clauses"]) == []


def by_reference(text, definition, leads, at):
    (_, activities) = leads[0]
    evaluate(definition, {}, activities, at)


def by_columns(text, definition, leads, at):
    evaluate_all(definition, batch_of(leads), seconds(at))


@pytest.mark.parametrize("work", [read, by_reference, by_columns])
def test_four_times_the_rules_cost_about_four_times_as_much(work):
    places = " ".join(str(n) for n in range(198))
    visits = [visit(NOW - timedelta(hours=n), properties={"place": places}) for n in range(60)]
    cost = {}
    for rules in (MOST_RULES // 4, MOST_RULES):
        text = largest(rules)
        given = (text, parse(text), [([], visits)], NOW)
        work(*given)
        begun = time.process_time()
        work(*given)
        cost[rules] = time.process_time() - begun
    assert cost[MOST_RULES] < 12 * cost[MOST_RULES // 4]
