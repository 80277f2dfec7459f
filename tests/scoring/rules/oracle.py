"""A second meaning of a score, written from the sentences alone: slow, plain, exact.

Shares no code with the product: it reads the JSON document, plain tuples and Fractions.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from math import floor


def number(value):
    return None if value is None else Fraction(str(value))


def whole(at):
    return at.replace(microsecond=0)


def plain(text):
    return text.strip().casefold()


def numeric(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def day(value):
    """The day that a text such as 2026-01-31 names; None for everything else."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) != 10 or not text.isascii():
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").toordinal()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        return None


def same(value, given):
    if isinstance(value, str) and isinstance(given, str):
        return plain(value) == plain(given)
    if isinstance(value, bool) or isinstance(given, bool):
        return value is given
    if numeric(value):
        try:
            return number(value) == number(given)
        except ValueError:
            return False
    return False


def stands_alone(text, word):
    for start in range(len(text) - len(word) + 1):
        if text[start : start + len(word)] != word:
            continue
        before = text[start - 1] if start else " "
        after = text[start + len(word)] if start + len(word) < len(text) else " "
        if not before.isalnum() and not after.isalnum():
            return True
    return False


def compare(op, value, given):  # noqa: C901, PLR0911 (one line for each sentence)
    if value is None:
        return False
    if op == "is_known":
        return True
    if op == "equals":
        return same(value, given)
    if op == "not_equals":
        return not same(value, given)
    if op == "in":
        return any(same(value, one) for one in given)
    if op == "not_in":
        return all(not same(value, one) for one in given)
    if op == "has":
        return plain(given) in {plain(tag) for tag in value}
    if op == "contains":
        return isinstance(value, str) and plain(given) in plain(value)
    if op == "starts_with":
        return isinstance(value, str) and plain(value)[: len(plain(given))] == plain(given)
    if op == "contains_word":
        return isinstance(value, str) and stands_alone(plain(value), plain(given))
    return in_order(op, value, given if op == "between" else [given])


def in_order(op, value, ends):
    read = number if numeric(value) else day
    if numeric(value) and any(day(one) is not None for one in ends):
        return False
    value, ends = read(value), [read(one) for one in ends]
    if None in (value, *ends):
        return False
    if op == "between":
        return ends[0] <= value <= ends[1]
    (end,) = ends
    return {"gt": value > end, "gte": value >= end, "lt": value < end, "lte": value <= end}[op]


def condition(tree, values):
    if "all" in tree:
        return False not in [condition(one, values) for one in tree["all"]]
    if "any" in tree:
        return True in [condition(one, values) for one in tree["any"]]
    if "not" in tree:
        return not condition(tree["not"], values)
    return compare(tree["op"], values.get(tree["field"]), tree["value"])


def seen_values(one):
    values = dict(one.properties)
    values["object"] = one.object_text
    values["object_tags"] = one.tags
    return values


def seen(activities, as_of):
    return [
        one
        for one in activities
        if whole(one.occurred_at) <= as_of and whole(one.received_at) <= as_of and not one.is_bot
    ]


def met(body, activities, as_of):
    """The activities of a behaviour's kinds, window and condition."""
    found = []
    for one in seen(activities, as_of):
        if one.kind not in body["kinds"]:
            continue
        window = body.get("within_days")
        if window is not None and whole(one.occurred_at) <= as_of - timedelta(days=window):
            continue
        if body.get("where") is not None and not condition(body["where"], seen_values(one)):
            continue
        found.append(one)
    return found


def worth(body, one, as_of):
    points = number(body["points"])
    if body.get("decay"):
        step = timedelta(days=body["decay"]["every_days"])
        k = floor(
            Fraction(
                int((as_of - whole(one.occurred_at)).total_seconds()), int(step.total_seconds())
            )
        )
        left = points * (1 - number(body["decay"]["percent"]) / 100) ** k
        return Fraction(floor(left * 100 + Fraction(1, 2)), 100)
    return points


