"""What must hold for every calendar in every zone, and that it agrees with the minute oracle."""

from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla.calendar.arithmetic import explain
from sla.calendar.hours import add_working_time, working_time_between
from tests.sla.calendar.oracle import MINUTE, counted_minutes
from tests.sla.calendar.strategies import SPAN, cases, pauses_after, thorough

FRACTIONS = st.timedeltas(timedelta(0), timedelta(days=2))


def due_or_never(start, amount, calendar, pauses=()):
    """The due time, or None for a calendar that stays closed for 366 days in a row."""
    try:
        return add_working_time(start, amount, calendar, pauses)
    except ValueError as refusal:
        if "366 days in a row" not in str(refusal):
            raise
        return None


@thorough
@given(st.data(), cases())
def test_elapsed_time_is_what_counting_each_minute_gives(data, case):
    plain, calendar, start = case
    pauses = data.draw(pauses_after(start))
    end = start + timedelta(minutes=data.draw(st.integers(0, 4 * 1440)))
    counted = list(counted_minutes(start, end, plain, pauses))
    assert working_time_between(start, end, calendar, pauses) == len(counted) * MINUTE


@thorough
@given(st.data(), cases())
def test_due_is_the_end_of_the_minute_that_completes_the_amount(data, case):
    plain, calendar, start = case
    pauses = data.draw(pauses_after(start))
    counted = list(counted_minutes(start, start + SPAN, plain, pauses))
    wanted = data.draw(st.integers(1, len(counted) + 5))
    due = due_or_never(start, wanted * MINUTE, calendar, pauses)
    if wanted <= len(counted):
        assert due == counted[wanted - 1] + MINUTE
    else:
        assert due is None or due > start + SPAN


@thorough
@given(st.data(), cases(), FRACTIONS, FRACTIONS)
def test_the_time_used_until_due_is_the_amount(data, case, into, amount):
    _plain, calendar, start = case
    start, pauses = start + into, data.draw(pauses_after(start))
    due = due_or_never(start, amount, calendar, pauses)
    if due is None:
        return
    assert due >= start
    assert working_time_between(start, due, calendar, pauses) == amount
    if amount:  # the first such instant: a microsecond earlier it was less
        earlier = due - timedelta(microseconds=1)
        assert working_time_between(start, earlier, calendar, pauses) < amount


@thorough
@given(st.data(), cases(), FRACTIONS, FRACTIONS)
def test_a_later_start_or_a_larger_amount_is_never_due_earlier(data, case, later, more):
    _plain, calendar, start = case
    amount, pauses = data.draw(FRACTIONS), data.draw(pauses_after(start))
    due = due_or_never(start, amount, calendar, pauses)
    for other in (
        due_or_never(start + later, amount, calendar, pauses),
        due_or_never(start, amount + more, calendar, pauses),
    ):
        assert due is None or other is None or other >= due


@thorough
@given(st.data(), cases(), FRACTIONS)
def test_a_pause_adds_exactly_the_working_time_it_covered(data, case, amount):
    _plain, calendar, start = case
    pause = start + data.draw(FRACTIONS), start + data.draw(FRACTIONS)
    due = due_or_never(start, amount, calendar, [pause])
    if due is None:
        return
    covered = working_time_between(pause[0], min(pause[1], due), calendar)
    assert working_time_between(start, due, calendar) == amount + covered
    if amount:
        assert due == add_working_time(start, amount + covered, calendar)


@thorough
@given(st.data(), cases())
def test_the_lines_of_the_arithmetic_add_up_to_the_time_used(data, case):
    _plain, calendar, start = case
    pauses, end = data.draw(pauses_after(start)), start + data.draw(FRACTIONS)
    spans = explain(start, end, calendar, pauses)
    used = sum((span.used for span in spans), timedelta(0))
    assert used == working_time_between(start, end, calendar, pauses)
    reached = {}  # by day; in UTC, as walls of one zone are compared without their fold
    for span in spans:
        assert span.words
        assert (span.opens is None) == (span.closes is None)
        if span.opens is not None:
            opens, closes = span.opens.astimezone(UTC), span.closes.astimezone(UTC)
            assert max(start, reached.get(span.day, start)) <= opens < closes <= end
            reached[span.day] = closes
