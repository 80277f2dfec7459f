"""What is said to open a gate opens it, when it really happens."""

from hypothesis import given

from scoring.rules.defaults import default_clauses
from scoring.rules.definition import GATES, Behaviour
from scoring.rules.evaluate import evaluate
from scoring.rules.parse import parse
from scoring.rules.ways import ways, ways_words
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import (
    NOW,
    activity,
    ago,
    behaviour,
    definition,
    document,
    gate,
    group,
    rule,
    visit,
)
from tests.scoring.rules.test_agreement import examples

VP = {"title": "VP", "seniority": "vp", "industry": "software", "company_size": 100}


def keys(version, facts, activities, asked="sales_ready"):
    standing = evaluate(version, facts, activities, NOW)
    return [one.key for one in ways(version, standing, facts, asked)]


@examples(15, 2000)
@given(some.documents(), some.facts, some.activity_lists(), some.moments)
def test_one_more_activity_opens_the_gate(version, facts, activities, as_of):
    version = parse(version)
    standing = evaluate(version, facts, activities, as_of)
    for asked in GATES:
        for found in ways(version, standing, facts, asked):
            assert isinstance(found.test, Behaviour)
            assert not getattr(standing, asked)
            if found.test.where is None:
                for kind in found.test.kinds:
                    new = activity(kind, as_of, object_id="never seen")
                    after = evaluate(version, facts, [*activities, new], as_of)
                    assert getattr(after, asked)


def test_a_demo_request_makes_a_vp_in_the_icp_go_the_fast_track():
    version = parse(document(default_clauses()))
    assert "demo_request" in keys(version, VP, [], "fast_track")
    standing = evaluate(version, VP, [], NOW)
    asked = ways(version, standing, VP, "fast_track")
    assert ways_words(asked) == "“Asked for a demo” would do it"
    assert keys(version, VP, [activity("demo_request")], "fast_track") == []  # it is open
    assert ways_words([]) == ""


def ready(points, *rules, tree=None):
    return definition(group(), *rules, gate("sales_ready", tree or {"total_at_least": points}))


def test_what_is_full_or_too_little_is_not_named():
    assert keys(ready(20, behaviour(points="10", max_times=2)), {}, [visit()]) == ["visits"]
    full = behaviour(points="10", max_times=1)
    assert keys(ready(20, full), {}, [visit()]) == []
    assert keys(ready(30, behaviour(points="10")), {}, [visit()]) == []
    assert keys(ready(10, behaviour(points="10", min_count=2)), {}, [visit()]) == []


def test_what_the_same_activity_takes_away_is_thought_of():
    wins = behaviour(points="10")
    costs = behaviour("costs", 1, points="-1")
    assert keys(ready(10, wins, costs), {}, []) == []
    closes = behaviour("closes", 1, points="0", disqualifies=True, min_count=3)
    assert keys(ready(10, wins, closes), {}, []) == []
    silent = rule("silent", "silence", 1, points="5", kinds=["visit"], days=9)
    assert keys(ready(15, wins, silent), {}, []) == []
    assert keys(ready(15, wins, silent), {}, [visit(ago(days=1))]) == ["visits"]
    part = rule("silent", "silence", 1, points="-5", kinds=["visit"], days=9)
    assert keys(ready(10, wins, part), {}, []) == ["visits"]
    other = behaviour("other", 1, points="1", min_count=2)
    quiet = {"all": [{"total_at_least": 10}, {"not": {"rule_fired": "other"}}]}
    assert keys(ready(10, wins, other, tree=quiet), {}, []) == []
