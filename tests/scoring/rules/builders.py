"""Small makers of facts, activities and clauses; give only what the test is about."""

import itertools
from datetime import UTC, datetime, timedelta

from scoring.rules.activities import Activity
from scoring.rules.evaluate import evaluate
from scoring.rules.parse import parse

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_next = itertools.count(1).__next__


def ago(**spans):
    return NOW - timedelta(**spans)


def activity(kind, at=NOW, **given):
    usual = {"id": _next(), "received_at": at}
    if "tag" in given:
        usual |= {"tags": frozenset({given.pop("tag")})}
    return Activity(kind=kind, occurred_at=at, **usual | given)


def pricing(at=NOW, **given):
    return activity("page_view", at, tag="pricing", object_id=given.pop("object_id", 1), **given)


def document(clauses, **given):
    return {"agreement": "definition", "name": "Test", "version": 1, "clauses": clauses} | given


def clause(kind, key, body, position=0):
    return {"kind": kind, "key": key, "position": position, "body": body, "rationale": ""}


def group(key="things", dimension="engagement", combine="sum", floor=None, cap=None, position=0):
    body = {"name": key, "dimension": dimension, "combine": combine, "floor": floor, "cap": cap}
    return clause("group", key, body, position)


def rule(key, type, position=0, **given):
    body = {"group": "things", "name": key, "points": "10", "type": type} | given
    return clause("rule", key, body, position)


def behaviour(key="visits", position=0, **given):
    usual = {"kinds": ["visit"], "where": None, "counts": "each"}
    return rule(key, "behaviour", position, **usual | given)


def attribute(key, field, op, value, position=0, **given):
    when = {"field": field, "op": op, "value": value}
    return rule(key, "attribute", position, when=when, **given)


def gate(key, tree):
    return clause("gate", key, {"when": tree})


def definition(*clauses, **given):
    return parse(document(list(clauses), **given))


def visit(at=NOW, **given):
    return activity("visit", at, **given)


def standing(clauses, activities=(), facts=None, at=NOW):
    return evaluate(definition(*clauses), facts or {}, activities, at)
