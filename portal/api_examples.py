"""One request and answer for each operation of the API, as the schema and its page show them.

A test sends each of the requests: an example that the API refuses fails the build.
"""

from dataclasses import dataclass
from typing import Any

from portal.api_answers import LEADS_SCORE, PREVIEW_READ


@dataclass(frozen=True)
class Example:
    """What is sent (None: nothing) and what comes back."""

    answered: dict[str, Any]
    sent: dict[str, Any] | list[dict[str, Any]] | None = None


LEAD_ID = "5f0c7b1e-6f1f-4f9e-9d3c-0a8a5d1f4a11"
HANDOFF_ID = "b1f4c0f2-38b5-4a3e-8a55-2c7d0b6c9e22"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

LEAD: dict[str, Any] = {
    "id": LEAD_ID,
    "name": "Vera Pohl",
    "email": "vera.pohl@example.com",
    "phone": "",
    "company": "Nordlicht",
    "external_source": "crm",
    "external_id": "4711",
    "source": "Website",
    "campaign": "Spring",
    "stage": "with_sales",
    "owner": None,
    "standing": {
        "total": 60,
        "grade": "A2",
        "fit": 30.0,
        "engagement": 30.0,
        "gates": ["mql", "fast_track"],
        "version": 2,
        "scored_at": "2026-03-02T09:00:01Z",
    },
    "created_at": "2026-03-02T09:00:00Z",
    "recycle_on": None,
    "do_not_email": False,
    "do_not_call": False,
    "updated_at": "2026-03-02T09:00:01Z",
    "merged_into": None,
}
VISITORS: dict[str, Any] = {"month": "2026-03", "source": "Paid search", "visitors": 1200}
SALES_TIME = {"month": "2026-03", "hours": "320.00", "rate": "58.50"}
ALERT: dict[str, Any] = {
    "id": 7,
    "watch": "source_rejected",
    "subject": "source:12",
    "title": "A source is being rejected",
    "says": "Sales rejected 8 of the last 10 leads from Paid search: Wrong industry (6).",
    "todo": "Read the reasons, then mend the campaign behind it, or pause it until you have.",
    "state": "open",
    "team": None,
    "figures": {"source": 12, "name": "Paid search", "rejected": 8, "n": 10},
    "url": "https://portal.example.com/alerts/7/",
    "opened_at": "2026-03-02T09:20:00Z",
    "seen_at": "2026-03-02T11:20:00Z",
    "closed_at": None,
    "snoozed_until": None,
}
HANDOFF: dict[str, Any] = {
    "id": HANDOFF_ID,
    "lead": LEAD_ID,
    "origin": "live",
    "cause": "fast_track",
    "words": "",
    "made_at": "2026-03-02T09:00:01Z",
    "source": "Website",
    "campaign": "Spring",
    "team": "Inbound",
    "owner": "sam.ortiz@example.com",
    "routed_at": "2026-03-02T09:00:01Z",
    "total": 60,
    "grade": "A2",
    "checklist": [],
    "due_at": "2026-03-02T13:00:01Z",
    "first_touch_at": None,
    "is_decided": False,
    "outcome": "",
    "decided_at": None,
    "updated_at": "2026-03-02T09:00:01Z",
}
EVIDENCE: dict[str, Any] = {
    "kind": "frozen",
    "agreement": "definition",
    "version": 2,
    "as_of": "2026-03-02T09:00:01Z",
    "total": 60,
    "grade": "A2",
    "fit": 30.0,
    "engagement": 30.0,
    "gates": ["mql", "fast_track"],
    "document": {"rules": ["demo-request"], "facts": {"industry": "B2B SaaS"}, "icp": True},
}
VERSION: dict[str, Any] = {
    "agreement": "definition",
    "kind": "definition",
    "name": "Qualified lead",
    "number": 2,
    "state": "signed",
    "is_in_force": True,
    "note": "Pricing visits count half",
    "sha256": SHA256,
    "proposed_at": "2026-02-02T10:00:00Z",
    "effective_from": "2026-02-03T08:00:00Z",
}
ACTIVITY: dict[str, Any] = {
    "kind": "page_view",
    "occurred_at": "2026-03-02T09:05:00Z",
    "external_id": "view-1001",
    "lead_email": "vera.pohl@example.com",
    "object": {"kind": "page", "key": "/pricing", "title": "Pricing"},
    "properties": {"duration_s": 42},
}


def page(row: dict[str, Any]) -> dict[str, Any]:
    return {"next": None, "previous": None, "results": [row]}


