"""Clauses and versions are read whole, and what is wrong is told in sentences."""

import hashlib
import json

import pytest

from scoring.rules.clause_forms import Vocabulary
from scoring.rules.defaults import default_clauses
from scoring.rules.parse import parse, parse_text
from scoring.rules.problems import InvalidDefinition
from scoring.rules.schema import validate_clause, validate_version
from tests.scoring.rules.builders import attribute, behaviour, document, gate, group

RULE = behaviour()["body"]
GROUP = group()["body"]
WHEN = {"field": "title", "op": "is_known", "value": True}
ATTRIBUTE = attribute("a", "title", "equals", "VP")["body"]
GRADE = {"fit": {"A": "25", "B": "10"}, "engagement": {"1": "45", "2": "15"}}
DEEP = WHEN
for _ in range(10_000):
    DEEP = {"not": DEEP}

REFUSED = [
    ("rule", None, "", "a set of fields"),
    ("rule", [], "", "a set of fields"),
    ("rule", {str(n): n for n in range(10**5)}, "", "at most 40"),
    ("rule", RULE | {"points": 10**9}, "points", "from −100000 to 100000"),
    ("rule", RULE | {"points": 10**3000}, "points", "at most two decimals"),
    ("rule", RULE | {"points": "1.234"}, "points", "at most two decimals"),
    ("rule", RULE | {"points": float("nan")}, "points", "like 12.5"),
    ("rule", RULE | {"points": True}, "points", "like 12.5"),
    ("rule", RULE | {"points": None}, "points", "like 12.5"),
    ("rule", RULE | {"name": ""}, "name", "1 to 100"),
    ("rule", RULE | {"name": "x" * 10**6}, "name", "1 to 100"),
    ("rule", RULE | {"group": "A group"}, "group", "lower-case"),
    ("rule", RULE | {"signal": "high"}, "signal", "none, interest, high_intent"),
    ("rule", RULE | {"signal": ["none"]}, "signal", "Choose one of"),
    ("rule", RULE | {"disqualifies": 1}, "disqualifies", "true or false"),
    ("rule", RULE | {"type": "script"}, "type", "attribute, behaviour, silence"),
    ("rule", RULE | {"kinds": []}, "kinds", "1 to 100 texts"),
    ("rule", RULE | {"kinds": "visit"}, "kinds", "1 to 100 texts"),
    ("rule", RULE | {"kinds": ["visit", 5]}, "kinds.1", "Write a text"),
    ("rule", RULE | {"counts": "twice"}, "counts", "once, each, once_per_object"),
    ("rule", RULE | {"within_days": 0}, "within_days", "from 1 to 3650"),
    ("rule", RULE | {"within_days": 1.5}, "within_days", "whole number"),
    ("rule", RULE | {"max_times": True}, "max_times", "whole number"),
    ("rule", RULE | {"min_count": -1}, "min_count", "whole number"),
    ("rule", RULE | {"decay": {"every_days": 7, "percent": "0"}}, "decay.percent", "above 0"),
    (
        "rule",
        RULE | {"decay": {"every_days": 7, "percent": "100.01"}},
        "decay.percent",
        "at most 100",
    ),
    ("rule", RULE | {"decay": {"percent": "5"}}, "decay.every_days", "whole number"),
    ("rule", RULE | {"decay": 5}, "decay", "a set of fields"),
    (
        "rule",
        RULE | {"decay": {"every_days": 1, "percent": 5}, "within_days": 9},
        "decay",
        "never both",
    ),
    ("rule", RULE | {"max_time": 2}, "max_time", "“max_time” is no field"),
    ("rule", RULE | {"where": {"all": []}}, "where.all", "at least one condition"),
    ("rule", RULE | {"type": "silence"}, "days", "from 1 to 3650"),
    ("rule", ATTRIBUTE | {"when": DEEP}, "when" + ".not" * 12, "at most 12"),
    ("rule", ATTRIBUTE | {"when": None}, "when", "A condition is"),
    ("group", GROUP | {"cap": "1", "floor": "1.01"}, "cap", "below the floor"),
    ("group", GROUP | {"dimension": "size"}, "dimension", "fit, engagement"),
    ("group", GROUP | {"combine": "mean"}, "combine", "sum, highest"),
    ("total", {"floor": "200", "cap": 100}, "cap", "below the floor"),
    ("total", {"floor": "many"}, "floor", "like 12.5"),
    ("icp", {}, "when", "A condition is"),
    ("grade", GRADE | {"fit": {"A": "9", "B": "10"}}, "fit.A", "begin below"),
    ("grade", {"fit": GRADE["fit"]}, "engagement", "a set of fields"),
    ("checklist", {"questions": []}, "questions", "1 to 100 texts"),
    ("mql", {"when": {"all": []}}, "when.all", "at least one"),
    ("mql", {"when": {"total_at_least": "high"}}, "when.total_at_least", "like 12.5"),
    ("mql", {"when": {"total_at_least": 1, "icp": True}}, "when", "one thing at a time"),
    ("mql", {"when": "engaged"}, "when", "one thing at a time"),
    ("mql", {"when": {"eval": "1"}}, "when", "Choose one of: all, any, not, total_at_least"),
    ("mql", {"when": {"icp": False}}, "when.icp", "put “not” around it"),
    ("mql", {"when": {"rule_fired": 5}}, "when.rule_fired", "Name a key"),
    ("mql", {"when": {"signals_at_least": 2}}, "when.signals_at_least", "a set of fields"),
    (
        "mql",
        {"when": {"rules_at_least": {"count": 61, "dimension": "fit"}}},
        "when.rules_at_least.count",
        "1 to 60",
    ),
    ("mql", {"when": {"fact": {"all": [WHEN]}}}, "when.fact", "A condition is"),
    ("mql", {"when": DEEP}, "when" + ".not" * 12, "at most 12"),
    ("mql", {"when": {"any": [{"icp": True}] * 10**6}}, "when.any.199", "more than 200"),
]


