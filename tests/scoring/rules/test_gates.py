"""Boundary cases of gates: which conditions open them, what closes all, which bits are set."""

import pytest

from tests.scoring.rules.builders import (
    activity,
    attribute,
    behaviour,
    clause,
    definition,
    gate,
    group,
    standing,
    visit,
)

WORLD = [
    group("fit", "fit"),
    group("acts", "engagement", position=1),
    attribute("large", "size", "gte", 50, 1, group="fit", points="12.5"),
    attribute("small", "size", "lt", 50, 2, group="fit", points="-5"),
    behaviour("visits", 3, group="acts", points="0.5", signal="high_intent"),
    behaviour("mails", 4, kinds=["mail"], group="acts", points="1", signal="interest"),
    clause("icp", "icp", {"when": {"field": "size", "op": "between", "value": [50, 100]}}),
]


@pytest.mark.parametrize(
    ("tree", "opens"),
    [
        ({"total_at_least": 13}, True),  # 12.5 + 0.5
        ({"total_at_least": "13.01"}, False),
        ({"fit_at_least": "12.5"}, True),
        ({"fit_at_least": "12.51"}, False),
        ({"engagement_at_least": "0.5"}, True),
        ({"engagement_at_least": 1}, False),
        ({"rule_fired": "large"}, True),
        ({"rule_fired": "small"}, False),
        ({"signals_at_least": {"count": 1, "signal": "high_intent"}}, True),
        ({"signals_at_least": {"count": 1, "signal": "interest"}}, False),
        ({"signals_at_least": {"count": 2, "signal": "high_intent"}}, False),
        ({"rules_at_least": {"count": 1, "dimension": "fit"}}, True),
        ({"rules_at_least": {"count": 2, "dimension": "fit"}}, False),
        ({"icp": True}, True),
        ({"not": {"icp": True}}, False),
        ({"fact": {"field": "size", "op": "lt", "value": 51}}, True),
        ({"all": [{"icp": True}, {"rule_fired": "small"}]}, False),
        ({"any": [{"icp": True}, {"rule_fired": "small"}]}, True),
    ],
)
def test_gates(tree, opens):
    found = standing([*WORLD, gate("mql", tree)], [visit()], {"size": 50})
    assert (found.mql, found.sales_ready, found.fast_track) == (opens, False, False)


def test_a_rule_below_zero_is_no_rule_of_its_dimension():
    asked = gate("mql", {"rules_at_least": {"count": 1, "dimension": "fit"}})
    assert not standing([*WORLD, asked], facts={"size": 1}).mql


def test_a_disqualifying_rule_closes_all_three_gates():
    out = attribute(
        "out", "size", "is_known", position=9, value=True, group="fit", disqualifies=True
    )
    gates = [gate(key, {"total_at_least": 0}) for key in ("mql", "sales_ready", "fast_track")]
    found = standing([*WORLD, out, *gates], facts={"size": 60})
    assert found.disqualified
    assert (found.mql, found.sales_ready, found.fast_track) == (False, False, False)
    assert standing([*WORLD, *gates], facts={"size": 60}).fast_track


def test_bits_follow_the_order_of_groups_then_of_rules():
    clauses = [
        behaviour("b", 1, group="second"),
        behaviour("a", 2, group="second"),
        behaviour("c", 3, group="first"),
        group("second", position=9),
        group("first", position=8),
    ]
    assert [one.key for one in definition(*clauses).rules] == ["c", "b", "a"]


def test_r10_a_demo_form_and_a_named_title_make_an_mql():
    clauses = [
        group(),
        behaviour("demo", kinds=["demo_request"]),
        attribute("buyer", "title", "in", ["CMO", "Head of Growth"], 1),
        gate("mql", {"all": [{"rule_fired": "demo"}, {"rule_fired": "buyer"}]}),
    ]
    demo = activity("demo_request")
    assert standing(clauses, [demo], {"title": "cmo"}).mql
    assert not standing(clauses, [demo], {"title": "Student"}).mql
    assert not standing(clauses, [], {"title": "cmo"}).mql
