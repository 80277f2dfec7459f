"""What both sides promise in the demo: its second terms, its calendars, a pause and an excuse."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.agreements.models import Version
from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.demo.people import Cast
from sla.breaches.excusing import excuse_clock
from sla.calendar.models import Calendar
from sla.calendar.public import holidays_of
from sla.calendar.services import (
    OFFICE_HOURS,
    choose_calendar,
    make_calendar,
    save_day,
    save_holidays,
)
from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock
from sla.clocks.states import State
from sla.terms.ladder import Act, When
from sla.terms.queries import KIND
from sla.terms.text import PromiseKind

BERLIN = ZoneInfo("Europe/Berlin")
NOTE = "Who asks for a demo waits by the phone: fifteen minutes. Marketing promises its half."
FAST: dict[str, Any] = {
    "name": "Demo requests",
    "side": "sales",
    "kind": PromiseKind.FIRST_TOUCH.value,
    "amount_s": 15 * 60,
    "calendar": OFFICE_HOURS,
    "warn_percent": 60,
    "untouched": "ended",
    "applies": {"sources": ["demo form"]},
    "ladder": [
        {"do": Act.WARN_OWNER.value, "when": When.WARN.value},
        {"do": Act.TELL_MANAGER.value},
        {"do": Act.TASK.value, "after_s": 3600},
    ],
}
COUNTED: tuple[tuple[str, str, str, PromiseKind, dict[str, Any]], ...] = (
    ("reasons", "Reasons", "sales", PromiseKind.REASON_REQUIRED, {"percent": 95}),
    ("attempts", "Attempts", "sales", PromiseKind.ATTEMPTS, {"at_least": 3}),
    ("volume", "Volume", "marketing", PromiseKind.VOLUME, {"at_least": 60}),
    ("acceptance", "Acceptance", "marketing", PromiseKind.ACCEPTANCE_RATE, {"percent": 50}),
    (
        "packet", "Packet", "marketing", PromiseKind.PACKET,
        {"percent": 90, "fields": ["name", "email", "company"], "evidence": ["source", "score"]},
    ),
    (
        "intent", "High intent", "marketing", PromiseKind.HIGH_INTENT,
        {"percent": 60, "signals": ["demo_request", "quote_request", "form_submitted"]},
    ),
)  # fmt: skip


def close_holidays(cast: Cast, start: datetime, until: datetime) -> None:
    """Close the office on Berlin's public holidays, from before the story to a year after it."""
    office = Calendar.objects.get(slug=OFFICE_HOURS)
    names = holidays_of("DE", "BE", range(start.year, until.year + 2))
    save_holidays(
        calendar=office, country="DE", region="BE", names=names, by=cast.sales_lead, at=start
    )


def promise_more(cast: Cast, at: datetime) -> None:
    """Both sides sign their second terms."""
    first = Version.objects.of_kind(KIND).get(number=1)
    draft = start_draft(
        agreement=first.agreement, by=cast.sales_lead, at=at, based_on=first, note=NOTE
    )
    clauses: list[tuple[str, dict[str, Any], str | None]] = [("demo-requests", FAST, "first-touch")]
    clauses += [
        (key, {"name": name, "side": side, "kind": kind.value} | more, None)
        for key, name, side, kind, more in COUNTED
    ]
    for key, body, before in clauses:
        save_clause(
            version=draft, key=key, kind="promise", body=body, before=before,
            revision=None, by=cast.sales_lead, at=at,
        )  # fmt: skip
    version = propose(version=draft, by=cast.sales_lead, at=at)
    for signer in (cast.marketing_lead, cast.sales_lead):
        sign(version=version, sha256=version.sha256, by=signer, at=at)


def keep_calendars(cast: Cast, until: datetime) -> None:
    """A half day for everybody, and a week of her own for whoever works in the mornings."""
    office = Calendar.objects.get(slug=OFFICE_HOURS)
    save_day(
        calendar=office, day=_workday(until, after=4), name="All hands in the afternoon",
        intervals=[["09:00", "12:30"]], by=cast.sales_lead, at=until,
    )  # fmt: skip
    week = {str(day): [["08:00", "12:00"], ["12:45", "16:00"]] for day in range(4)}
    north = make_calendar(
        name="Nordics", zone="Europe/Stockholm", week=week, by=cast.sales_lead, at=until
    )
    choose_calendar(user=cast.sdrs[1], calendar=north, by=cast.sales_lead, at=until)


def pause_and_excuse(cast: Cast, until: datetime) -> None:
    """One lead is away until next week, and one breach was nobody's fault."""
    at = until - timedelta(minutes=20)
    running = Clock.objects.running().filter(
        paused_at=None, started_at__lt=at, due_at__gt=until, handoff__owner__isnull=False
    )
    if clock := running.order_by("kind", "due_at").first():
        pause_clock(
            clock=clock, reason="Away until next week, says the answer from the mailbox.",
            by=clock.handoff.owner, at=at, limit_at=until + timedelta(days=5),
        )  # fmt: skip
    broken = Clock.objects.in_state(State.BREACHED, until).order_by("-due_at")
    if late := broken.first():
        words = "The telephone system was down from nine to eleven."
        excuse_clock(clock=late, reason=words, by=cast.sales_lead, at=until)


def _workday(at: datetime, *, after: int) -> date:
    day = at.astimezone(BERLIN).date() + timedelta(days=after)
    return day + timedelta(days=max(7 - day.weekday(), 0) if day.weekday() > 4 else 0)
