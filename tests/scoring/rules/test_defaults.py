"""The founding documents' worked examples under the default definition."""

from datetime import timedelta

import pytest

from scoring.rules.clause_forms import Vocabulary
from scoring.rules.defaults import default_clauses
from scoring.rules.evaluate import evaluate
from scoring.rules.parse import parse
from scoring.rules.schema import validate_version
from tests.scoring.rules.builders import NOW, activity, ago, document, pricing

DEFAULT = parse(document(default_clauses()))
DIRECTOR = {"seniority": "director", "industry": "B2B SaaS", "company_size": 200}
VP = {"seniority": "vp", "industry": "B2B SaaS", "company_size": 300}
IN_30_DAYS = {"timeline": "within_30_days"}


def demo(at=NOW):
    return activity("demo_request", at)


def case_study(object_id, at=NOW):
    return activity("content_download", at, tag="Case study", object_id=object_id)


def blog(at=NOW):
    return activity("subscription", at, tag="blog", object_id=90)


def ebook(at=NOW):
    return activity("content_download", at, tag="e-book", object_id=91)


EVERYTHING = [demo(), pricing(), pricing(), *(case_study(n) for n in range(5)), blog()]

CASES = [
    # who must not qualify
    ("a student with one e-book", {"seniority": "student"}, [ebook()], -10, ""),
    ("a competitor snooping", {}, [pricing(), pricing(), pricing()], 30, ""),
    ("a blog reader of three years ago", {}, [blog(ago(days=1095))], 0, ""),
    # both halves are needed
    ("a perfect fit who never came", VP, [], 30, ""),
    ("a freelancer who takes everything", {"company_size": 1}, EVERYTHING, 80, ""),
    # each rule by itself
    ("a pricing visit", {}, [pricing()], 15, ""),
    ("a third pricing visit", {}, [pricing(), pricing(), pricing()], 30, ""),
    ("a demo request", {}, [demo(), demo()], 30, ""),
    ("a case study, twice", {}, [case_study(1), case_study(1)], 10, ""),
    ("four case studies", {}, [case_study(n) for n in range(4)], 30, ""),
    ("a blog subscription", {}, [blog()], 5, ""),
    ("a VP", {"seniority": " VP "}, [], 20, ""),
    ("a director", {"seniority": "director"}, [], 15, ""),
    ("an intern", {"seniority": "intern"}, [], -10, ""),
    ("the right industry", {"industry": "b2b saas"}, [], 10, ""),
    # exactly 40, hot, and not sales-ready; the guide itself scores nothing
    ("the Marketing Director", DIRECTOR, [pricing(), ebook()], 40, "mql"),
    # 100 and high intent and ICP
    ("all there is", VP, EVERYTHING, 110, "mql sales_ready fast_track"),
    ("all there is, company too small", VP | {"company_size": 49}, EVERYTHING, 110, "mql"),
    ("in the ICP, asked for a demo", DIRECTOR, [demo()], 55, "mql fast_track"),
    # the pair that downloaded the same guide
    ("the VP with a plan", VP | IN_30_DAYS, [ebook()], 30, "fast_track"),
    (
        "the coordinator who explores",
        {"seniority": "specialist", "industry": "agency", "company_size": 10},
        [ebook()],
        0,
        "",
    ),
]


@pytest.mark.parametrize(
    ("facts", "activities", "total", "gates"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_worked_examples(facts, activities, total, gates):
    standing = evaluate(DEFAULT, facts, activities, NOW)
    open_gates = [name for name in ("mql", "sales_ready", "fast_track") if getattr(standing, name)]
    assert (standing.total, " ".join(open_gates)) == (total, gates)


@pytest.mark.parametrize(
    ("make", "days", "points"), [(demo, 180, 30), (pricing, 30, 15), (blog, 365, 5)]
)
def test_a_window_ends_to_the_second(make, days, points):
    last = make(ago(days=days) + timedelta(seconds=1))
    gone = make(ago(days=days))
    assert evaluate(DEFAULT, {}, [last], NOW).total == points
    assert evaluate(DEFAULT, {}, [gone], NOW).total == 0


@pytest.mark.parametrize(("size", "inside"), [(49, False), (50, True), (5000, True), (5001, False)])
def test_the_icp_includes_both_ends(size, inside):
    facts = {"industry": "software", "company_size": size}
    assert evaluate(DEFAULT, facts, [], NOW).icp is inside


@pytest.mark.parametrize(
    ("facts", "activities", "grade"),
    [
        (VP, [demo(), pricing()], "A1"),
        (DIRECTOR, [pricing()], "A2"),
        ({"seniority": "director"}, [], "B3"),
        ({"industry": "software"}, [pricing()], "B2"),
        ({}, [demo()], "C2"),
    ],
)
def test_a_value_at_a_cut_point_belongs_to_the_better_class(facts, activities, grade):
    assert evaluate(DEFAULT, facts, activities, NOW).grade == grade


def test_the_default_definition_may_be_proposed():
    facts = {"seniority": "text", "industry": "text", "company_size": "number", "timeline": "text"}
    kinds = {"demo_request", "page_view", "content_download", "subscription"}
    assert validate_version(default_clauses(), Vocabulary(facts, {}, kinds)) == []


def test_changing_the_clauses_does_not_change_the_default():
    default_clauses()[0]["body"]["cap"] = "1"
    assert default_clauses()[0]["body"]["cap"] == "80"
