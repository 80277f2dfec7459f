"""The arithmetic of a clock as people read it: a strip of days, lines that add up, the result."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from sla.clocks.models import Clock
from sla.clocks.pausing import pause_clock, resume_clock
from sla.clocks.services import sync_clocks
from sla.clocks.sums import MOST_DAYS, sum_of
from tests.factories import make_activity, make_handoff, make_terms
from tests.sla.clocks.test_shown import FRIDAY, MONDAY, local, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def handoff():
    make_terms(at=datetime(2026, 1, 1, tzinfo=UTC))
    handoff = make_handoff(at=local(FRIDAY, 16, 30))
    sync_clocks([handoff.pk], at=local(FRIDAY, 16, 30))
    return handoff


def plain(told: dict) -> list[tuple[str, str, bool]]:
    return [(one["words"], one["amount"].replace("\xa0", " "), one["counts"])
            for one in told["lines"]]  # fmt: skip


def test_closed_days_stand_in_one_line_and_a_pause_says_so(handoff) -> None:
    clock = Clock.objects.get(handoff=handoff, kind="first_touch")
    pause_clock(clock=clock, reason="wrong number", by=None, at=local(MONDAY, 10))
    resume_clock(clock=clock, by=None, at=local(MONDAY, 10, 45))
    make_activity(handoff.lead, kind="call_outbound", at=local(MONDAY, 15, 2))
    sync_clocks([handoff.pk], at=local(MONDAY, 15, 2))
    told = sum_of(shown(handoff, local(MONDAY, 16)))
    assert plain(told) == [
        ("Fri 6 Mar 16:30 to 17:00", "30 min", True),
        ("Sat 7 Mar, Sun 8 Mar", "closed", False),
        ("Mon 9 Mar 09:00 to 10:00", "1 h", True),
        ("Mon 9 Mar 10:00 to 10:45", "paused", False),
        ("Mon 9 Mar 10:45 to 13:15", "2 h 30", True),
    ]
    assert told["due"] == "Due Mon 9 Mar, 13:15, touched Mon 9 Mar, 15:02"
    assert told["result"].replace("\xa0", " ") == "met 1 h 47 late"


def test_the_strip_places_open_hours_what_was_used_and_the_due_instant(handoff) -> None:
    days = sum_of(shown(handoff, local(MONDAY, 11)))["days"]
    assert [day["label"] for day in days] == ["Fri 6", "Sat 7", "Sun 8", "Mon 9"]
    assert days[0]["parts"] == [
        {"kind": "open", "start": 0.375, "end": 0.7083},  # 9 to 17
        {"kind": "used", "start": 0.6875, "end": 0.7083},
    ]
    assert days[1]["parts"] == []
    assert days[3]["due"] == 0.5208  # 12:30
    assert not any("touch" in day for day in days)


def test_a_strip_that_would_not_fit_is_left_out(handoff) -> None:
    view = shown(handoff, local(MONDAY, 11))
    view.clock.stamped_at = view.clock.started_at + timedelta(days=MOST_DAYS)
    told = sum_of(view)
    assert told["days"] == []
    html = render_to_string("components/_arithmetic.html", {"sum": told})
    assert "<svg" not in html
    assert "30\xa0min" in html


def test_a_clock_of_the_whole_day_runs_over_midnight_without_a_gap(handoff) -> None:
    told = sum_of(shown(handoff, local(FRIDAY, 18), kind="disposition"))
    assert [day["parts"] for day in told["days"]] == [
        [{"kind": "open", "start": 0.0, "end": 1.0}, {"kind": "used", "start": 0.6458, "end": 1.0}],
        [{"kind": "open", "start": 0.0, "end": 1.0}, {"kind": "used", "start": 0.0, "end": 0.6458}],
    ]


def test_a_day_whose_hours_were_over_does_not_say_that_it_was_closed() -> None:
    make_terms(at=datetime(2026, 1, 1, tzinfo=UTC))
    late = make_handoff(at=local(FRIDAY, 18))
    sync_clocks([late.pk], at=local(FRIDAY, 18))
    assert plain(sum_of(shown(late, local(MONDAY, 10))))[:2] == [
        ("Fri 6 Mar", "over when it began", False),
        ("Sat 7 Mar, Sun 8 Mar", "closed", False),
    ]


def test_what_never_closes_is_told_in_the_readers_time(handoff) -> None:
    view = shown(handoff, local(FRIDAY, 18), kind="disposition")
    with timezone.override("Asia/Kolkata"):
        told, hours = sum_of(view), sum_of(shown(handoff, local(FRIDAY, 18)))
    assert told["where"].endswith("“Always open”, shown in your time, Asia/Kolkata.")
    assert plain(told) == [
        ("Fri 6 Mar 21:00 to 00:00", "3 h", True),
        ("Sat 7 Mar 00:00 to 21:00", "21 h", True),
    ]
    assert told["due"] == "Due Sat 7 Mar, 21:00"
    assert hours["where"].endswith("“Office hours”, Europe/Berlin.")
    closed = replace(view.calendar, holidays=frozenset({date(2026, 12, 25)}))
    assert sum_of(replace(view, calendar=closed))["where"].endswith("“Always open”, UTC.")
