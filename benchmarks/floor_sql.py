"""The floor of scoring: one SQL statement that reads every lead once and writes nothing.

Written by hand for the rules of ``histories``. ``pruned`` reads only activities that some rule
can count and matches texts once for each distinct one; without it, the plain way.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from benchmarks.histories import KINDS, NAMES, rules
from benchmarks.timing import ask

CODES = {NAMES[code]: code for code in KINDS}


def totals(at: datetime, *, pruned: bool) -> tuple[int, int]:
    """Return how many leads there are and the sum of all their points."""
    (row,) = ask(statement(at, pruned=pruned))
    return int(row[0]), int(row[1])


def statement(at: datetime, *, pruned: bool) -> str:
    doing = [one for one in rules() if one["type"] == "behaviour"]
    being = [one for one in rules() if one["type"] == "attribute"]
    counts = ",\n".join(
        f"count(CASE WHEN {_counts(one, at)} THEN 1 END) AS c{n}" for n, one in enumerate(doing)
    )
    points = " + ".join(
        f"CASE WHEN c{n} > {one['max_times']} THEN {one['max_times']} ELSE coalesce(c{n}, 0) END"
        f" * {one['points']}"
        for n, one in enumerate(doing)
    )
    fits = " + ".join(
        f"CASE WHEN {_fits(one['when'], pruned=pruned)} THEN {one['points']} ELSE 0 END"
        for one in being
    )
    oldest = max(one["within_days"] for one in doing)
    kinds = ", ".join(str(CODES[one["kinds"][0]]) for one in doing)
    only = f"AND a.kind IN ({kinds}) AND a.occurred_at > {_ago(at, oldest)}" if pruned else ""
    join = (
        ""
        if pruned
        else "LEFT JOIN leads_facttext t ON t.id = s.title"
        " LEFT JOIN leads_facttext i ON i.id = s.industry"
    )
    return f"""
        WITH tagged AS ({_tagged()}),
        done AS (
            SELECT a.lead_id, {counts}
            FROM leads_activity a LEFT JOIN tagged g ON g.id = a.object_id
            WHERE NOT a.is_bot AND a.occurred_at <= {_ago(at, 0)}
            AND a.received_at <= {_ago(at, 0)} {only} GROUP BY a.lead_id
        ),
        known AS ({_latest(at)})
        SELECT count(*), sum({points} + {fits})
        FROM leads_standing l LEFT JOIN done d ON d.lead_id = l.lead_id
        LEFT JOIN known s ON s.lead_id = l.lead_id {join}
    """  # noqa: S608 - a benchmark's own words


def _counts(rule: dict[str, Any], at: datetime) -> str:
    test = f"a.kind = {CODES[rule['kinds'][0]]} AND a.occurred_at > {_ago(at, rule['within_days'])}"
    return test + (f" AND g.tag = '{rule['where']['value']}'" if rule["where"] else "")


def _ago(at: datetime, days: int) -> str:
    text = f"{at:%Y-%m-%d %H:%M:%S}"
    if connection.vendor == "postgresql":
        return f"(timestamptz '{text}+00' - interval '{days} days')"
    return f"datetime('{text}', '-{days} days')"


def _tagged() -> str:
    first = "tags ->> 0" if connection.vendor == "postgresql" else "tags ->> '$[0]'"
    return f"SELECT id, {first} AS tag FROM leads_trackedobject"  # noqa: S608


def _latest(at: datetime) -> str:
    columns = "title, industry, company_size"
    known = f"known_from <= {_ago(at, 0)}"
    if connection.vendor == "postgresql":
        return (
            f"SELECT DISTINCT ON (lead_id) lead_id, {columns} FROM leads_factsnapshot"  # noqa: S608
            f" WHERE {known} ORDER BY lead_id, known_from DESC, id DESC"
        )
    return (
        f"SELECT lead_id, {columns}, max(known_from) FROM leads_factsnapshot"  # noqa: S608
        f" WHERE {known} GROUP BY lead_id"
    )


def _fits(when: dict[str, Any], *, pruned: bool) -> str:
    if when["op"] == "between":
        return f"s.company_size BETWEEN {when['value'][0]} AND {when['value'][1]}"
    if when["op"] == "in":
        given = ", ".join(f"'{one.lower()}'" for one in when["value"])
        if pruned:
            return f"s.industry IN (SELECT id FROM leads_facttext WHERE lower(text) IN ({given}))"  # noqa: S608
        return f"lower(i.text) IN ({given})"
    like = f"LIKE '% {when['value']} %'"
    if pruned:
        texts = f"SELECT id FROM leads_facttext WHERE ' ' || lower(text) || ' ' {like}"  # noqa: S608
        return f"s.title IN ({texts})"
    return f"' ' || lower(t.text) || ' ' {like}"
