"""The terms a new portal proposes: two promises of sales on two calendars."""

from typing import Any

from sla.calendar.services import ALWAYS, ALWAYS_WEEK, OFFICE_HOURS, OFFICE_WEEK
from sla.terms.ladder import Act, When
from sla.terms.text import TOUCH_KINDS, WARN_PERCENT, ClauseKind, PromiseKind, Untouched

HOUR = 3600


def default_clauses(zone: str) -> list[dict[str, Any]]:
    """Return the default clauses (kind, key, position, body, rationale) for an organisation."""
    clauses = [
        (ClauseKind.CALENDAR, OFFICE_HOURS, _calendar("Office hours", zone, OFFICE_WEEK), ""),
        (ClauseKind.CALENDAR, ALWAYS, _calendar("Always open", "UTC", ALWAYS_WEEK), ""),
        (
            ClauseKind.TOUCH_POLICY,
            "touches",
            {"touch_kinds": list(TOUCH_KINDS), "automated_after_reply": True},
            "Only a person’s own attempt reaches a person.",
        ),
        (
            ClauseKind.PROMISE,
            "first-touch",
            _promise("First touch", PromiseKind.FIRST_TOUCH, 4 * HOUR, OFFICE_HOURS)
            | {"untouched": Untouched.ENDED.value},
            "Interest cools within the day.",
        ),
        (
            ClauseKind.PROMISE,
            "disposition",
            _promise("Disposition", PromiseKind.DISPOSITION, 24 * HOUR, ALWAYS),
            "Marketing learns only from an answer.",
        ),
    ]
    return [
        {"kind": kind.value, "key": key, "position": place, "body": body, "rationale": why}
        for place, (kind, key, body, why) in enumerate(clauses)
    ]


def _calendar(name: str, zone: str, week: dict[str, list[list[str]]]) -> dict[str, Any]:
    return {"name": name, "zone": zone, "week": week}


def _promise(name: str, kind: PromiseKind, amount: int, calendar: str) -> dict[str, Any]:
    return {
        "name": name,
        "side": "sales",
        "kind": kind.value,
        "amount_s": amount,
        "calendar": calendar,
        "warn_percent": WARN_PERCENT,
        "ladder": usual_ladder(),
    }


def usual_ladder() -> list[dict[str, Any]]:
    """Return the steps that a new promise with a clock begins with."""
    return [
        {"do": Act.WARN_OWNER.value, "when": When.WARN.value, "quiet": True},
        {"do": Act.WARN_OWNER.value},
        {"do": Act.TELL_MANAGER.value},
    ]
