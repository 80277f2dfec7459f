"""The lint, check by check: what each finds, what it leaves alone, and that its fix mends it."""

from datetime import timedelta

import pytest

from scoring.rules.condition_forms import read_condition
from scoring.rules.defaults import GATES, GROUPS, RULES, default_clauses
from scoring.rules.lint import errors, lint
from scoring.rules.lint_seen import Seen
from scoring.rules.lint_segments import implies, segment_findings
from scoring.rules.mending import mended
from scoring.rules.parse import parse
from scoring.rules.problems import Findings
from scoring.rules.schema import validate_version
from tests.scoring.rules.builders import attribute, behaviour, document, gate, group, rule

TEN = {"total_at_least": 10}
INTENT = {"signals_at_least": {"count": 1, "signal": "high_intent"}}
FIT = group("things", dimension="fit")
DID = group("did", dimension="engagement")
VP = attribute("vp", "title", "contains_word", "VP", points="20")
LEFT = attribute("left", "title", "contains_word", "Student", points="-10")
DEMO = behaviour("demo", group="did", kinds=["demo_request"], signal="high_intent", points="30",
                 counts="once", within_days=90)  # fmt: skip
READ = behaviour("read", group="did", kinds=["page_view"], points="10", counts="each",
                 max_times=5, within_days=90)  # fmt: skip
MAILS = behaviour("mails", group="did", kinds=["email_opened", "email_clicked"], points="5",
                  counts="each", max_times=10, within_days=90)  # fmt: skip
SOUND = [FIT, DID, VP, LEFT, DEMO, READ, gate("mql", {"all": [TEN, INTENT]})]


def with_gate(key, tree, *clauses):
    rest = [one for one in SOUND if (one["kind"], one["key"]) != ("gate", key)]
    return [*rest, *clauses, gate(key, tree)]


def without(*keys):
    return [one for one in SOUND if one["key"] not in keys]


def codes(clauses, seen=None):
    return {finding.code for finding in lint(parse(document(clauses)), seen)}


def founding(*, once_only):
    """The founding documents' own model; with every rule counted once it ends at 90."""
    bodies = {key: dict(body) for key, body in RULES.items()}
    if once_only:
        for body in bodies.values():
            if body["type"] == "behaviour":
                body |= {"counts": "once", "max_times": None}
    rows = [*(("group", key, body) for key, body in GROUPS.items()),
            *(("rule", key, body) for key, body in bodies.items()),
            *(one for one in [("icp", "icp", {"when": {"field": "industry", "op": "in",
                                                       "value": ["software"]}})]),
            *(("gate", key, {"when": GATES[key]}) for key in ("mql", "sales_ready"))]  # fmt: skip
    return [{"kind": kind, "key": key, "position": n, "rationale": "", "body": body}
            for n, (kind, key, body) in enumerate(rows)]  # fmt: skip


def test_the_founding_documents_own_model_is_caught_and_its_fix_mends_it():
    clauses = founding(once_only=True)
    (found,) = errors(parse(document(clauses)))
    assert (found.code, found.path) == ("unreachable", "gate:sales_ready")
    assert "asks for 100, but no lead can have more than 90" in found.sentence
    assert found.fix.press == "lower:sales_ready:90"
    clause, body = mended(found.fix.press, clauses)
    better = [one | {"body": body} if one is clause else one for one in clauses]
    assert errors(parse(document(better))) == []
    assert errors(parse(document(founding(once_only=False)))) == []


def test_the_default_definition_and_a_sound_one_have_no_finding():
    assert codes(default_clauses()) == set()
    assert codes(SOUND) == set()


