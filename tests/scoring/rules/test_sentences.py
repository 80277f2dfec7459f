"""Clauses as people read them, with their blanks."""

import pytest

from scoring.rules.defaults import GATES, GROUPS, RULES, default_clauses
from scoring.rules.parts import Part, plain
from scoring.rules.sentences import clause_sentence
from tests.scoring.rules.builders import attribute, behaviour, group, rule

NAMES = {key: body["name"] for key, body in RULES.items()}
LABELS = {
    "seniority": "title",
    "seniority:vp": "VP",
    "seniority:c_level": "C-level",
    "webinar": "attends a webinar",
}


def say(kind, key, body, labels=LABELS):
    return plain(clause_sentence(kind, key, body, labels, NAMES))


DEFAULTS = {
    "engagement": "counts up to 80",
    "title": "the best one counts in full",
    "company": "counts up to 30",
    "demo_request": "once, when a person asks for a demo, within 180 days",
    "pricing_page": "each time a person visits a pricing page, at most 2 in 30 days",
    "case_study": "for each case study downloaded, at most 3 in 180 days",
    "blog_subscription": "once, when a person subscribes to the blog, within 365 days",
    "title_senior": "if the title is C-level or VP",
    "title_director": "if the title is director",
    "title_junior": "if the title is intern or student",
    "icp_industry": "if the industry is B2B SaaS or software or IT services",
    "icp": "when the industry is B2B SaaS or software or IT services "
    "and the company size is 50 to 5,000",
    "mql": "when the total is at least 40, with 1 high-intent signal and 1 fit rule",
    "sales_ready": "when the total is at least 100 and in our ICP, with 1 high-intent signal",
    "fast_track": "when in our ICP and (“Asked for a demo” counts or "
    "(the title is C-level or VP and the timeline is within_30_days))",
    "grade": "fit A from 25, B from 10; engagement 1 from 45, 2 from 15",
}


def test_every_default_clause_is_a_sentence():
    said = {one["key"]: say(one["kind"], one["key"], one["body"]) for one in default_clauses()}
    assert said == DEFAULTS


def test_the_blanks_are_what_a_person_may_edit():
    parts = clause_sentence("rule", "pricing_page", RULES["pricing_page"], LABELS, NAMES)
    assert [part.text for part in parts if part.editable] == ["pricing", "2", "30 days"]
    assert parts[0] == Part("each time ")
    gate = clause_sentence("gate", "mql", {"when": GATES["mql"]}, LABELS, NAMES)
    assert [part.text for part in gate if part.editable] == ["40", "1", "1"]


def where(op, value, field="place"):
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (behaviour()["body"], "each time a person does visit"),
        (
            behaviour(kinds=["webinar"], counts="once")["body"],
            "once, when a person attends a webinar",
        ),
        (
            behaviour(kinds=["webinar", "demo_request"], min_count=2)["body"],
            "each time a person attends a webinar or asks for a demo, from 2 times on",
        ),
        (
            behaviour(kinds=["page_view"], where=where("contains", "shop"), max_times=3)["body"],
            "each time a person visits a page where the place contains shop, at most 3",
        ),
        (
            behaviour(counts="once_per_object", within_days=1)["body"],
            "once for each object, when a person does visit, within 1 day",
        ),
        (
            behaviour(decay={"every_days": 7, "percent": "12.5"})["body"],
            "each time a person does visit, losing 12.5 % every 7 days",
        ),
        (
            rule("quiet", "silence", kinds=["page_view", "webinar"], days=90)["body"],
            "when nobody visits a page or attends a webinar for 90 days",
        ),
        (attribute("a", "size", "between", ["1.5", 2000])["body"], "if the size is 1.5 to 2,000"),
        (attribute("a", "asked", "equals", value=True)["body"], "if the asked is yes"),
        (
            attribute("a", "x", "is_known", value=True)["body"]
            | {"when": {"not": {"all": [where("is_known", value=True), where("lt", 5)]}}},
            "if not (the place is known and the place is below 5)",
        ),
    ],
)
def test_rules(body, sentence):
    assert say("rule", "any", body) == sentence


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("total", {"floor": "0", "cap": "200"}, "the total counts up to 200, at least 0"),
        ("total", {}, "the total counts in full"),
        ("group", group(floor="-2.5")["body"], "counts at least −2.5"),
        (
            "checklist",
            {"questions": ["pain", "budget"]},
            "accepting asks the call sheet for: pain, budget",
        ),
        ("mql", {"when": {"fit_at_least": "12.5"}}, "when fit is at least 12.5"),
        ("mql", {"when": {"not": {"engagement_at_least": 5}}}, "when not engagement is at least 5"),
        (
            "mql",
            {"when": {"signals_at_least": {"count": 2, "signal": "interest"}}},
            "when 2 interest signals",
        ),
        (
            "mql",
            {"when": {"signals_at_least": {"count": 1, "signal": "none"}}},
            "when 1 rule without a signal",
        ),
        ("mql", {"when": {"rule_fired": "gone"}}, "when “gone” counts"),
    ],
)
def test_other_clauses(kind, body, sentence):
    kind, key = ("gate", kind) if kind == "mql" else (kind, kind)
    assert say(kind, key, body) == sentence


def test_a_clause_that_cannot_be_read_yet_is_called_by_its_name():
    assert say("rule", "half_done", {"name": "Half done"}) == "Half done"
    assert say("rule", "half_done", None) == "half done"


def test_braces_in_what_people_write_stay_as_they_are():
    body = attribute("a", "title", "equals", "{0} {title} 100 %")["body"]
    assert say("rule", "a", body) == "if the title is {0} {title} 100 %"
    assert set(GROUPS) == {"engagement", "title", "company"}
