"""The longer answers of ``api_examples``: what scoring says, line by line."""

from typing import Any

LEADS_SCORE: dict[str, Any] = {
    "agreement": "definition",
    "version": 3,
    "as_of": "2026-03-02T10:00:00Z",
    "total": 30,
    "grade": "C2",
    "fit": 0.0,
    "engagement": 30.0,
    "lines": [
        {
            "kind": "factor",
            "text": "Asked for a demo",
            "rule": "demo_request",
            "group": "engagement",
            "points": 30.0,
            "activities": [
                {
                    "id": 81,
                    "kind": "demo_request",
                    "object": "demo",
                    "occurred_at": "2026-03-02T09:00:00Z",
                    "points": 30.0,
                    "decay_steps": 0,
                }
            ],
            "facts": {},
        }
    ],
    "gates": [
        {
            "key": "mql",
            "is_open": False,
            "missing": ["10 points from MQL"],
            "ways": ["demo_request"],
        }
    ],
}
PREVIEW_READ: dict[str, Any] = {
    "version": 4,
    "before": 2,
    "as_of": "2026-03-02T09:00:00Z",
    "leads": 2348,
    "gates": {
        "mql": {"before": 721, "draft": 712, "enters": 0, "leaves": 9},
        "sales_ready": {"before": 29, "draft": 15, "enters": 0, "leaves": 14},
        "fast_track": {"before": 326, "draft": 326, "enters": 0, "leaves": 0},
    },
    "grades": {"A1": {"before": 248, "draft": 144}, "B3": {"before": 734, "draft": 1004}},
    "spread": {"total": {"lowest": -5, "counts": [12, 0, 31]}},
    "by": "source",
    "parts": [{"label": "Webinar", "leads": 406, "gates": {"mql": {"before": 159, "draft": 157}}}],
    "checks": [
        {
            "code": "no_decay",
            "level": "warning",
            "sentence": "“Read a case study” counts for ever.",
        }
    ],
}
