"""Cases that other systems' own tests expect, as facts: ``../shared/data/sla_cases_sample.json``.

Two things there are conventions, not facts, and ours is the one named first:

* A due time that falls on a closing time is that closing time (``computed_due``); some systems
  move it to the next opening (``computed_due_if_next_opening``).
* A case marked ``agrees: false`` is one whose published figure an independent calculation does not
  confirm, by rounding or by the convention above. The computed figure is the one compared.

``inactive_holidays`` are listed by the other system but switched off: they are not passed on.
``roll_forward`` (the first open instant at or after start) is the last instant at which the time
used is still nothing; ``local_to_instant`` is what an opening at that wall time becomes in UTC.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from sla.calendar.hours import WorkingCalendar, add_working_time, working_time_between

CASES = Path(__file__).parents[4] / "shared" / "data" / "sla_cases_sample.json"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TICK = timedelta(microseconds=1)


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def wall(text):
    return time(0) if text == "24:00" else time.fromisoformat(text)


def intervals(pairs):
    return tuple((wall(opens), wall(closes)) for opens, closes in pairs)


def calendar_of(case):
    return WorkingCalendar(
        case["timezone"],
        {DAYS.index(day): intervals(pairs) for day, pairs in case["hours"].items()},
        frozenset(date.fromisoformat(day) for day in case.get("holidays", ())),
        {
            date.fromisoformat(day): intervals(pairs)
            for day, pairs in case.get("overrides", {}).items()
        },
    )


NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in DAYS[:5]}
OWN = [  # the two kinds of which the sample holds none
    {
        "id": "own-weekend",
        "kind": "roll_forward",
        "timezone": "Europe/Berlin",
        "hours": NINE_TO_FIVE,
        "start": "2026-03-28T10:00:00Z",
        "computed_due": "2026-03-30T07:00:00Z",
    },
    {
        "id": "own-already-open",
        "kind": "roll_forward",
        "timezone": "Europe/Berlin",
        "hours": NINE_TO_FIVE,
        "start": "2026-03-27T10:00:30Z",
        "computed_due": "2026-03-27T10:00:30Z",
    },
    {
        "id": "own-repeated-hour",
        "kind": "local_to_instant",
        "timezone": "Europe/Berlin",
        "local": "2026-10-25T02:30:00",
        "computed_instant": "2026-10-25T00:30:00Z",
    },
    {
        "id": "own-missing-hour",
        "kind": "local_to_instant",
        "timezone": "Europe/Berlin",
        "local": "2026-03-29T02:30:00",
        "computed_instant": "2026-03-29T01:30:00Z",
    },
]


def all_cases():
    """The shared cases and our own; without the file, one skipped test says what is missing."""
    own = [pytest.param(case, id=case["id"]) for case in OWN]
    if not CASES.exists():
        reason = f"needs {CASES.name} in ../shared/data beside the project"
        return [*own, pytest.param(None, marks=pytest.mark.skip(reason=reason), id="no-cases")]
    shared = json.loads(CASES.read_text())["cases"]
    return own + [pytest.param(case, id=case["id"]) for case in shared]


def pauses_of(case):
    return [(instant(begins), instant(ends)) for begins, ends in case.get("pauses", ())]


@pytest.mark.parametrize("case", all_cases())
def test_the_case_comes_out_as_computed(case):
    CHECKS[case["kind"]](case)


def check_due(case):
    amount = timedelta(seconds=case["duration_s"])
    due = add_working_time(instant(case["start"]), amount, calendar_of(case), pauses_of(case))
    assert due == instant(case["computed_due"])
    if case["agrees"]:
        assert due == instant(case["expected_due"])


def check_elapsed(case):
    start, end = instant(case["start"]), instant(case["end"])
    used = working_time_between(start, end, calendar_of(case), pauses_of(case))
    assert used == timedelta(seconds=case["computed_elapsed_s"])
    if case["agrees"] and "expected_elapsed_min" in case:
        assert used // timedelta(minutes=1) == case["expected_elapsed_min"]
    if case["agrees"] and "expected_elapsed_s" in case:
        assert used == timedelta(seconds=case["expected_elapsed_s"])


def check_roll_forward(case):
    expected = instant(case["computed_due"])
    opened = add_working_time(instant(case["start"]), TICK, calendar_of(case), pauses_of(case))
    assert opened - TICK == expected


def check_local_to_instant(case):
    local = datetime.fromisoformat(case["local"])
    opening = (local.time(), (local + timedelta(hours=6)).time())
    calendar = WorkingCalendar(case["timezone"], {local.weekday(): [opening]})
    expected = instant(case["computed_instant"])
    assert calendar.open_on(local.date())[0][0] == expected


CHECKS = {
    "due": check_due,
    "elapsed": check_elapsed,
    "roll_forward": check_roll_forward,
    "local_to_instant": check_local_to_instant,
}
