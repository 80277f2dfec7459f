"""Boundary cases of counts, decay, silence and sums, and when each may change."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest

from scoring.rules.amounts import decayed, hundredths, rounded, show
from scoring.rules.evaluate import Snapshot, evaluate, facts_at
from scoring.rules.freshness import valid_until
from scoring.rules.reentry import has_new_intent
from tests.scoring.rules.builders import (
    NOW,
    activity,
    ago,
    attribute,
    behaviour,
    clause,
    definition,
    gate,
    group,
    rule,
    standing,
    visit,
)

SECOND = timedelta(seconds=1)


def engagement(body, activities, at=NOW):
    return standing([group(), behaviour(**body)], activities, at=at).engagement


VISITS = [visit(ago(hours=n), object_id=n % 2) for n in range(5)]


@pytest.mark.parametrize(
    ("body", "points"),
    [
        ({"counts": "each"}, 5000),
        ({"counts": "each", "max_times": 2}, 2000),
        ({"counts": "once"}, 1000),
        ({"counts": "once_per_object"}, 2000),
        ({"counts": "once_per_object", "max_times": 1}, 1000),
        ({"counts": "each", "min_count": 5}, 5000),
        ({"counts": "each", "min_count": 6}, 0),
        ({"counts": "each", "min_count": 5, "max_times": 1}, 1000),
        ({"counts": "once", "min_count": 5}, 1000),
        ({"counts": "once_per_object", "min_count": 2}, 2000),
        ({"counts": "once_per_object", "min_count": 3}, 0),
        ({"counts": "each", "points": "-0.5"}, -250),
    ],
)
def test_counts(body, points):
    assert engagement(body, VISITS) == points


def test_an_activity_about_nothing_does_not_count_by_object():
    assert engagement({"counts": "once_per_object"}, [visit()]) == 0


def test_the_newest_count_first_and_are_the_evidence():
    old, new, newest = (
        visit(ago(days=3), object_id=1),
        visit(ago(days=2)),
        visit(ago(days=1), object_id=1),
    )
    each = standing([group(), behaviour(max_times=2)], [old, newest, new])
    by_object = standing([group(), behaviour(counts="once_per_object")], [old, newest, new])
    assert each.factors[0].activities == (newest.id, new.id)
    assert by_object.factors[0].activities == (newest.id,)


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({}, True),
        ({"is_bot": True}, False),
        ({"at": NOW + SECOND}, False),
        ({"at": NOW + timedelta(milliseconds=999)}, True),
        ({"received_at": NOW + SECOND}, False),
        ({"at": ago(days=400)}, True),
    ],
)
def test_only_what_was_known_counts(given, counts):
    assert engagement({}, [visit(**given)]) == (1000 if counts else 0)


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="aware"):
        evaluate(definition(group()), {}, [], datetime(2026, 1, 1))  # noqa: DTZ001 (the point)


@pytest.mark.parametrize(
    ("points", "percent", "age", "expected"),
    [
        ("10", "50", timedelta(days=7) - SECOND, 1000),
        ("10", "50", timedelta(days=7), 500),
        ("10", "50", timedelta(days=14), 250),
        ("0.01", "50", timedelta(days=7), 1),  # 0.5 rounds up
        ("-0.01", "50", timedelta(days=7), 0),  # -0.5 rounds up as well
        ("-0.03", "50", timedelta(days=7), -1),  # -1.5 to -1
        ("33.33", "33.33", timedelta(days=21), 988),  # worked out from the full points
        ("10", "100", timedelta(days=7), 0),
        ("100000", "0.01", timedelta(days=7), 9999000),
    ],
)
def test_decay(points, percent, age, expected):
    body = {"points": points, "decay": {"every_days": 7, "percent": percent}}
    assert engagement(body, [visit(NOW - age)]) == expected


@pytest.mark.parametrize("points", [10**7, 1, -1, 3, -(10**7), 3333])
@pytest.mark.parametrize("lost", [1, 10, 3333, 5000, 9999, 10_000])
def test_decay_is_exact_at_every_step(points, lost):
    for steps in [*range(40), 200, 201, 202, 255, 256, 1000, 20_000]:
        left = points * Fraction(10_000 - lost, 10_000) ** steps
        assert decayed(points, lost, steps) == floor(left + Fraction(1, 2))


def test_a_decayed_rule_has_still_fired():
    clauses = [
        group(),
        behaviour(decay={"every_days": 1, "percent": "100"}, signal="high_intent"),
        gate("mql", {"signals_at_least": {"count": 1, "signal": "high_intent"}}),
    ]
    found = standing(clauses, [visit(ago(days=9))])
    assert (found.engagement, found.fired, found.mql) == (0, 1, True)


@pytest.mark.parametrize(
    ("activities", "fires"),
    [
        ([], True),
        ([visit(ago(days=30))], True),
        ([visit(ago(days=30) + SECOND)], False),
        ([visit(is_bot=True)], True),
        ([activity("mail")], True),
        ([visit(ago(days=1), received_at=NOW + SECOND)], True),
    ],
)
def test_silence(activities, fires):
    found = standing([group(), rule("quiet", "silence", kinds=["visit"], days=30)], activities)
    assert found.fired == int(fires)


TITLES = [
    attribute("vp", "title", "contains_word", "vp", points="20", group="title"),
    attribute("head", "title", "contains_word", "head", points="20", group="title"),
    attribute("intern", "title", "contains_word", "intern", points="-10", group="title"),
]


@pytest.mark.parametrize(
    ("title", "limits", "points"),
    [
        ("VP", {}, 2000),
        ("intern", {}, -1000),
        ("intern of the vp", {}, 2000),
        ("nobody", {}, 0),
        ("nobody", {"floor": "5"}, 500),
        ("nobody", {"cap": "-5"}, -500),
        ("intern", {"floor": "-2.5"}, -250),
        ("VP", {"cap": "12.25"}, 1225),
    ],
)
def test_the_largest_of_a_group_and_its_limits(title, limits, points):
    clauses = [group("title", "fit", "highest", **limits), *TITLES]
    assert standing(clauses, facts={"title": title}).fit == points


@pytest.mark.parametrize(
    ("points", "total"),
    [("0.49", 0), ("0.5", 1), ("1.5", 2), ("-0.5", 0), ("-0.51", -1), ("-1.5", -1), ("39.99", 40)],
)
def test_the_total_is_rounded_once_half_up(points, total):
    found = standing(
        [group(), attribute("a", "x", "is_known", value=True, points=points)], facts={"x": 1}
    )
    assert found.total == total


def test_the_total_is_limited_before_it_is_rounded():
    clauses = [group(), attribute("a", "x", "is_known", value=True, points="90")]
    limits = clause("total", "total", {"floor": "10.5", "cap": "50.5"})
    assert standing([*clauses, limits], facts={"x": 1}).total == 51
    assert standing([*clauses, limits]).total == 11


def test_facts_are_the_last_row_known():
    rows = [
        Snapshot(3, ago(days=1), {"size": 3}),
        Snapshot(1, ago(days=2), {"size": 1}),
        Snapshot(2, ago(days=1), {"size": 2}),
        Snapshot(4, NOW + SECOND, {"size": 4}),
    ]
    assert facts_at(rows, NOW) == {"size": 3}
    assert facts_at(rows, ago(days=1) - SECOND) == {"size": 1}
    assert facts_at(rows, ago(days=3)) == {}


@pytest.mark.parametrize(
    ("body", "activities", "expected"),
    [
        ({}, [visit()], None),
        ({"within_days": 30}, [visit(ago(days=10)), visit()], NOW + timedelta(days=20)),
        ({"within_days": 30}, [visit(ago(days=30))], None),
        (
            {"decay": {"every_days": 7, "percent": "10"}},
            [visit(ago(days=10))],
            NOW + timedelta(days=4),
        ),
        ({"decay": {"every_days": 7, "percent": "100"}}, [visit(ago(days=10))], None),
        ({}, [visit(ago(days=1), received_at=NOW + SECOND)], NOW + SECOND),
        ({}, [visit(NOW + SECOND, is_bot=True)], None),
        ({}, [activity("mail", NOW + SECOND)], None),
    ],
)
def test_valid_until(body, activities, expected):
    assert valid_until(definition(group(), behaviour(**body)), [], activities, NOW) == expected


def test_valid_until_silence_begins_and_later_facts():
    quiet = definition(group(), rule("quiet", "silence", kinds=["visit"], days=30))
    assert valid_until(quiet, [], [visit(ago(days=10))], NOW) == NOW + timedelta(days=20)
    assert valid_until(quiet, [], [visit(ago(days=30))], NOW) is None
    assert valid_until(quiet, [Snapshot(1, NOW + SECOND, {})], [], NOW) == NOW + SECOND
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert valid_until(quiet, [], [visit(far)], far) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"at": ago(days=5)}, False),
        ({"at": ago(days=5) + SECOND}, True),
        ({"is_bot": True}, False),
        ({"properties": {}}, False),
        ({"received_at": NOW + SECOND}, False),
    ],
)
def test_new_intent_needs_no_count(given, expected):
    where = {"field": "place", "op": "equals", "value": "shop"}
    body = {"signal": "high_intent", "counts": "once_per_object", "min_count": 3, "where": where}
    version = definition(group(), behaviour(**body, within_days=30))
    one = visit(**({"properties": {"place": "Shop"}} | given))
    assert has_new_intent(version, [one], NOW, ago(days=5)) is expected
    low = definition(group(), behaviour(**body | {"signal": "interest"}))
    assert has_new_intent(low, [one], NOW, ago(days=5)) is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.5", 1250), ("-0.01", -1), (7, 700), ("100000", 10**7), ("100000.01", None),
        ("1e5", None), ("12.345", None), (12.5, None), (True, None), ("", None), ("٣", None),
        (10**4000, None), ("9" * 10**6, None), (None, None), ("NaN", None),
    ],
)  # fmt: skip
def test_amounts_are_exact_hundredths(value, expected):
    assert hundredths(value) == expected


def test_amounts_are_shown_and_rounded():
    assert [show(n) for n in (1250, -1, 700, 5)] == ["12.5", "−0.01", "7", "0.05"]
    assert show(1500, plus=True) == "+15"
    assert [rounded(n) for n in (50, 49, -50, -51)] == [1, 0, 0, -1]
