"""Promises without a clock: each counted over the handoffs that it is about."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.database.models import Lead
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Cause, Handoff
from portal.agreements.models import Version
from portal.agreements.overrides import override
from portal.agreements.services import propose, start_draft
from sla.scoreboard.counted import asks_what_was_known, count_promises, promises_in_force
from sla.scoreboard.period import Period, read_period
from sla.terms.defaults import default_clauses
from tests.factories import (
    make_activity,
    make_facts,
    make_handoff,
    make_lead,
    make_reason,
    make_source,
    make_terms,
    make_user,
)

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 10, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def promise(kind: str, **body) -> dict:
    side = "sales" if kind in {"attempts", "reason_required"} else "marketing"
    given = {"name": kind, "kind": kind, "side": side} | body
    return {"kind": "promise", "key": kind.replace("_", "-"), "position": 50, "body": given,
            "rationale": ""}  # fmt: skip


def signed(*promises: dict) -> None:
    make_terms(at=SIGNED, clauses=[*default_clauses("Europe/Berlin"), *promises])


def counted(since=SIGNED, before=NOW):
    promises = promises_in_force(since=since, before=before, at=NOW)
    read = read_period(
        Period(since, before), user=None, at=NOW, with_known=asks_what_was_known(promises)
    )
    effects = dict(Reason.objects.values_list("code", "effect"))
    rows = count_promises(promises, read.handoffs, read.tries, effects=effects, zone=BERLIN, at=NOW)
    return rows[0] if len(rows) == 1 else rows


def test_handoffs_a_month_by_the_organisations_midnight_and_this_month_so_far() -> None:
    signed(promise("volume", at_least=2))
    last_night = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # February in Berlin
    for at in (last_night, FEBRUARY, NOW - timedelta(days=3)):
        make_handoff(at=at)
    found = counted()
    assert [(month.begins.month, month.made, month.is_over) for month in found.months] == [
        (2, 2, True), (3, 1, False)
    ]  # fmt: skip
    assert found.is_kept
    assert "at least 2 leads a month" in found.sentence


def test_a_packet_carries_facts_contact_and_evidence_as_known_at_the_handoff() -> None:
    signed(promise("packet", percent=90, fields=["industry", "phone"], evidence=["activity"]))
    whole, late, none = (make_lead(phone="+49 30 1", at=SIGNED) for _ in range(3))
    make_facts(whole, at=SIGNED, industry="software")
    make_facts(late, at=FEBRUARY + timedelta(days=1), industry="software")
    for lead in (whole, late, none):
        make_activity(lead, at=FEBRUARY - timedelta(days=1))
        make_handoff(lead, at=FEBRUARY)
    found = counted()
    assert (found.met, found.n) == (1, 3)
    Lead.objects.filter(pk=whole.pk).update(phone="")
    assert counted().met == 0


def test_high_intent_is_what_the_lead_did_before_it_was_handed_over() -> None:
    signed(promise("high_intent", percent=60, signals=["demo_request"]))
    for offset in (-1, 1):
        lead = make_lead(at=SIGNED)
        make_activity(lead, kind="demo_request", at=FEBRUARY + timedelta(days=offset))
        make_handoff(lead, at=FEBRUARY)
    assert (counted().met, counted().n) == (1, 2)


def decided(handoff: Handoff, outcome: str, reason: str = "", effect: str = "recycle") -> None:
    Disposition.objects.create(
        handoff=handoff, origin="live", outcome=outcome, decided_by=make_user(),
        reason=make_reason(reason, effect=effect) if reason else None,
        decided_at=FEBRUARY + timedelta(days=5),
    )  # fmt: skip


def test_acceptance_leaves_duplicates_and_mends_out_and_says_nothing_of_few() -> None:
    signed(promise("acceptance_rate", percent=60))
    for number in range(30):
        decided(make_handoff(at=FEBRUARY), "accepted" if number % 3 else "rejected",
                "" if number % 3 else "no_budget")  # fmt: skip
    decided(make_handoff(at=FEBRUARY), "rejected", "duplicate", "duplicate")
    found = counted()
    assert (found.met, found.n, found.is_kept) == (20, 30, True)
    assert found.share is not None
    Disposition.objects.filter(outcome="accepted").update(withdrawn_at=NOW)
    few = counted()
    assert (few.n, few.is_kept, few.share) == (10, None, None)


def test_attempts_are_counted_until_the_lead_was_called_unresponsive() -> None:
    signed(promise("attempts", at_least=2))
    for tries in (1, 2):
        handoff = make_handoff(at=FEBRUARY)
        for number in range(tries):
            at = FEBRUARY + timedelta(days=1 + number)
            make_activity(handoff.lead, kind="call_outbound", at=at)
        make_activity(handoff.lead, kind="call_outbound", at=FEBRUARY + timedelta(days=9))
        decided(handoff, "rejected", "unresponsive")
    decided(make_handoff(at=FEBRUARY), "rejected", "no_budget")
    assert (counted().met, counted().n) == (1, 2)


def test_only_what_the_promise_is_about_is_counted() -> None:
    applies = {"grades": ["A1"], "fast_track": True, "sources": ["website"]}
    signed(promise("volume", at_least=1, applies=applies))
    source = make_source("Website")
    given = {"grade": "A1", "cause": Cause.FAST_TRACK, "source_id": source.pk}
    make_handoff(at=FEBRUARY, **given)
    make_handoff(at=FEBRUARY, **given | {"grade": "B1"})
    make_handoff(at=FEBRUARY, **given | {"cause": Cause.SALES_READY})
    make_handoff(at=FEBRUARY, **given | {"source_id": None})
    assert [month.made for month in counted().months] == [1]


def test_a_segment_asks_for_the_facts_of_that_day() -> None:
    applies = {"segment": {"country": ["Germany"]}}
    signed(promise("volume", at_least=1, applies=applies))
    was, became = make_lead(at=SIGNED), make_lead(at=SIGNED)
    make_facts(was, at=SIGNED, country=" germany ")
    make_facts(became, at=FEBRUARY + timedelta(days=1), country="Germany")
    for lead in (was, became):
        make_handoff(lead, at=FEBRUARY)
    assert [month.made for month in counted().months] == [1]


def test_each_handoff_counts_under_the_terms_of_its_day() -> None:
    signed(promise("volume", at_least=1))
    clauses = [*default_clauses("Europe/Berlin"), promise("volume", at_least=9)]
    make_terms(at=datetime(2026, 3, 1, tzinfo=UTC), clauses=clauses)
    for at in (FEBRUARY, FEBRUARY, NOW - timedelta(days=1)):
        make_handoff(at=at)
    first, second = counted()
    assert [(one.version, one.months[0].made) for one in (first, second)] == [(1, 2), (2, 1)]
    assert counted(before=datetime(2026, 2, 28, tzinfo=UTC)).version == 1


def test_the_days_of_an_emergency_override_count_under_it_but_for_the_months_number() -> None:
    signed(promise("high_intent", percent=50, signals=["demo_request"]),
           promise("volume", at_least=3))  # fmt: skip
    agreement = Version.objects.get(agreement__kind="terms").agreement
    clauses = [*default_clauses("Europe/Berlin"),
               promise("high_intent", percent=50, signals=["webinar_attended"]),
               promise("volume", at_least=9)]  # fmt: skip
    by = make_user(role="marketing_lead")
    draft = start_draft(agreement=agreement, by=by, at=FEBRUARY, clauses=clauses)
    draft = propose(version=draft, by=by, at=FEBRUARY)
    made = override(
        version=draft, sha256=draft.sha256, reason="The webinar brings only these leads.",
        lasts=timedelta(days=2), by=make_user(role="leadership"), at=FEBRUARY,
    )  # fmt: skip
    for at, kind in (
        (FEBRUARY - timedelta(seconds=1), "demo_request"),
        (FEBRUARY, "webinar_attended"),
        (made.ends_at - timedelta(seconds=1), "demo_request"),
        (made.ends_at, "demo_request"),
    ):
        lead = make_lead(at=SIGNED)
        make_activity(lead, kind=kind, at=at - timedelta(hours=1))
        make_handoff(lead, at=at)
    intent, volume, instead = counted()
    assert (intent.version, intent.met, intent.n) == (1, 2, 2)
    assert (instead.version, instead.met, instead.n) == (2, 1, 2)
    assert (volume.version, [month.made for month in volume.months]) == (1, [4])
    assert counted(since=made.ends_at)[0].version == 1