CASES = [
    ("a total that nobody has", with_gate("mql", {"total_at_least": 500}), "unreachable"),
    ("more fit than there is", with_gate("mql", {"all": [{"fit_at_least": 21}, INTENT]}),
     "unreachable"),
    ("two signals where one rule has it",
     with_gate("mql", {"signals_at_least": {"count": 2, "signal": "high_intent"}}), "unreachable"),
    ("an unreachable way beside one that is open: fine",
     with_gate("mql", {"any": [{"total_at_least": 500}, {"all": [TEN, INTENT]}]}), None),
    ("a rule that closes every gate cannot open one",
     [*without("demo", "mql"), behaviour("demo", group="did", signal="high_intent",
      disqualifies=True, within_days=9), gate("mql", {"rule_fired": "demo"})], "unreachable"),
    ("fit alone", with_gate("mql", TEN), "fit_alone"),
    ("fit alone at sales", with_gate("sales_ready", {"fit_at_least": 20}), "fit_alone"),
    ("fit and opened mails", with_gate("sales_ready", {"total_at_least": 60}, MAILS),
     "mail_alone"),
    ("mails are not enough by themselves: fine",
     with_gate("sales_ready", {"all": [{"total_at_least": 60}, INTENT]}, MAILS), None),
    ("no intent asked at handoff", with_gate("sales_ready", {"total_at_least": 60}), "no_intent"),
    ("vague: facts only", with_gate("mql", {"fact": {"field": "title", "op": "is_known",
                                                     "value": True}}), "vague"),
    ("R-10: a named form and a title, no number: fine",
     with_gate("mql", {"all": [{"rule_fired": "demo"}, {"fact": {
         "field": "title", "op": "in", "value": ["CEO", "CMO"]}}]}), None),
    ("R-55: a number without a signal", with_gate("mql", {"total_at_least": 60}), "no_signal"),
    ("R-03: opens for a name and an address",
     with_gate("mql", {"any": [{"total_at_least": 0}, INTENT]}), "opens_for_nobody"),
    ("sales below MQL", with_gate("sales_ready", {"all": [{"total_at_least": 5}, INTENT]}),
     "wrong_order"),
    ("R-42: nobody's fit counts", without("vp", "left"), "no_fit"),
    ("R-07: nobody's acts count",
     [FIT, VP, LEFT, gate("mql", {"all": [TEN, {"rule_fired": "vp"}]})], "no_engagement"),
    ("nothing takes points away", without("left"), "no_negative"),
    ("points for opened mails", [*SOUND, MAILS], "opens"),
    ("never ages", [*without("read"), behaviour("read", group="did", max_times=2)], "no_decay"),
    ("decay ages, too: fine", [*without("read"), behaviour("read", group="did", max_times=2,
     decay={"percent": "10", "every_days": 30})], None),
    ("an empty group", [*SOUND, group("empty", dimension="fit")], "empty_group"),
]  # fmt: skip


