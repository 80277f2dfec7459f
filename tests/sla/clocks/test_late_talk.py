"""What reached us later than it happened, by the API: the clocks look again, by themselves."""

from datetime import timedelta

import pytest

from leads.activities.services import mark_bots
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Cause, Handoff
from leads.handoffs.services import NewHandoff, make_handoffs
from portal.events import bells
from portal.events.delivery import deliver_pending
from portal.events.models import Event
from scoring.engine.due import settle_due
from scoring.engine.intake import Wanted
from scoring.engine.services import setting_at
from scoring.engine.sets import score_set
from sla.breaches.services import find_breaches
from sla.clocks.states import State, state_of
from sla.terms.defaults import default_clauses
from tests.factories import (
    make_activity,
    make_definition,
    make_lead,
    make_reason,
    make_team,
    make_terms,
    make_user,
)
from tests.portal.api.conftest import key_for
from tests.sla.clocks.builders import SIGNED, clock_of, local
from tests.stages import staged

pytestmark = pytest.mark.django_db
TEN = local(2, 10)  # due at 14:00


class Company:
    def __init__(self) -> None:
        make_definition(at=SIGNED)
        make_terms(at=SIGNED)
        self.anna = make_user(team=make_team(is_default=True))
        self.admin = make_user(role="admin")


company = staged(Company)


@pytest.fixture(autouse=True)
def quiet():
    with bells.held():
        yield


def handed_over(*, at=TEN) -> Handoff:
    lead = make_lead(at=at)
    (handoff,) = make_handoffs([NewHandoff(lead.pk, Cause.SALES_READY, 110, "A1")], by=None, at=at)
    follow(at)
    return handoff


def follow(at) -> None:
    """Let the worker come by: what is stale is settled, what follows is delivered."""
    while settle_due(at=at):
        pass
    while deliver_pending(at=at):
        pass


def told(handoff: Handoff, kind: str, at, *, by) -> None:
    """Send one activity as a mail system does, long after it happened."""
    answer = key_for(by).post(
        "activities/",
        {
            "kind": kind,
            "occurred_at": at.isoformat(),
            "external_id": f"{kind}-{at:%H%M}",
            "lead": str(handoff.lead.public_id),
        },
    )
    assert answer.status_code == 201


def test_a_reply_that_comes_late_makes_the_mail_after_it_count(company) -> None:
    handoff = handed_over()
    told(handoff, "email_sent", local(2, 12), by=company.admin)
    follow(local(2, 12, 1))
    assert clock_of(handoff).stamped_at is None  # nobody had written
    assert find_breaches(at=local(2, 15)) == 1
    told(handoff, "email_replied", local(2, 11), by=company.admin)
    follow(local(2, 16))
    clock = clock_of(handoff)
    assert (clock.stamped_at, clock.worked) == (local(2, 12), 2 * 3600)
    assert state_of(clock, local(2, 16)) == State.MET
    assert clock.breaches.get().withdrawn_at == local(2, 16)


def test_an_answer_of_a_machine_after_the_lead_wrote_counts_when_it_comes(company) -> None:
    handoff = handed_over()
    told(handoff, "chat", local(2, 11), by=company.admin)
    follow(local(2, 11))
    told(handoff, "email_sent", local(2, 12), by=company.admin)
    follow(local(2, 12))
    assert clock_of(handoff).stamped_at == local(2, 12)
    told(handoff, "call_outbound", local(2, 11, 30), by=company.admin)
    follow(local(2, 13))
    assert clock_of(handoff).stamped_at == local(2, 11, 30)
    handoff.refresh_from_db()
    assert handoff.first_touch_at == local(2, 11, 30)


def test_where_only_calls_count_a_call_after_a_mail_stops_the_clock(company) -> None:
    clauses = default_clauses("Europe/Berlin")
    clauses[3]["body"] |= {"touch_kinds": ["call_outbound"]}
    make_terms(at=SIGNED + timedelta(days=1), clauses=clauses)
    handoff = handed_over()
    told(handoff, "email_outbound", local(2, 11), by=company.admin)
    follow(local(2, 11))
    assert clock_of(handoff).stamped_at is None
    told(handoff, "call_outbound", local(2, 12), by=company.admin)
    follow(local(2, 12))
    assert clock_of(handoff).stamped_at == local(2, 12)


@pytest.mark.parametrize("as_a_set", [False, True])
@pytest.mark.parametrize("accepted", [False, True])
def test_a_touch_told_after_the_decision_counts_if_it_came_before(
    company, as_a_set, accepted
) -> None:
    handoff = handed_over()
    handoff.refresh_from_db()
    given = {"handoff": handoff, "by": company.anna, "at": local(2, 13)}
    if accepted:
        accept(**given)
    else:
        reject(reason=make_reason(), **given)
    follow(local(2, 13))
    for hour in (12, 15):  # the second one came when nobody waited any more
        told(handoff, "call_outbound", local(2, hour), by=company.admin)
    if as_a_set:
        score_set(Wanted(ids=[handoff.lead_id]), setting_at(local(2, 16)))
    follow(local(2, 16))
    assert clock_of(handoff).stamped_at == local(2, 12)
    handoff.refresh_from_db()
    assert handoff.first_touch_at == local(2, 12)


def test_a_touch_that_was_a_machines_counts_no_more(company) -> None:
    handoff = handed_over()
    first = make_activity(handoff.lead, kind="email_outbound", at=local(2, 11))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 12))
    follow(local(2, 12))
    assert clock_of(handoff).stamped_at == local(2, 11)
    mark_bots(ids=[first.pk], by=company.admin, at=local(2, 13))
    follow(local(2, 13))
    assert clock_of(handoff).stamped_at == local(2, 12)


def test_what_is_no_talk_wakes_no_clock_and_settling_again_says_nothing(company) -> None:
    handoff = handed_over()
    told(handoff, "page_view", local(2, 11), by=company.admin)
    follow(local(2, 11))
    kinds = ["handoff.touched", "handoff.talk_changed"]
    assert not Event.objects.filter(kind__in=kinds).exists()
    told(handoff, "chat", local(2, 11), by=company.admin)
    for minute in (1, 2):
        follow(local(2, 11, minute))
    assert Event.objects.get(kind__in=kinds).kind == "handoff.talk_changed"
