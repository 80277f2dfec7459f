"""What the catalogue shows of agreements and clocks: invented, like all sample data."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from portal.home.sample_data import HASH, design_sample

TOKENS = (
    "canvas", "surface", "raised", "well", "hover", "press", "line", "line-2", "line-input",
    "text", "text-2", "text-3", "ink", "ink-fill", "ink-soft", "ink-line", "ink-2", "good",
    "good-soft", "warn", "warn-soft", "bad", "bad-soft", "mark", "mark-2",
)  # fmt: skip
SUM = {
    "title": "4 working hours, counted",
    "where": "Noah Lindgren, first touch. Calendar Berlin, 9 to 17.",
    "days": [
        {"label": "Fri 20", "parts": [{"kind": "open", "start": 0.1, "end": 0.9},
                                      {"kind": "used", "start": 0.85, "end": 0.9}]},
        {"label": "Sat", "parts": []},
        {"label": "Sun", "parts": []},
        {"label": "Mon 23", "due": 0.52, "touch": 0.7, "parts": [
            {"kind": "open", "start": 0.1, "end": 0.9}, {"kind": "used", "start": 0.1, "end": 0.2},
            {"kind": "paused", "start": 0.2, "end": 0.28},
            {"kind": "used", "start": 0.28, "end": 0.52}]},
    ],
    "lines": [
        {"words": "Fri 16:30 to 17:00", "amount": "30 min", "counts": True},
        {"words": "Sat 21, Sun 22 Nov", "amount": "closed", "counts": False},
        {"words": "Mon 09:00 to 10:00", "amount": "1 h", "counts": True},
        {"words": "Mon 10:00 to 10:45, wrong phone number", "amount": "paused", "counts": False},
        {"words": "Mon 10:45 to 13:15", "amount": "2 h 30", "counts": True},
    ],
    "due": "Due Mon 13:15, touched Mon 15:02",
    "result": "1 h 47 late",
}  # fmt: skip


def _signed(side: str, side_name: str, name: str, at: datetime) -> dict[str, Any]:
    return {"side": side, "side_name": side_name, "state": "signed", "name": name, "at": at,
            "hash": HASH}  # fmt: skip


def _rules(theme: str) -> list[dict[str, Any]]:
    """Return the rules for one pane; what has an id on the page differs from the other's."""
    rows = [
        _rule("+30", ["once, when a person ", ("asks for a demo",)], hot=True),
        _rule("+5", ["for each ", ("case study",), " read, at most ", ("3",)], old="+10"),
        _rule("+5", ["once, when a person ", ("subscribes to the blog",)], new=True),
    ]
    for number, row in enumerate(rows):
        row["theme"] = theme
        row["clause"]["key"] = f"{theme}-{number}"
    return rows


def _rule(
    lead: str, parts: list[str | tuple[str]], *, hot: bool = False, old: str = "", new: bool = False
) -> dict[str, Any]:
    """Return a rule's line as the agreement pages give it; a tuple is a blank."""
    says = [
        {"text": part[0] if isinstance(part, tuple) else part, "editable": isinstance(part, tuple)}
        for part in parts
    ]
    how = "added" if new else "changed"
    return {
        "clause": {"rationale": "" if old or new else "Who asks for a demo wants to talk."},
        "lead": lead,
        "old_lead": old,
        "parts": says,
        "mark": {"icon": "lightning-charge-fill", "label": "high intent"} if hot else None,
        "change": {"how": how} if old or new else None,
        "old_says": "for each case study read, at most 5" if old else "",
    }


def samples() -> dict[str, Any]:
    """Return all that the specimens of the catalogue show."""
    now = timezone.now().astimezone(UTC).replace(microsecond=0)
    return {
        **design_sample(),
        "signed": [
            _signed("marketing", "Marketing", "Priya Raman", now - timedelta(days=20)),
            _signed("sales", "Sales", "Lukas Kern", now - timedelta(days=19)),
        ],
        "rules": [line for theme in ("light", "dark") for line in _rules(theme)],
        "amendment": {
            "place": "1 of 2",
            "subject": "Case studies",
            "old": "+10",
            "new": "+5 each",
            "says": "Leads who read them are accepted less often: lift 0.70 (0.61 to 0.80), n 318.",
            "url": "#amendment",
            "act": "Make a draft",
            "later_url": "#amendment",
        },
        "score_gates": [{"total": 40, "label": "MQL 40"}, {"total": 100, "label": "Ready 100"}],
        "sum": SUM,
        "page": {"next": "a", "previous": "b"},
        "tokens": TOKENS,
    }
