"""Leads with histories: ten activities each (Zipf), 12 kinds, two years, 18,000 titles, 30 rules.

Everything depends on the number of leads alone. Rows are written past the services.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from benchmarks.company import SEED, store_people
from benchmarks.rows import Row, analyse, naive, store, uuid_of
from leads.activities.models import Activity, TrackedObject
from leads.database.models import FactSnapshot, FactText, Lead, StageChange, Standing
from portal.accounts.models import Role, User
from portal.agreements.models import Agreement, Version
from portal.agreements.services import propose, sign, start_draft
from portal.events.bells import held

DAYS = 730
KINDS = (1, 2, 3, 6, 7, 8, 9, 12, 13, 16, 17, 18)
NAMES = {
    1: "page_view", 2: "form_submitted", 3: "demo_request", 6: "content_download",
    7: "subscription", 8: "webinar_registered", 9: "webinar_attended", 12: "email_opened",
    13: "email_clicked", 16: "trial_started", 17: "product_used", 18: "video_watched",
}  # fmt: skip
TAGS = ("pricing", "case study", "blog", "docs", "careers")
OBJECTS = 2_000
WORDS = ("vp", "director", "head", "manager", "engineer", "founder", "student", "sales")
INDUSTRIES = ("software", "IT services", "B2B SaaS", "retail", "banking", "health", "media")
TITLES = 18_000
FIRST_TITLE, FIRST_INDUSTRY = 100, TITLES + 100  # their ids


def rules() -> list[dict[str, Any]]:
    """Return 30 rules as clauses' bodies: 21 of what leads do, 9 of what they are."""
    found = []
    for n in range(21):
        kind = NAMES[KINDS[n % len(KINDS)]]
        where = {"field": "object_tags", "op": "has", "value": TAGS[n % 5]} if n % 3 else None
        found.append({
            "group": "doing", "points": str(3 + n % 9), "type": "behaviour", "kinds": [kind],
            "where": where, "counts": "each", "within_days": (14, 30, 90, 180)[n % 4],
            "max_times": 1 + n % 4, "signal": "high_intent" if n % 5 == 1 else "none",
        })  # fmt: skip
    for n in range(9):
        when: dict[str, Any] = {
            "field": "title",
            "op": "contains_word",
            "value": WORDS[n % len(WORDS)],
        }
        if n == 7:
            when = {"field": "industry", "op": "in", "value": list(INDUSTRIES[:3])}
        elif n == 8:
            when = {"field": "company_size", "op": "between", "value": [50, 5000]}
        found.append({"group": "being", "points": str(2 + n), "type": "attribute", "when": when})
    return found


def clauses(limit: int = 45, *, opens: bool = True, more_points: int = 0) -> list[dict[str, Any]]:
    """Return a definition's clauses; ``limit`` is what sales-ready asks for.

    With ``opens`` false nobody meets a gate. ``more_points`` go to each rule of what leads are.
    """
    group = {"combine": "sum", "floor": None, "cap": None}
    never: list[dict[str, Any]] = (
        [] if opens else [{"fact": {"field": "country", "op": "equals", "value": "Nowhere"}}]
    )
    scored = rules()
    for one in scored[21:]:
        one["points"] = str(int(one["points"]) + more_points)
    bodies = [
        ("group", "doing", {"name": "Doing", "dimension": "engagement", **group}),
        ("group", "being", {"name": "Being", "dimension": "fit", **group}),
        *(("rule", f"rule_{n}", {"name": f"Rule {n}"} | body) for n, body in enumerate(scored)),
        ("gate", "mql", {"when": {"all": [{"total_at_least": limit - 15}, *never]}}),
        ("gate", "sales_ready", {"when": {"all": [
            {"total_at_least": limit}, {"signals_at_least": {"count": 1, "signal": "high_intent"}},
            *never,
        ]}}),
    ]  # fmt: skip
    return [
        {"kind": kind, "key": key, "position": n, "body": body, "rationale": ""}
        for n, (kind, key, body) in enumerate(bodies)
    ]