def rule_points(body, facts, activities, as_of):  # noqa: C901 (read beside the text)
    """The points of a fired rule as a Fraction, or None when it has not fired."""
    if body["type"] == "attribute":
        return number(body["points"]) if condition(body["when"], facts) else None
    if body["type"] == "silence":
        since = as_of - timedelta(days=body["days"])
        for one in seen(activities, as_of):
            if one.kind in body["kinds"] and whole(one.occurred_at) > since:
                return None
        return number(body["points"])
    found = sorted(
        met(body, activities, as_of), key=lambda one: whole(one.occurred_at), reverse=True
    )
    if body["counts"] == "once_per_object":
        objects, kept = set(), []
        for one in found:
            if one.object_id is not None and one.object_id not in objects:
                objects.add(one.object_id)
                kept.append(one)
        found = kept
    if not found or len(found) < (body.get("min_count") or 0):
        return None
    if body["counts"] == "once":
        found = found[:1]
    if body.get("max_times") is not None:
        found = found[: body["max_times"]]
    return sum((worth(body, one, as_of) for one in found), Fraction(0))


def limit(value, body):
    if body.get("floor") is not None:
        value = max(value, number(body["floor"]))
    if body.get("cap") is not None:
        value = min(value, number(body["cap"]))
    return value


def gate(tree, world):  # noqa: C901, PLR0911 (one line for each sentence)
    (name, asked), *_ = tree.items()
    if name == "all":
        return all(gate(one, world) for one in asked)
    if name == "any":
        return any(gate(one, world) for one in asked)
    if name == "not":
        return not gate(asked, world)
    if name == "total_at_least":
        return world["total"] >= number(asked)
    if name == "fit_at_least":
        return world["fit"] >= number(asked)
    if name == "engagement_at_least":
        return world["engagement"] >= number(asked)
    if name == "rule_fired":
        return asked in world["fired"]
    if name == "icp":
        return world["icp"]
    if name == "fact":
        return condition(asked, world["facts"])
    rules = [world["rules"][key] for key in world["fired"]]
    if name == "signals_at_least":
        return (
            len([r for r in rules if r.get("signal", "none") == asked["signal"]]) >= asked["count"]
        )
    assert name == "rules_at_least"
    of = [r for r in rules if world["groups"][r["group"]]["dimension"] == asked["dimension"]]
    return len([r for r in of if number(r["points"]) > 0]) >= asked["count"]


def score(document, facts, activities, as_of):
    as_of = whole(as_of)
    clauses = sorted(document["clauses"], key=lambda one: one["position"])
    bodies = {}
    for one in clauses:
        bodies.setdefault(one["kind"], {})[one["key"]] = one["body"]
    groups, rules = bodies.get("group", {}), bodies.get("rule", {})
    ordered = [key for group in groups for key in rules if rules[key]["group"] == group]
    points = {key: rule_points(rules[key], facts, activities, as_of) for key in ordered}
    fired = [key for key in ordered if points[key] is not None]
    sums = {"fit": Fraction(0), "engagement": Fraction(0)}
    for key, body in groups.items():
        mine = [points[one] for one in fired if rules[one]["group"] == key]
        if body["combine"] == "sum":
            value = sum(mine, Fraction(0))
        else:
            value = max(mine, default=Fraction(0))
        sums[body["dimension"]] += limit(value, body)
    total = floor(
        limit(sums["fit"] + sums["engagement"], bodies.get("total", {}).get("total", {}))
        + Fraction(1, 2)
    )
    icp = "icp" in bodies and condition(bodies["icp"]["icp"]["when"], facts)
    world = {
        "total": total,
        "fired": fired,
        "icp": icp,
        "facts": facts,
        "rules": rules,
        "groups": groups,
    }
    world.update(sums)
    closed = any(rules[key].get("disqualifies") for key in fired)
    gates = {
        key: key in bodies.get("gate", {})
        and not closed
        and gate(bodies["gate"][key]["when"], world)
        for key in ("mql", "sales_ready", "fast_track")
    }
    grade = ""
    if "grade" in bodies:
        cuts = bodies["grade"]["grade"]
        fit, engagement = sums["fit"], sums["engagement"]
        letters = [one for one in "AB" if fit >= number(cuts["fit"][one])] + ["C"]
        digits = [one for one in "12" if engagement >= number(cuts["engagement"][one])] + ["3"]
        grade = letters[0] + digits[0]
    return {
        "fit": sums["fit"] * 100,
        "engagement": sums["engagement"] * 100,
        "total": total,
        "grade": grade,
        "icp": icp,
        "disqualified": closed,
        "fired": sum(2 ** ordered.index(key) for key in fired),
        **gates,
    }
