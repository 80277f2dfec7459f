"""The requirements' own examples of gates, each met and just missed (points: test_defaults)."""

import pytest

from portal.agreements.registry import kind_named
from scoring.rules.lint import errors
from scoring.rules.parse import parse
from tests.scoring.rules.builders import (
    activity,
    attribute,
    behaviour,
    document,
    gate,
    group,
    standing,
)
from tests.scoring.rules.test_lint import founding

TITLES = {"field": "title", "op": "in", "value": ["CMO", "VP Marketing"]}
INTENT = {"signals_at_least": {"count": 1, "signal": "high_intent"}}
RULES = [
    group("things", dimension="fit"),
    group("did", dimension="engagement"),
    attribute("chief", "title", "equals", "CMO", points="20"),
    behaviour("demo", group="did", kinds=["demo_request"], points="30", signal="high_intent",
              counts="once", within_days=90),
    behaviour("read", group="did", kinds=["content_download"], points="10", within_days=90,
              max_times=9),
]  # fmt: skip
DEMO, READ = activity("demo_request"), activity("content_download")
CHIEF, OTHER = {"title": "CMO"}, {"title": "Intern"}

EXAMPLES = [
    ("R-10: the form and the title", {"all": [{"rule_fired": "demo"}, {"fact": TITLES}]},
     [(CHIEF, [DEMO], True), (CHIEF, [READ] * 9, False), (OTHER, [DEMO], False)]),
    ("R-54: 40 or above with one bottom-of-funnel signal",
     {"all": [{"total_at_least": 40}, INTENT]},
     [(CHIEF, [DEMO], True), (CHIEF, [READ] * 9, False), (OTHER, [DEMO, READ], True),
      (OTHER, [DEMO], False)]),
    ("R-56: enough points or a combination of signals",
     {"any": [{"total_at_least": 60}, {"all": [{"rule_fired": "demo"}, {"rule_fired": "read"}]}]},
     [(OTHER, [DEMO, READ], True), (CHIEF, [READ] * 4, True), (CHIEF, [DEMO], False)]),
    ("R-57: both dimensions, not their sum",
     {"all": [{"fit_at_least": 20}, {"engagement_at_least": 20}]},
     [(CHIEF, [READ] * 2, True), (OTHER, [READ] * 9, False), (CHIEF, [READ], False)]),
    ("R-07: a perfect fit who never came", {"all": [{"total_at_least": 20}, INTENT]},
     [(CHIEF, [], False), (CHIEF, [DEMO], True)]),
    ("R-03: a name and an address", {"all": [{"total_at_least": 10}, INTENT]},
     [({}, [], False), ({"email": "x@example.test"}, [], False)]),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "cases"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES])
def test_a_gate_of_the_requirements(tree, cases):
    clauses = [*RULES, gate("mql", tree)]
    assert errors(parse(document(clauses))) == []
    for facts, activities, expected in cases:
        assert standing(clauses, activities, facts).mql is expected


def test_the_founding_model_cannot_be_proposed():
    check = kind_named("definition").check_version
    (problem,) = check(founding(once_only=True))
    assert "no lead can have more than 90" in problem.sentence
    assert list(check(founding(once_only=False))) == []
