"""The default definition, from the founding documents' numbers."""

from copy import deepcopy
from typing import Any

Body = dict[str, Any]


def _group(name: str, dimension: str, combine: str, cap: str | None) -> Body:
    return {"name": name, "dimension": dimension, "combine": combine, "floor": None, "cap": cap}


def _rule(group: str, name: str, points: str, **rest: Any) -> Body:
    common = {"group": group, "name": name, "points": points}
    return {**common, "signal": "none", "disqualifies": False, **rest}


def _fact(group: str, name: str, points: str, field: str, values: list[str]) -> Body:
    when = {"field": field, "op": "in", "value": values}
    return _rule(group, name, points, type="attribute", when=when)


def _activity(name: str, points: str, signal: str, kind: str, **rest: Any) -> Body:
    usual = {"where": None, "counts": "once", "max_times": None, "min_count": None, "decay": None}
    behaviour = {"signal": signal, "type": "behaviour", "kinds": [kind]}
    return _rule("engagement", name, points, **behaviour, **{**usual, **rest})


def _tagged(tag: str) -> Body:
    return {"field": "object_tags", "op": "has", "value": tag}


def _high_intent(count: int) -> Body:
    return {"signals_at_least": {"count": count, "signal": "high_intent"}}


ICP_INDUSTRIES = ["B2B SaaS", "software", "IT services"]
IN_ICP_INDUSTRY = {"field": "industry", "op": "in", "value": ICP_INDUSTRIES}
ICP_SIZE = {"field": "company_size", "op": "between", "value": [50, 5000]}
SENIOR = {"field": "seniority", "op": "in", "value": ["c_level", "vp"]}
SOON = {"field": "timeline", "op": "equals", "value": "within_30_days"}

GROUPS: dict[str, Body] = {
    "engagement": _group("Engagement", "engagement", "sum", "80"),
    "title": _group("Title", "fit", "highest", None),
    "company": _group("Company", "fit", "sum", "30"),
}
RULES: dict[str, Body] = {
    "demo_request": _activity(
        "Asked for a demo", "30", "high_intent", "demo_request", within_days=180
    ),
    "pricing_page": _activity(
        "Visited a pricing page",
        "15",
        "high_intent",
        "page_view",
        where=_tagged("pricing"),
        counts="each",
        within_days=30,
        max_times=2,
    ),
    "case_study": _activity(
        "Read a case study",
        "10",
        "interest",
        "content_download",
        where=_tagged("case study"),
        counts="once_per_object",
        within_days=180,
        max_times=3,
    ),
    "blog_subscription": _activity(
        "Subscribed to the blog",
        "5",
        "none",
        "subscription",
        where=_tagged("blog"),
        within_days=365,
    ),
    "title_senior": _fact("title", "C-level or VP", "20", "seniority", ["c_level", "vp"]),
    "title_director": _fact("title", "Director", "15", "seniority", ["director"]),
    "title_junior": _fact("title", "Intern or Student", "-10", "seniority", ["intern", "student"]),
    "icp_industry": _fact("company", "Industry in our ICP", "10", "industry", ICP_INDUSTRIES),
}
GATES: dict[str, Body] = {
    "mql": {
        "all": [
            {"total_at_least": 40},
            _high_intent(1),
            {"rules_at_least": {"count": 1, "dimension": "fit"}},
        ]
    },
    "sales_ready": {"all": [{"total_at_least": 100}, _high_intent(1), {"icp": True}]},
    "fast_track": {
        "all": [
            {"icp": True},
            {
                "any": [
                    {"rule_fired": "demo_request"},
                    {"all": [{"fact": SENIOR}, {"fact": SOON}]},
                ]
            },
        ]
    },
}
GRADE: Body = {"fit": {"A": "25", "B": "10"}, "engagement": {"1": "45", "2": "15"}}
RATIONALES = {
    "demo_request": "A person who asks for a demo wants to talk.",
    "pricing_page": "Who looks at prices is comparing offers; a third look says nothing new.",
    "case_study": "Each one read is interest, not yet intent.",
    "title_junior": "Interns and students read a lot and seldom buy.",
}


def default_clauses() -> list[dict[str, Any]]:
    """Return the clauses of the default definition, in the order a version lists them."""
    bodies: list[tuple[str, str, Body]] = [
        *(("group", key, body) for key, body in GROUPS.items()),
        *(("rule", key, body) for key, body in RULES.items()),
        ("icp", "icp", {"when": {"all": [IN_ICP_INDUSTRY, ICP_SIZE]}}),
        *(("gate", key, {"when": tree}) for key, tree in GATES.items()),
        ("grade", "grade", GRADE),
    ]
    return [
        {
            "kind": kind,
            "key": key,
            "position": position,
            "body": deepcopy(body),
            "rationale": RATIONALES.get(key, ""),
        }
        for position, (kind, key, body) in enumerate(bodies, start=1)
    ]
