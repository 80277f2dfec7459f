"""A clock's state: the precedence, and the same answer from a row and from SQL."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sla.clocks.models import Clock
from sla.clocks.states import State, late, state_of
from tests.factories import make_handoff, make_terms

DUE = datetime(2026, 3, 2, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
instants = st.sampled_from([DUE + HOUR * step / 2 for step in range(-3, 4)])
LATE = {State.MET_LATE, State.BREACHED}


def clock(**values) -> Clock:
    return Clock(
        **{"due_at": DUE, "warn_at": DUE - HOUR, "started_at": DUE - 4 * HOUR}
        | {"moved_at": DUE - 4 * HOUR, "amount": 14400, "warn_amount": 10800}
        | values
    )


@pytest.mark.parametrize(
    ("values", "at", "state"),
    [
        ({}, DUE - 2 * HOUR, State.ON_TIME),
        ({}, DUE - HOUR, State.AT_RISK),
        ({}, DUE, State.AT_RISK),
        ({}, DUE + timedelta(seconds=1), State.BREACHED),
        ({"stamped_at": DUE}, DUE + HOUR, State.MET),
        ({"stamped_at": DUE + HOUR, "is_excused": True}, DUE + HOUR, State.MET_LATE),
        ({"is_excused": True}, DUE + HOUR, State.EXCUSED),
        ({"ended_at": DUE - HOUR}, DUE + HOUR, State.ENDED),
        ({"ended_at": DUE - HOUR, "touch_policy": "breached"}, DUE, State.BREACHED),
        ({"ended_at": DUE + HOUR}, DUE + HOUR, State.BREACHED),
        ({"paused_at": DUE - 2 * HOUR}, DUE + HOUR, State.PAUSED),
        ({"paused_at": DUE + HOUR}, DUE + 2 * HOUR, State.BREACHED),
    ],
)
def test_the_precedence_of_states(values, at, state) -> None:
    assert state_of(clock(**values), at) is state


class RowAndSql(TestCase):
    """Random clocks at random instants: stored rows ask the database the same question."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.version, cls.handoff = make_terms(at=DUE - 50 * HOUR), make_handoff()

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        rows=st.lists(
            st.fixed_dictionaries(
                {
                    "warn_at": instants,
                    "stamped_at": st.none() | instants,
                    "ended_at": st.none() | instants,
                    "paused_at": st.none() | instants,
                    "is_excused": st.booleans(),
                    "touch_policy": st.sampled_from(["ended", "met", "breached"]),
                }
            ),
            min_size=1,
            max_size=12,
        ),
        at=instants,
    )
    def test_row_and_sql_agree(self, rows, at) -> None:
        Clock.objects.bulk_create(
            clock(handoff=self.handoff, version=self.version, promise=str(place), **values)
            for place, values in enumerate(rows)
        )
        is_late = set(Clock.objects.filter(late(at)).values_list("pk", flat=True))
        for row in Clock.objects.with_state(at):
            assert row.state == state_of(row, at)
            assert (row.pk in is_late) == (state_of(row, at) in LATE)
