"""What the catalogue of components shows of leads and evidence: invented people, no query."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

HASH = "9f3c71e0" + "ab" * 26 + "4ab2"
REASONS = (
    "Wrong industry",
    "Too small or large",
    "Not a decision-maker",
    "Bad timing",
    "Just exploring",
    "No need we solve",
    "Unresponsive",
    "Wrong contact data",
    "Spam or test",
    "Other, in words",
)


def _line(points: int, rule: str, evidence: str, when: str, *, hot: bool = False) -> dict[str, Any]:
    return {
        "points": points * 100,
        "rule": rule,
        "evidence": evidence,
        "date_words": when,
        "high_intent": hot,
    }


def _clocks(now: datetime) -> list[dict[str, Any]]:
    soon, later = now + timedelta(minutes=56), now + timedelta(minutes=160)
    return [
        {"state": "on_time", "words": "2 h 40 left", "due": later, "left": 9600, "share": 0.66},
        {"state": "at_risk", "words": "56 min left", "due": soon, "left": 3360, "share": 0.1},
        {
            "state": "breached",
            "words": "38 min over",
            "due": now - timedelta(minutes=38),
            "left": -2280,
        },
        {"state": "met", "words": "met in 7 of 15 min", "due": now},
        {"state": "met_late", "words": "met 1 h 47 late", "due": now},
        {"state": "paused", "words": "paused, wrong number", "due": now},
        {"state": "excused", "words": "excused: sick day", "due": now},
        {"state": "ended", "words": "ended with the disposition", "due": now},
    ]


def _months() -> list[dict[str, Any]]:
    names = ("Jun", "Jul", "Aug", "Sep", "Oct", "Nov")
    shares = (12.4, 12.1, 12.8, 14.1, 14.9, 12.0)
    counts = (842, 801, 768, 905, 931, 702)
    months = zip(names, shares, counts, strict=True)
    return [
        {
            "label": name,
            "value": share,
            "n": count,
            "low": share - 2.2,
            "high": share + 2.4,
            "maturing": name == "Nov",
        }
        for name, share, count in months
    ]


def design_sample() -> dict[str, Any]:
    """Return what the components show on the design page."""
    now = timezone.now().astimezone(UTC).replace(microsecond=0)
    return {
        "now": now,
        "clocks": _clocks(now),
        "groups": [
            {
                "title": "Fit, 30 of 50",
                "lines": [
                    _line(20, "Title is C-level or VP", "VP Marketing Operations", "form, 10 Nov"),
                    _line(10, "Industry is in our ICP", "Freight software", "enriched, 11 Nov"),
                ],
            },
            {
                "title": "Engagement, 80 of 80",
                "lines": [
                    _line(30, "Asked for a demo", "Routing module", "Sat 21 Nov", hot=True),
                    _line(
                        30, "Visited pricing, 2 of 2", "each 15, in 30 days", "19, 21 Nov", hot=True
                    ),
                    _line(20, "Read case studies, 2 of 3", "Kestrel, Halden", "10, 16 Nov"),
                    _line(5, "Subscribed to the blog", "", "3 Nov"),
                    _line(-5, "Engagement stops at 80", "85 before the cap", "") | {"cap": True},
                ],
            },
        ],
        "gates": [
            {"label": "100 points", "met": True},
            {"label": "high intent", "met": True},
            {"label": "ICP", "met": True},
        ],
        "entries": [
            {
                "icon": "telephone-outbound",
                "text": "You called, connected for 6 min",
                "more": "“contract runs to 31 March”",
                "at": now - timedelta(minutes=6),
            },
            {
                "icon": "telephone-x",
                "text": "You called, no answer",
                "at": now - timedelta(days=1),
            },
            {
                "icon": "arrow-right-circle",
                "text": "Handed to you by fast track",
                "more": "Nordics, round robin",
                "at": now - timedelta(days=3),
            },
            {
                "icon": "lightning-charge",
                "text": "Asked for a demo",
                "at": now - timedelta(days=12),
            },
        ],
        "reasons": [{"code": str(i), "label": word} for i, word in enumerate(REASONS, start=1)],
        "chips": [
            {"value": "demo", "label": "Asked for a demo", "checked": True},
            {"value": "pricing", "label": "Pricing"},
            {"value": "cases", "label": "Case studies"},
        ],
        "effects": [
            {
                "icon": "arrow-repeat",
                "verb": "Recycle",
                "text": "her until 3 March, then back on new high intent",
            },
            {"icon": "stopwatch", "verb": "Stop", "text": "the disposition clock, 56 min early"},
            {"icon": "envelope", "verb": "Tell", "text": "Priya in marketing, after ten seconds"},
        ],
        "steps": [
            {"label": "Known", "text": "3 Nov, blog", "state": "done"},
            {"label": "MQL", "text": "19 Nov, after 16 days", "state": "done"},
            {"label": "With sales", "text": "21 Nov, 2 days later", "state": "now"},
            {"label": "SQL", "text": "a person decides"},
            {"label": "Opportunity"},
            {"label": "Customer"},
        ],
        "tabs": [
            {"url": "#rules", "label": "Rules", "current": True},
            {"url": "#changes", "label": "Changes", "count": 3},
            {"url": "#history", "label": "History"},
        ],
        "signatures": [
            {
                "side": "marketing",
                "side_name": "Marketing",
                "state": "signed",
                "name": "Priya Raman",
                "at": now - timedelta(hours=1),
                "hash": HASH,
            },
            {
                "side": "sales",
                "side_name": "Sales",
                "state": "open",
                "name": "Waiting for you, Lukas Kern, Head of Sales",
                "missing": "you have read changes and checks",
            },
        ],
        "voided": [
            {
                "side": "marketing",
                "side_name": "Marketing",
                "state": "void",
                "name": "Priya Raman",
                "void_words": "voided by revision 42",
            },
            {
                "side": "sales",
                "side_name": "Sales",
                "state": "open",
                "name": "Lukas Kern, Head of Sales",
                "missing": "1 question open for Sales",
            },
        ],
        "sources": [
            ("White paper", "96 of 122"),
            ("Paid search", "52 of 96"),
            ("Webinar", "50 of 112"),
        ],
        "two_names": ("in force", "draft"),
        "two_lines": [
            {"shown": shown, "base": base, "draft": draft, "record": base}
            for shown, base, draft in (
                ("7 Sep", 42, 30),
                ("14 Sep", 39, 31),
                ("21 Sep", 45, 33),
                ("28 Sep", 44, 29),
            )
        ],
        "spread": [
            {"start": at, "end": at + 5, "draft": draft, "before": before}
            for at, draft, before in zip(
                range(-5, 125, 5),
                (
                    3,
                    80,
                    71,
                    230,
                    180,
                    260,
                    140,
                    110,
                    90,
                    105,
                    70,
                    80,
                    66,
                    60,
                    62,
                    58,
                    44,
                    40,
                    36,
                    30,
                    22,
                    14,
                    9,
                    6,
                    2,
                    1,
                ),
                (
                    2,
                    90,
                    66,
                    210,
                    190,
                    240,
                    150,
                    120,
                    80,
                    130,
                    90,
                    84,
                    70,
                    61,
                    60,
                    60,
                    50,
                    44,
                    38,
                    34,
                    26,
                    18,
                    12,
                    8,
                    5,
                    3,
                ),
                strict=True,
            )
        ],
        "spread_gates": [{"label": "MQL", "at": 40}, {"label": "Sales", "at": 100}],
        "heat": [
            {"label": "Not a decision-maker", "cells": [(24, 0), (10, 0), (15, 1)], "sum": 49},
            {"label": "Bad timing", "cells": [(9, 0), (13, 1), (12, 2)], "sum": 34},
            {"label": "Only wanted the content", "cells": [(29, 4), (2, 0), (14, 3)], "sum": 45},
        ],
        "trend": [36, 38, 41, 37, 40, 43, 42, 45, None, 44, 42, 46, 45, 44],
        "months": _months(),
        "references": [{"value": 15, "label": "15 %"}, {"value": 13, "label": "13 %"}],
        "columns": [
            {"label": "Last 90 days"},
            {"label": "Version 7, in force", "number": True},
            {"label": "Version 8", "number": True},
        ],
        "rows": [
            ["Handoffs a week", _number("52.0"), _number("42.2")],
            ["Accepted by sales", _number("58.0 %, 54 to 62"), _number("70.6 %, 67 to 74")],
            ["Rejections spared", _number("–"), _number("134")],
        ],
    }


def _number(text: str) -> dict[str, Any]:
    return {"text": text, "number": True}
