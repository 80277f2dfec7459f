"""A form of a clause that nobody touched says what the clause says, whatever its shape."""

import pytest
from django.http import QueryDict

from portal.agreements.forms import OpenClause
from portal.agreements.registry import pages_of
from scoring.rules.defaults import default_clauses
from tests.scoring.workshop.filled import fields_of

DEFAULTS = default_clauses()
DEEP = {"field": "industry", "op": "in", "value": ["software"]}


def form_of(clause: dict, data: dict[str, str] | None = None):
    opened = OpenClause(clause["kind"], clause["key"], clause["body"], "", 1, DEFAULTS)
    posted = None
    if data is not None:
        posted = QueryDict(mutable=True)
        for name, value in data.items():
            posted.setlist(name, value if isinstance(value, list) else [value])
    return pages_of("definition").forms[clause["kind"]](posted, opened=opened)


SILENCE = {
    "kind": "rule",
    "key": "quiet",
    "body": {
        "group": "engagement", "name": "Silent", "points": "-10", "signal": "none",
        "disqualifies": False, "type": "silence", "kinds": ["page_view", "chat"], "days": 90,
    },
}  # fmt: skip
NEGATED = {
    "kind": "icp",
    "key": "icp",
    "body": {"when": {"any": [{"not": DEEP}, {"field": "title", "op": "is_known", "value": True}]}},
}
NESTED = {
    "kind": "icp",
    "key": "icp",
    "body": {"when": {"not": {"all": [DEEP, {"any": [DEEP, {"not": DEEP}]}]}}},
}
REST = [
    {"kind": "total", "key": "total", "body": {"floor": "0", "cap": "120.5"}},
    {"kind": "checklist", "key": "checklist", "body": {"questions": ["pain", "timeline"]}},
]


@pytest.mark.parametrize(
    "clause",
    [*DEFAULTS, SILENCE, NEGATED, NESTED, *REST],
    ids=lambda clause: f"{clause['kind']}-{clause['key']}",
)
def test_a_form_that_nobody_touched_says_the_same(clause) -> None:
    form = form_of(clause, fields_of(form_of(clause)))
    assert form.is_valid(), form.errors
    assert form.make_body() == clause["body"]