@pytest.mark.parametrize(("clauses", "code"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_check(clauses, code):
    found = codes(clauses)
    assert (code in found) if code else not found & {"unreachable", "vague", "mail_alone",
                                                     "no_decay", "no_signal"}  # fmt: skip


def test_only_what_nobody_can_check_or_reach_stops_a_proposal():
    stopping = {code for _name, clauses, code in CASES if code
                for one in errors(parse(document(clauses))) if one.code == code}  # fmt: skip
    assert stopping == {"unreachable", "vague"}


def test_every_finding_is_a_sentence_with_a_fix_that_says_what_it_does():
    for _name, clauses, code in CASES:
        for found in lint(parse(document(clauses))):
            assert found.sentence.endswith("."), code
            assert found.fix is not None, found.code
            assert found.fix.label
            assert bool(found.fix.press) != bool(found.fix.path)


@pytest.mark.parametrize(
    "clauses", [c[1] for c in CASES if c[2] in {"fit_alone", "no_intent", "no_signal", "no_decay",
                                                "opens", "wrong_order"}]
)  # fmt: skip
def test_one_press_mends_its_finding(clauses):
    found = [one for one in lint(parse(document(clauses))) if one.fix.press]
    assert found
    for finding in found:
        clause, body = mended(finding.fix.press, clauses)
        better = [one | {"body": body} if one is clause else one for one in clauses]
        assert finding.code not in codes(better)


@pytest.mark.parametrize(
    "press", ["", "window", "window:nobody:90", "points:demo:-5", "points:demo:x", "lower:mql:",
              "intent:icp", "drop:demo:1", "lower:mql:" + "9" * 5000, "\x00:demo:1"],
)  # fmt: skip
def test_a_press_that_says_nothing_changes_nothing(press):
    assert mended(press, SOUND) is None


def bits(*keys):
    place = parse(document(SOUND)).place
    return sum(1 << place[key] for key in keys)


EVERY = frozenset(range(4))
SEEN = [
    ("nothing counted", Seen(), set()),
    ("all is well", Seen({bits("vp"): 40, bits("demo"): 40}, EVERY, 100, 3.0, 3.0,
                         timedelta(days=92)), set()),
    ("never fired", Seen(fired_lately=frozenset({1, 2, 3})), {"never_fired"}),
    ("always together", Seen({bits("demo", "read"): 91, bits("read"): 9}), {"together"}),
    ("nine in ten is not more", Seen({bits("demo", "read"): 90, bits("read"): 10}), set()),
    ("too few to say", Seen({bits("demo", "read"): 29}), set()),
    ("99 leads a month", Seen(leads_a_month=99), {"few_leads"}),
    ("more than sales decides on", Seen(handoffs_a_day=3.1, capacity_a_day=3.0), {"volume"}),
    ("nobody decided yet", Seen(handoffs_a_day=3.1), set()),
    ("a quarter and a day", Seen(since_review=timedelta(days=93)), {"review_due"}),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "found"), [c[1:] for c in SEEN], ids=[c[0] for c in SEEN])
def test_what_only_the_leads_show(seen, found):
    assert codes(SOUND, seen) == found


def condition(tree):
    read = read_condition(tree, None, "", Findings())
    assert read is not None
    return read


def asks(field, op, value):
    return {"field": field, "op": op, "value": value}


SMALL, LARGE = asks("size", "lte", 50), asks("size", "gt", 50)
KNOWN = {"field": "title", "op": "is_known", "value": True}
SWALLOWED = [
    (asks("size", "between", [10, 40]), SMALL, True),
    (SMALL, asks("size", "between", [10, 40]), False),
    (asks("size", "gte", 51), LARGE, True),
    (asks("size", "gte", 50), LARGE, False),
    (asks("country", "equals", "Germany"), asks("country", "in", ["germany", "Austria"]), True),
    (asks("country", "in", ["Germany", "France"]), asks("country", "equals", "Germany"), False),
    (asks("title", "in", ["VP Sales"]), asks("title", "contains_word", "vp"), True),
    (asks("title", "contains", "vp"), KNOWN, True),
    ({"all": [SMALL, asks("country", "equals", "x")]}, SMALL, True),
    (SMALL, {"any": [SMALL, LARGE]}, True),
    ({"any": [SMALL, LARGE]}, SMALL, False),
    ({"not": SMALL}, {"not": asks("size", "lte", 10)}, True),
    (SMALL, LARGE, False),
]


@pytest.mark.parametrize(("one", "other", "expected"), SWALLOWED)
def test_implication_is_told_only_where_it_is_plain(one, other, expected):
    assert implies(condition(one), condition(other)) is expected


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([("Small", SMALL), ("Large", LARGE), ("Rest", None)], ""),
        ([("Small", SMALL), ("Same", SMALL)], "swallow each other"),
        ([("Small", SMALL), ("Tiny", asks("size", "lte", 10))], "Move it up"),
        ([("Everybody", None), ("Small", SMALL)], "Move it up"),
    ],
)
def test_segments_that_swallow_each_other(segments, words):
    named = [(name, None if tree is None else condition(tree)) for name, tree in segments]
    found = list(segment_findings(named))
    assert bool(found) is bool(words)
    assert all(words in one.sentence for one in found)


HOSTILE = [None, 7, 1.5, True, "x" * 2_000_000, [], {}, {"all": []}, [[[]]], 10**9, "\x00", -1]


@pytest.mark.parametrize("field", sorted({
    name for one in [*default_clauses(), rule("quiet", "silence", kinds=["chat"], days=9)]
    for name in one["body"]
}))  # fmt: skip
def test_every_field_with_a_wrong_value_gets_a_sentence_and_never_breaks(field):

    wrong = 0
    for clause in default_clauses():
        if field not in clause["body"]:
            continue
        for value in HOSTILE:
            changed = clause | {"body": clause["body"] | {field: value}}
            clauses = [changed if one["key"] == clause["key"] else one for one in default_clauses()]
            for problem in validate_version(clauses):
                wrong += 1
                assert problem.sentence.endswith((".", "…"))
                assert len(problem.sentence) < 600
    assert wrong or field in {"days", "disqualifies"}


def test_61_rules_and_points_of_a_billion_are_told():

    many = [FIT, *(attribute(f"r{n}", "title", "equals", "x") for n in range(61))]
    assert any("at most 60 rules" in one.sentence for one in validate_version(many))
    huge = [FIT, attribute("huge", "title", "equals", "x", points=10**9)]
    assert any(one.path == "rule:huge.points" for one in validate_version(huge))