def sign_definition(limit: int, at: datetime, **wishes: Any) -> Version:
    """Sign a definition by both sides, in force from ``at``; ``wishes`` as in ``clauses``."""
    marketing = User.objects.get(role=Role.MARKETING_LEAD)
    sales = User.objects.filter(role=Role.SALES_LEAD).earliest("pk")
    with held():
        agreement = Agreement.objects.get(slug="definition")
        draft = start_draft(
            agreement=agreement, by=marketing, at=at, clauses=clauses(limit, **wishes)
        )
        version = propose(version=draft, by=marketing, at=at)
        for signer in (marketing, sales):
            sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version


def fill(leads: int) -> None:
    """Fill the database of this process, which must hold no lead."""
    now = timezone.now().replace(microsecond=0)
    store_people(now - timedelta(days=DAYS))
    random = np.random.default_rng(SEED)
    stamp = naive(now)
    begin = stamp - timedelta(days=DAYS)
    store_leads(leads, "known", since=begin, recorded=stamp)
    store(Standing, "lead_id stage", ((n, "known") for n in range(1, leads + 1)))
    store_words()
    titles = (TITLES * random.random(leads) ** 2).astype(int) + FIRST_TITLE
    industries = random.integers(0, len(INDUSTRIES), leads) + FIRST_INDUSTRY
    sizes = (10 ** random.uniform(0, 5, leads)).astype(int)
    columns = (titles, industries, sizes)
    store(FactSnapshot, "lead_id known_from recorded_at set_by title industry company_size", (
        (n + 1, begin, stamp - timedelta(days=1), 3, *facts)
        for n, facts in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    ))  # fmt: skip
    store(Activity, "lead_id kind object_id occurred_at received_at recorded_at source external_id",
          _activities(random, leads, stamp))  # fmt: skip
    sign_definition(45, now - timedelta(days=1))
    analyse()


def store_words() -> None:
    """Write the texts that titles and industries are ids of, and the pages with their tags."""
    texts = [f"{WORDS[n % 8]} of area {n}" if n % 5 else f"area {n}" for n in range(TITLES)]
    store(FactText, "id text", [(n + FIRST_TITLE, text) for n, text in enumerate(texts)]
          + [(n + FIRST_INDUSTRY, text) for n, text in enumerate(INDUSTRIES)])  # fmt: skip
    store(TrackedObject, "id kind key tags", (
        (n + 1, "page", f"/page/{n}", f'["{TAGS[n % 5]}"]' if n % 4 == 0 else "[]")
        for n in range(OBJECTS)
    ))  # fmt: skip


def store_leads(count: int, stage: str, *, since: datetime, recorded: datetime) -> None:
    """Write leads 1 to ``count``, in one stage ever since they became known."""
    store(Lead, "id public_id name email email_key external_source external_id stage created_at"
          " recorded_at", (
        (n, uuid_of(2, n), f"Lead {n}", "", "", "crm", str(n), stage, since, recorded)
        for n in range(1, count + 1)
    ))  # fmt: skip
    store(StageChange, "lead_id stage entered_at",
          ((n, stage, since) for n in range(1, count + 1)))  # fmt: skip


def _activities(random: np.random.Generator, leads: int, stamp: datetime) -> Iterator[Row]:
    size, written = 100_000, 0
    while written < 10 * leads:
        count = min(size, 10 * leads - written)
        lead = (leads * random.random(count) ** 3).astype(int) + 1
        kind = np.array(KINDS)[(len(KINDS) * random.random(count) ** 2).astype(int)]
        about = (OBJECTS * random.random(count) ** 2).astype(int) + 1
        age = random.integers(60, DAYS * 86_400, count)
        rows = zip(lead.tolist(), kind.tolist(), about.tolist(), age.tolist(), strict=True)
        for n, (one, code, thing, seconds) in enumerate(rows, written):
            at = stamp - timedelta(seconds=seconds)
            yield (one, code, thing, at, at, at, "bench", str(n))
        written += count


def main(leads: str) -> None:
    began = perf_counter()
    fill(int(leads))
    print(
        f"Filled {connection.display_name} with {int(leads):,} leads and"
        f" {Activity.objects.count():,} activities in {perf_counter() - began:.0f} s",
        flush=True,
    )
