"""A handoff's life through the product's own services: the clocks follow by the lifecycle table."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from leads.dispositions.services import accept, log_touch, reject, withdraw
from leads.handoffs.models import Cause, Handoff
from leads.handoffs.services import NewHandoff, make_handoffs
from portal.events import bells
from portal.events.delivery import deliver_pending, run_deliveries
from portal.events.models import Delivery
from sla.breaches.models import Breach
from sla.breaches.services import find_breaches
from sla.clocks.models import Clock
from sla.clocks.states import State, state_of
from tests.factories import make_lead, make_reason, make_team, make_terms, make_user

pytestmark = pytest.mark.django_db
SATURDAY = datetime(2026, 3, 7, 14, tzinfo=UTC)  # 15:00 in Berlin
MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)  # opening time in Berlin
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sdr():
    make_terms(at=datetime(2026, 1, 1, tzinfo=UTC))
    return make_user(team=make_team(is_default=True))


def handed_over(at: datetime) -> Handoff:
    lead = make_lead(at=at)
    (handoff,) = make_handoffs([NewHandoff(lead.pk, Cause.SALES_READY, 110, "A1")], by=None, at=at)
    return handoff


def deliver(at: datetime) -> None:
    while deliver_pending(at=at):
        pass


def states(handoff: Handoff, at: datetime) -> dict[str, str]:
    return {clock.kind: state_of(clock, at) for clock in Clock.objects.filter(handoff=handoff)}


def test_saturdays_lead_is_due_on_monday_and_kept_by_a_call(sdr) -> None:
    with bells.held():
        handoff = handed_over(SATURDAY)
        deliver(SATURDAY)
        handoff.refresh_from_db()
        assert handoff.owner == sdr
        touch = Clock.objects.get(handoff=handoff, kind="first_touch")
        assert touch.due_at == MONDAY + timedelta(hours=4)
        assert find_breaches(at=MONDAY) == 1  # the disposition's day and night were over on Sunday
        called = MONDAY + 7 * MINUTE
        log_touch(
            lead=handoff.lead,
            handoff=handoff,
            kind="call_outbound",
            outcome="reached",
            note="",
            by=sdr,
            at=called,
        )
        deliver(called)
        assert states(handoff, called) == {
            "first_touch": State.MET,
            "disposition": State.BREACHED,
        }
        accept(handoff=handoff, by=sdr, at=called + MINUTE)
        deliver(called + MINUTE)
    assert states(handoff, called + MINUTE)["disposition"] == State.MET_LATE
    assert Breach.objects.get().at == SATURDAY + timedelta(days=1)
    handoff.refresh_from_db()
    assert handoff.due_at is None


def test_a_disposition_taken_back_leaves_the_clocks_running(sdr) -> None:
    with bells.held():
        handoff = handed_over(MONDAY)
        deliver(MONDAY)
        before = list(Clock.objects.order_by("pk").values())
        decision = reject(handoff=handoff, reason=make_reason(), by=sdr, at=MONDAY + MINUTE)
        deliver(MONDAY + MINUTE)
        assert states(handoff, MONDAY + MINUTE) == {
            "first_touch": State.ENDED,
            "disposition": State.MET,
        }
        withdraw(disposition=decision, by=sdr, at=MONDAY + 2 * MINUTE)
        deliver(MONDAY + 2 * MINUTE)
    assert list(Clock.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_deliveries_end_in_the_same_clocks(sdr, seed) -> None:
    """All of it has happened before the first delivery; then they come in any order, some twice."""
    with bells.held():
        handoff = handed_over(MONDAY)
        for minutes in (30, 20):
            log_touch(
                lead=handoff.lead,
                handoff=handoff,
                kind="call_outbound",
                outcome="no_answer",
                note="",
                by=sdr,
                at=MONDAY + 30 * MINUTE,
                occurred_at=MONDAY + minutes * MINUTE,
            )
        first = reject(handoff=handoff, reason=make_reason(), by=sdr, at=MONDAY + 31 * MINUTE)
        withdraw(disposition=first, by=sdr, at=MONDAY + 32 * MINUTE)
        accept(handoff=handoff, by=sdr, at=MONDAY + 33 * MINUTE)
        at = MONDAY + timedelta(hours=1)
        order = list(
            Delivery.objects.filter(handler__contains="keep_clocks").values_list("pk", flat=True)
        )
        assert len(order) == 6
        random.Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
        for pk in [*order, *order[:3]]:
            Delivery.objects.filter(pk=pk).update(state=Delivery.State.PENDING)
            run_deliveries([pk], at=at)
    found = Clock.objects.filter(handoff=handoff).order_by("-kind")
    assert list(found.values_list("kind", "stamped_at", "ended_at", "worked")) == [
        ("first_touch", MONDAY + 20 * MINUTE, MONDAY + 33 * MINUTE, 1200),
        ("disposition", MONDAY + 33 * MINUTE, MONDAY + 33 * MINUTE, 33 * 60),
    ]