@pytest.mark.parametrize(("kind", "body", "path", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_body_is_refused_in_a_sentence(kind, body, path, words):
    kind, key = ("gate", kind) if kind == "mql" else (kind, kind)
    problems = validate_clause(kind, key, body)
    found = {problem.path: problem.sentence for problem in problems}
    assert path in found
    assert words in found[path]
    assert all(len(one.sentence) < 250 and one.sentence.endswith(".") for one in problems)


@pytest.mark.parametrize(
    ("kind", "key", "path"),
    [
        ("script", "a", "kind"),
        (["rule"], "a", "kind"),
        ("gate", "open", "key"),
        ("total", "other", "key"),
        ("rule", "Not A Key", "key"),
        ("rule", 5, "key"),
        ("gate", ["mql"], "key"),
    ],
)
def test_a_clause_needs_a_known_kind_and_a_key(kind, key, path):
    assert [one.path for one in validate_clause(kind, key, RULE)] == [path]


def test_names_are_checked_against_the_registry():
    known = Vocabulary({"title": "text"}, {"place": "text"}, {"visit"})
    where = {"any": [{"field": "object_tags", "op": "has", "value": "x"}, WHEN]}
    body = RULE | {"kinds": ["visit", "walk"], "where": where}
    assert validate_clause("rule", "a", ATTRIBUTE, known) == []
    assert [one.path for one in validate_clause("rule", "a", body, known)] == [
        "where.any.1.field",
        "kinds.1",
    ]


def version(*clauses):
    return [
        group(),
        *clauses,
        *(gate(key, {"total_at_least": 1}) for key in ("mql", "sales_ready")),
    ]


@pytest.mark.parametrize(
    ("clauses", "path", "words"),
    [
        (version(), "", "no rule yet"),
        ([group(), behaviour()], "", "no gate “mql” yet"),
        (version(behaviour(group="other")), "rule:visits.group", "no group “other”"),
        (version(behaviour(), behaviour()), "rule:visits", "Two clauses"),
        (
            version(*(behaviour(f"r{n}") for n in range(61))),
            "clauses",
            "at most 60 rules. Take out 1 rule.",
        ),
        (version(*(group(f"g{n}") for n in range(20))), "clauses", "at most 20 groups"),
        ([group()] * 10**6, "clauses", "at most 100 clauses"),
        ("clauses", "clauses", "Give a list"),
        ([None], "clauses.0", "a set of fields"),
        ([group() | {"position": "first"}], "clauses.0.position", "whole number"),
        (
            version(behaviour(), gate("fast_track", {"icp": True})),
            "gate:fast_track.when.icp",
            "no ICP yet",
        ),
        (
            version(behaviour(), gate("fast_track", {"rule_fired": "x"})),
            "gate:fast_track.when.rule_fired",
            "no rule “x”",
        ),
        (
            version(behaviour(), gate("fast_track", {"not": {"rules": 1}})),
            "gate:fast_track.when.not",
            "Choose one of",
        ),
    ],
    ids=range(13),
)
def test_a_version_that_does_not_hold_together_is_refused(clauses, path, words):
    problems = validate_version(clauses)
    assert (problems[0].path, words in problems[0].sentence) == (path, True)


def test_problems_stay_few_however_many_there_are():
    rules = [behaviour(f"r{n}", points="x", name="", signal=7, counts=8) for n in range(60)]
    assert len(validate_version(version(*rules))) == 100


def text_and_hash(text):
    return text, hashlib.sha256(text.encode()).hexdigest()


def test_signed_text_is_parsed_once_and_is_hashable():
    signed = text_and_hash(json.dumps(document(default_clauses(), version=3)))
    definition = parse_text(*signed)
    assert (definition.version, len(definition.rules)) == (3, 8)
    assert parse_text(*signed) is definition
    assert hash(definition) == hash(parse(document(default_clauses(), version=3)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"agreement": "definition", "version": NaN}',
        '{"agreement": "definition", "version": ' + "9" * 5000 + "}",
        '{"agreement": "terms", "name": "x", "version": 1, "clauses": []}',
        '{"agreement": "definition", "name": 1, "version": "1", "clauses": 1}',
        '"' + "x" * 2_000_001 + '"',
    ],
    ids=range(9),
)
def test_text_that_is_no_definition_is_refused(text):
    with pytest.raises(InvalidDefinition) as refused:
        parse_text(*text_and_hash(text))
    assert all(problem.sentence.endswith(".") for problem in refused.value.problems)


def test_text_that_changed_after_signing_is_refused():
    text, signed = text_and_hash(json.dumps(document(default_clauses())))
    assert parse_text(text, signed)
    with pytest.raises(InvalidDefinition, match="does not match the hash"):
        parse_text(text.replace('"30"', '"31"'), signed)
