"""What each comparison means, and what a condition may look like."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from scoring.rules.condition_forms import OPS, read_condition
from scoring.rules.problems import Findings

FIELDS = {"title": "text", "size": "number", "asked": "flag", "due": "date", "object_tags": "tags"}


def read(tree, fields=FIELDS):
    findings = Findings()
    return read_condition(tree, fields, "when", findings), findings.problems


def holds(op, value, given, field="title"):
    condition, problems = read({"field": field, "op": op, "value": given}, None)
    assert problems == []
    return condition.holds({field: value}.get)


MEANINGS = [
    ("equals", " Vp ", "VP", True),
    ("equals", "STRASSE", "straße", True),
    ("equals", "vice", "VP", False),
    ("equals", 5, "5.00", True),
    ("equals", 0.1, "0.1", True),
    ("equals", Decimal("12.5"), "12.5", True),
    ("equals", "5", 5, False),
    ("equals", True, 1, False),
    ("equals", 1, True, False),
    ("equals", False, False, True),
    ("equals", date(2026, 1, 31), "2026-01-31", True),
    ("not_equals", "VP", "vp", False),
    ("not_equals", 7, "vp", True),
    ("in", "Software", ["b2b saas", "software"], True),
    ("in", "soft", ["b2b saas", "software"], False),
    ("not_in", "soft", ["b2b saas", "software"], True),
    ("not_in", " SOFTWARE", ["software"], False),
    ("contains", "Head of Sales", "of sal", True),
    ("contains", 12, "1", False),
    ("contains_word", "SVP, Sales", "vp", False),
    ("contains_word", "svp vp", "VP", True),
    ("contains_word", "(vp)", "vp", True),
    ("contains_word", "co-vp", "vp", True),
    ("contains_word", "vp2", "vp", False),
    ("contains_word", "Vice  President", "vice president", False),
    ("contains_word", "intern", "intern", True),
    ("contains_word", "internal", "intern", False),
    ("starts_with", "  Head of", "head", True),
    ("starts_with", "The head", "head", False),
    ("gt", 5, "5", False),
    ("gt", 5.5, 5, True),
    ("gte", 5, "5.0", True),
    ("lt", 4, 5, True),
    ("lte", 5, 5, True),
    ("lte", "4", 5, False),
    ("gt", True, 0, False),
    ("between", 50, [50, 5000], True),
    ("between", 5000, [50, 5000], True),
    ("between", 49, [50, 5000], False),
    ("between", 5001, [50, 5000], False),
    ("gt", date(2026, 2, 1), "2026-01-31", True),
    ("gt", "2026-02-01", "2026-01-31", True),
    ("lte", datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "2026-01-31", True),
    ("gt", "2026-02-31", "2026-01-31", False),
    ("is_known", "", True, True),
    ("is_known", False, True, True),
    ("has", frozenset({"Pricing "}), "pricing", True),
    ("has", ["pricing page"], "pricing", False),
    ("has", "pricing", "pricing", False),
]


@pytest.mark.parametrize(("op", "value", "given", "expected"), MEANINGS)
def test_a_comparison(op, value, given, expected):
    assert holds(op, value, given) is expected


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("op", sorted(frozenset().union(*OPS.values())))
def test_a_comparison_with_something_missing_is_false_and_its_not_is_true(op, missing):
    given = {"in": ["a"], "not_in": ["a"], "between": [1, 2], "is_known": True}.get(op, "5")
    tree = {"field": "title", "op": op, "value": given}
    condition, _ = read(tree, None)
    negated, _ = read({"not": tree}, None)
    assert condition.holds({"title": missing}.get) is False
    assert condition.holds({}.get) is False
    assert negated.holds({}.get) is True


def test_all_any_and_not_have_two_values():
    known = {"field": "title", "op": "is_known", "value": True}
    large = {"field": "size", "op": "gt", "value": 100}
    both, _ = read({"all": [known, large]})
    either, _ = read({"any": [known, {"not": large}]})
    assert both.holds({"title": "VP", "size": 101}.get)
    assert not both.holds({"title": "VP"}.get)
    assert either.holds({}.get)
    assert not either.holds({"size": 101}.get)
    assert both.fields() == ("title", "size")


def nested(depth):
    tree = {"field": "title", "op": "is_known", "value": True}
    for _ in range(depth):
        tree = {"not": tree}
    return tree


def comparison(field, op, value):
    return {"field": field, "op": op, "value": value}


REFUSED = [
    ({"all": []}, "when.all", "Give at least one condition here, in a list."),
    ({"any": {}}, "when.any", "Give at least one condition here, in a list."),
    (nested(12), "when" + ".not" * 12, "nest at most 12"),
    (nested(5000), "when" + ".not" * 12, "nest at most 12"),
    ({"all": [nested(0)] * 200}, "when.all.199", "more than 200 parts"),
    ({"any": [nested(0)] * 10**6}, "when.any.199", "more than 200 parts"),
    (comparison("nobody", "equals", "x"), "when.field", "“nobody” is known here"),
    (comparison("x" * 10**6, "equals", "x"), "when.field", "Name a field."),
    (comparison("title", "gt", 5), "when.op", "can be compared with"),
    (comparison("title", "regex", ".*"), "when.op", "can be compared with"),
    (comparison("object_tags", "equals", "x"), "when.op", "can be compared with: has"),
    (comparison("title", "equals", 5), "when.value", "Give a text."),
    (comparison("title", "contains", "  "), "when.value", "1 to 200"),
    (comparison("title", "equals", "x" * 10**6), "when.value", "1 to 200"),
    (comparison("title", "equals", None), "when.value", "Give a text"),
    (comparison("title", "in", "VP"), "when.value", "a list of 1 to 100 values"),
    (comparison("title", "in", []), "when.value", "a list of 1 to 100 values"),
    (comparison("title", "in", ["a", 1]), "when.value.1", "Give a text."),
    (comparison("title", "is_known", value=False), "when.value", "put “not” around it"),
    (comparison("size", "gt", value=True), "when.value", "Give a number"),
    (comparison("size", "gt", 10**400), "when.value", "a whole number"),
    (comparison("size", "gt", float("nan")), "when.value", "a whole number"),
    (comparison("size", "equals", "many"), "when.value", "Give a number"),
    (comparison("size", "between", [5000, 50]), "when.value", "the lower one first"),
    (comparison("size", "between", [1, 2, 3]), "when.value", "Give two values"),
    (comparison("asked", "equals", "yes"), "when.value", "Answer true or false."),
    (comparison("due", "gt", "31.01.2026"), "when.value", "Give a date"),
    (comparison("due", "gt", "2026-02-30"), "when.value", "Give a date"),
    ({"field": "title", "op": "equals"}, "when", "a comparison of a field"),
    ({"all": [nested(0)], "any": [nested(0)]}, "when", "a comparison of a field"),
    ({1: 2}, "when", "a comparison of a field"),
    ([], "when", "a comparison of a field"),
    (None, "when", "a comparison of a field"),
]


@pytest.mark.parametrize(("tree", "path", "words"), REFUSED)
def test_a_wrong_condition_is_refused_in_a_sentence(tree, path, words):
    condition, problems = read(tree)
    assert condition is None
    assert problems[0].path == path
    assert words in problems[0].sentence
    assert problems[0].sentence.endswith(".")


def test_every_problem_is_found_at_once():
    tree = {"all": [comparison("nobody", "equals", "x"), comparison("size", "gt", "many")]}
    assert [problem.path for problem in read(tree)[1]] == ["when.all.0.field", "when.all.1.value"]
