"""Decided handoffs with frozen evidence under a signed definition of 30 rules: what learning reads.

Rules fire on 10 to 60 % of the handoffs; four of them lower acceptance. Everything depends on
the number of handoffs alone. Rows are written past the services.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from benchmarks.company import SEED, store_people, store_sources
from benchmarks.histories import INDUSTRIES, sign_definition, store_leads
from benchmarks.rows import Row, analyse, naive, store, uuid_of
from leads.database.models import FactSnapshot, FactText, Opportunity, Source
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from scoring.engine.models import Evidence

RULES = 30
HARMFUL = (3, 11, 19, 27)  # places of rules that halve the odds of being accepted
DAYS = 85  # all within the period that a page shows first
GATE = 100
OCCUPATIONS = ("employee", "founder", "freelancer", "student", "partner")
FIRST_TEXT = 500_000


def fill(handoffs: int) -> None:
    """Fill the database of this process, which must hold no lead."""
    now = timezone.now().replace(microsecond=0)
    store_people(now - timedelta(days=2 * DAYS))
    store_sources()
    version = sign_definition(GATE, now - timedelta(days=DAYS + 1))
    random = np.random.default_rng(SEED)
    stamp = naive(now)
    begin = stamp - timedelta(days=2 * DAYS)
    store_leads(handoffs, "sql", since=begin, recorded=stamp)
    texts = [*INDUSTRIES, *OCCUPATIONS]
    store(FactText, "id text", [(FIRST_TEXT + n, text) for n, text in enumerate(texts)])
    industry = FIRST_TEXT + random.integers(0, len(INDUSTRIES), handoffs)
    occupation = FIRST_TEXT + len(INDUSTRIES) + random.integers(0, len(OCCUPATIONS), handoffs)
    store(FactSnapshot, "lead_id known_from recorded_at set_by industry occupation company_size", (
        (n + 1, begin, stamp, 3, one, other, 10 * (n % 300))
        for n, (one, other) in enumerate(zip(industry.tolist(), occupation.tolist(), strict=True))
    ))  # fmt: skip
    ids = list(_handoffs(random, handoffs, stamp, version.pk))
    print(f"Wrote {len(ids):,} decided handoffs", flush=True)
    analyse()


def _handoffs(
    random: np.random.Generator, handoffs: int, stamp: datetime, version: int
) -> Iterator[int]:
    """Write handoffs, evidence, dispositions and what became of the accepted ones."""
    fired = random.random((handoffs, RULES)) < np.linspace(0.12, 0.58, RULES)
    log_odds = -0.1 - np.log(2) * fired[:, HARMFUL].sum(axis=1)
    accepted = random.random(handoffs) < 1 / (1 + np.exp(-log_odds))
    bits = (fired * (1 << np.arange(RULES, dtype=np.int64))).sum(axis=1)
    total = GATE + (random.exponential(12, handoffs)).astype(int)
    single = bits & np.where(total < GATE + 6, -1, 0)  # the weak ones needed every rule
    reasons = list(Reason.objects.filter(effect="recycle").values_list("code", flat=True))
    sources = list(Source.objects.values_list("pk", flat=True))
    sdrs = list(User.objects.filter(role=Role.SDR).values_list("pk", flat=True))
    ages = random.integers(3600, DAYS * 86_400, handoffs).tolist()
    columns = (accepted.tolist(), bits.tolist(), total.tolist(), single.tolist(), ages)
    rows = list(zip(range(1, handoffs + 1), *columns, strict=True))
    store(Handoff, "id public_id lead_id origin cause made_at source_id owner_id total rank grade"
          " is_decided decided_at outcome", (
        (n, uuid_of(3, n), n, "live", "sales_ready", stamp - timedelta(seconds=age + 3000),
         sources[n % len(sources)], sdrs[n % len(sdrs)], points, points, "A1", True,
         stamp - timedelta(seconds=age), "accepted" if yes else "rejected")
        for n, yes, _fired, points, _needed, age in rows
    ))  # fmt: skip
    store(Evidence, "handoff_id kind version_id as_of fit engagement total grade gates fired"
          " needed document", (_evidence(row, stamp, version) for row in rows))  # fmt: skip
    store(Disposition, "handoff_id origin outcome reason_id decided_by_id decided_at wrong_rules", (
        (n, "live", "accepted" if yes else "rejected",
         None if yes else reasons[n * n % len(reasons)], sdrs[n % len(sdrs)],
         stamp - timedelta(seconds=age), None if yes or n % 5 else json.dumps([f"rule_{n % 30}"]))
        for n, yes, _fired, _total, _needed, age in rows
    ))  # fmt: skip
    store(Opportunity, "handoff_id lead_id outcome opened_at", (
        (n, n, "won" if n % 4 == 0 else "open", stamp) for n, yes, *_rest in rows if yes
    ))  # fmt: skip
    yield from (row[0] for row in rows)


def _evidence(row: Any, stamp: datetime, version: int) -> Row:
    n, _yes, bits, total, single, age = row
    keys = [f"rule_{place}" for place in range(RULES) if bits >> place & 1]
    lines = [
        {"kind": "factor", "label": key, "points": 1000, "worth": 1000, "rule": key} for key in keys
    ]
    document = {"lines": lines, "rules": keys, "activities": [],
                "facts": {"industry": "software", "title": f"area {n}"}, "icp": True}  # fmt: skip
    as_of = stamp - timedelta(seconds=age + 3000)
    grade = f"{'ABC'[n % 3]}{1 + n % 2}"
    return (n, "frozen", version, as_of, 5000, total * 100 - 5000, total, grade, 3, bits, single,
            json.dumps(document))  # fmt: skip


def main(handoffs: str) -> None:
    began = perf_counter()
    fill(int(handoffs))
    print(f"Filled {connection.display_name} in {perf_counter() - began:.0f} s", flush=True)