EXAMPLES: dict[str, Example] = {
    "leads_list": Example(page(LEAD)),
    "leads_read": Example(LEAD | {"facts": {"title": "VP Revenue Operations"}}),
    "leads_score": Example(LEADS_SCORE),
    "leads_send": Example(
        {
            "id": LEAD_ID,
            "is_new": True,
            "stage": "with_sales",
            "total": 60,
            "grade": "A2",
            "gates": ["mql", "fast_track"],
            "handoff": HANDOFF_ID,
        },
        {
            "email": "vera.pohl@example.com",
            "name": "Vera Pohl",
            "company": "Nordlicht",
            "external_source": "crm",
            "external_id": "4711",
            "source": "Website",
            "campaign": "Spring",
            "facts": {"title": "VP Revenue Operations", "company_size": 300},
            "activity": {"kind": "demo_request", "object": {"kind": "form", "key": "demo"}},
            "consent": {"text": "You may write to me about this request.", "version": 1},
        },
    ),
    "activities_send": Example({"status": "recorded", "id": 90211}, ACTIVITY),
    "activities_send_batch": Example(
        {
            "recorded": 1,
            "duplicates": 0,
            "errors": 1,
            "results": [
                {"status": "recorded", "id": 90212},
                {"status": "error", "errors": {"lead": ["There is no such lead. Send it first."]}},
            ],
        },
        {
            "external_source": "web",
            "activities": [
                ACTIVITY,
                ACTIVITY | {"external_id": "view-1002", "lead_email": "nobody@example.com"},
            ],
        },
    ),
    "handoffs_list": Example(page(HANDOFF)),
    "handoffs_read": Example(HANDOFF | {"evidence": EVIDENCE}),
    "handoffs_decide": Example(
        {
            "handoff": HANDOFF_ID,
            "outcome": "rejected",
            "reason": "no_budget",
            "note": "Budget comes in autumn.",
            "recycle_on": "2026-09-01",
            "wrong_rules": None,
            "decided_by": "sam.ortiz@example.com",
            "decided_at": "2026-03-02T10:12:00Z",
            "stage": "recycled",
        },
        {"outcome": "rejected", "reason": "no_budget", "note": "Budget comes in autumn."},
    ),
    "backtest_read": Example(
        {
            "version": 3,
            "revision": 2,
            "base": 2,
            "is_stale": False,
            "sha256": SHA256,
            "since": "2025-12-02T09:00:00Z",
            "until": "2026-03-02T09:00:00Z",
            "finished_at": "2026-03-02T09:00:06Z",
            "took_ms": 4120,
            "summary": {
                "sides": {
                    "base": {"handoffs": 331, "decided": 268, "accepted": 132, "unseen": 1},
                    "draft": {"handoffs": 328, "decided": 266, "accepted": 132, "unseen": 0},
                },
                "moved": {"missed": 0, "missed_won": 0, "spared": 2, "new": 0, "gone": 3},
            },
        }
    ),
    "visitors_list": Example(page(VISITORS)),
    "visitors_send": Example({"kept": 2}, [VISITORS, VISITORS | {"source": None}]),
    "sales_time_list": Example(page(SALES_TIME | {"currency": "EUR"})),
    "sales_time_send": Example({"kept": 1}, [SALES_TIME]),
    "alerts_list": Example(page(ALERT)),
    "versions_list": Example(page(VERSION)),
    "versions_import": Example(
        VERSION
        | {
            "number": 4,
            "state": "draft",
            "is_in_force": False,
            "note": "From our spreadsheet.",
            "sha256": "",
            "proposed_at": None,
            "effective_from": None,
        },
        {
            "format": "alignment-agreement",
            "edition": 1,
            "kind": "definition",
            "name": "Qualified lead",
            "note": "From our spreadsheet.",
            "clauses": [
                {
                    "key": "engagement",
                    "kind": "group",
                    "position": 1,
                    "rationale": "",
                    "body": {
                        "name": "Engagement",
                        "dimension": "engagement",
                        "combine": "sum",
                        "floor": None,
                        "cap": "80",
                    },
                },
                {
                    "key": "demo",
                    "kind": "rule",
                    "position": 2,
                    "rationale": "Who asks for a demo wants to talk.",
                    "body": {
                        "name": "Asked for a demo",
                        "group": "engagement",
                        "points": "30",
                        "type": "behaviour",
                        "kinds": ["demo_request"],
                        "counts": "once",
                        "within_days": 180,
                        "signal": "high_intent",
                    },
                },
            ],
        },
    ),
    "preview_read": Example(PREVIEW_READ),
    "versions_read": Example(
        VERSION
        | {
            "signed_text": '{"agreement":"definition", ...}',
            "signatures": [
                {
                    "side": "marketing",
                    "signer": "Mara Lind",
                    "role": "marketing_lead",
                    "sha256": SHA256,
                    "at": "2026-02-03T07:58:00Z",
                    "voided_at": None,
                }
            ],
            "problems": [],
        }
    ),
}
