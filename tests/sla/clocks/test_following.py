"""Clocks follow their handoffs: from the default terms, through whatever happens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.handoffs.models import Origin
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock
from sla.clocks.services import sync_clocks
from sla.terms.defaults import default_clauses
from tests.factories import make_activity, make_facts, make_handoff, make_lead, make_terms
from tests.sla.clocks.builders import SIGNED, clock_of, decide, local, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def terms():
    return make_terms(at=SIGNED)


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (local(2, 10), local(2, 14)),
        (local(2, 8), local(2, 13)),
        (local(6, 16, 30), local(9, 12, 30)),
        (local(6, 17), local(9, 13)),
        (local(7, 15), local(9, 13)),
        (local(7, 20), local(9, 13)),
        (local(8, 3), local(9, 13)),
    ],
)
def test_a_first_touch_is_due_after_four_working_hours(made, due) -> None:
    clock = clock_of(started(made))
    assert (clock.started_at, clock.due_at) == (made, due)
    assert clock.warn_at == due - timedelta(hours=1)


def test_a_disposition_is_due_after_a_day_and_a_night() -> None:
    handoff = started(local(7, 15))
    assert clock_of(handoff, "disposition").due_at == local(8, 15)
    handoff.refresh_from_db()
    assert handoff.due_at == local(8, 15)  # Saturday's lead: the disposition comes first
    assert handoff.warn_at == local(8, 9)


def test_clocks_start_when_the_handoff_was_made_however_late_that_is_noticed() -> None:
    made = local(2, 10)
    handoff = make_handoff(at=made)
    sync_clocks([handoff.pk], at=made + timedelta(hours=6))
    assert clock_of(handoff).due_at == local(2, 14)


def test_nothing_runs_before_the_first_terms_nor_for_imported_history() -> None:
    early = started(SIGNED - timedelta(seconds=1))
    imported = started(local(2, 10), origin=Origin.IMPORTED, cause="imported")
    assert not Clock.objects.filter(handoff__in=[early, imported]).exists()


def test_a_running_clock_keeps_the_terms_it_started_under(terms) -> None:
    handoff = started(local(2, 10))
    clauses = default_clauses("Europe/Berlin")
    clauses[3]["body"]["amount_s"] = 3600
    later = make_terms(at=local(2, 11), clauses=clauses)
    sync_clocks([handoff.pk], at=local(2, 12))
    assert clock_of(handoff).version_id == terms.pk
    assert clock_of(handoff).due_at == local(2, 14)
    new = started(local(3, 10))
    assert clock_of(new).version_id == later.pk
    assert clock_of(new).due_at == local(3, 11)


def test_the_earliest_touch_wins_even_when_it_arrives_late() -> None:
    handoff = started(local(2, 10))
    late = make_activity(handoff.lead, kind="call_outbound", at=local(2, 15))
    follow_handoffs([handoff.pk], at=local(2, 15))
    clock = clock_of(handoff)
    assert (clock.stamped_at, clock.stamp_activity) == (local(2, 15), late.pk)
    assert clock.is_breached
    first = make_activity(handoff.lead, kind="email_outbound", at=local(2, 13))
    follow_handoffs([handoff.pk], at=local(2, 16))
    clock = clock_of(handoff)
    assert (clock.stamped_at, clock.stamp_activity) == (local(2, 13), first.pk)
    assert clock.worked == 3 * 3600
    assert not clock.is_breached
    breach = clock.breaches.get()
    assert (breach.at, breach.withdrawn_at) == (local(2, 14), local(2, 16))


def test_a_touch_in_the_second_of_the_handoff_counts_and_one_before_does_not() -> None:
    handoff = started(local(2, 10))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 10) - timedelta(seconds=1))
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at is None
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 10))
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at == local(2, 10)


@pytest.mark.parametrize("kind", ["email_sent", "page_view", "call_missed", "email_replied"])
def test_what_no_person_of_ours_did_is_no_touch(kind) -> None:
    handoff = started(local(2, 10))
    make_activity(handoff.lead, kind=kind, at=local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at is None


@pytest.mark.parametrize(
    ("kind", "policy", "counts"),
    [
        ("call_outbound", None, True),
        ("email_outbound", None, True),
        ("linkedin_outbound", None, True),
        ("meeting_held", None, True),
        ("meeting_booked", None, False),
        ("meeting_booked", ["call_outbound", "meeting_booked"], True),
        ("email_outbound", ["call_outbound", "meeting_booked"], False),
    ],
)
def test_the_touch_policy_says_what_reaches_a_lead(kind, policy, counts) -> None:
    if policy is not None:
        clauses = default_clauses("Europe/Berlin")
        clauses[2]["body"]["touch_kinds"] = policy
        make_terms(at=SIGNED + timedelta(days=1), clauses=clauses)
    handoff = started(local(2, 10))
    make_activity(handoff.lead, kind=kind, at=local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at == (local(2, 11) if counts else None)


def test_automated_mail_counts_once_the_lead_wrote() -> None:
    handoff = started(local(2, 10))
    make_activity(handoff.lead, kind="email_sent", at=local(2, 11))
    make_activity(handoff.lead, kind="email_replied", at=local(2, 12))
    make_activity(handoff.lead, kind="email_sent", at=local(2, 13))
    sync_clocks([handoff.pk], at=local(2, 13))
    assert clock_of(handoff).stamped_at == local(2, 13)


def test_a_touch_marked_as_a_bots_is_none() -> None:
    handoff = started(local(2, 10))
    make_activity(handoff.lead, kind="email_outbound", at=local(2, 11), is_bot=True)
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at is None


def test_a_disposition_ends_both_clocks() -> None:
    handoff = started(local(2, 10))
    decide(handoff, local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    touch, decision = clock_of(handoff), clock_of(handoff, "disposition")
    assert (touch.stamped_at, touch.ended_at) == (None, local(2, 11))
    assert (decision.stamped_at, decision.ended_at) == (local(2, 11), local(2, 11))
    assert decision.worked == 3600
    handoff.refresh_from_db()
    assert (handoff.due_at, handoff.warn_at) == (None, None)


def test_a_withdrawn_disposition_leaves_the_clocks_as_if_they_had_never_stopped() -> None:
    handoff = started(local(2, 10))
    before = list(Clock.objects.order_by("pk").values())
    decide(handoff, local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 12))
    sync_clocks([handoff.pk], at=local(2, 12))
    assert clock_of(handoff).stamped_at is None  # after the disposition nobody waits for a touch
    decide(handoff, None)
    sync_clocks([handoff.pk], at=local(2, 13))
    assert clock_of(handoff).stamped_at == local(2, 12)
    Clock.objects.filter(kind="first_touch").update(
        stamped_at=None, stamp_activity=None, worked=None
    )
    assert list(Clock.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(("untouched", "stamp"), [("ended", None), ("met", local(2, 11))])
def test_the_terms_say_what_an_untouched_clock_is(untouched, stamp) -> None:
    clauses = default_clauses("Europe/Berlin")
    clauses[3]["body"] |= {"untouched": untouched, "name": "Touched"}
    make_terms(at=SIGNED + timedelta(days=1), clauses=clauses)
    handoff = started(local(2, 10))
    decide(handoff, local(2, 11))
    sync_clocks([handoff.pk], at=local(2, 11))
    assert clock_of(handoff).stamped_at == stamp


def test_of_two_promises_of_a_kind_the_first_that_applies_runs() -> None:
    clauses = default_clauses("Europe/Berlin")
    fast = {
        **clauses[3],
        "key": "fast-touch",
        "position": 2,
        "body": {
            **clauses[3]["body"],
            "name": "Fast touch",
            "amount_s": 900,
            "applies": {"fast_track": True},
        },
    }
    swiss = {**fast, "key": "swiss-touch", "body": {**fast["body"], "name": "Swiss touch"}}
    swiss["body"] |= {"amount_s": 1800, "applies": {"segment": {"country": ["Switzerland"]}}}
    make_terms(at=SIGNED + timedelta(days=1), clauses=[*clauses, fast, swiss])
    demo = started(local(2, 10), cause="fast_track")
    other = started(local(2, 10))
    lead = make_lead(at=local(2, 8))
    make_facts(lead, at=local(2, 8), country=" switzerland")
    make_facts(lead, at=local(2, 10, 1), country="France")  # after it was handed over
    moved = make_handoff(lead, at=local(2, 10))
    sync_clocks([moved.pk], at=local(2, 11))
    assert clock_of(moved).promise == "swiss-touch"
    assert clock_of(demo).promise == "fast-touch"
    assert clock_of(demo).due_at == local(2, 10, 15)
    assert clock_of(other).promise == "first-touch"


def test_a_touch_logged_after_the_disposition_counts_if_it_came_before() -> None:
    handoff = started(local(2, 10))
    decide(handoff, local(2, 13))
    follow_handoffs([handoff.pk], at=local(2, 13))
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 12))
    follow_handoffs([handoff.pk], at=local(2, 15))
    assert clock_of(handoff).stamped_at == local(2, 12)


def statements(count: int) -> tuple[int, int]:
    handoffs = [make_handoff(at=local(2, 10)) for _ in range(count)]
    ids = [handoff.pk for handoff in handoffs]
    with CaptureQueriesContext(
        connection,
    ) as starting:
        follow_handoffs(ids, at=local(2, 10))
    for handoff in handoffs:
        make_activity(handoff.lead, kind="call_outbound", at=local(2, 15))
    with CaptureQueriesContext(connection) as touching:
        follow_handoffs(ids, at=local(2, 15))
    assert Clock.objects.filter(handoff__in=ids, is_breached=True).count() == count
    return len(starting), len(touching)


def test_forty_handoffs_cost_the_statements_of_one() -> None:
    assert statements(1) == statements(40)
