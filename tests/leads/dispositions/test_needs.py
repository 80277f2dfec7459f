"""What each reason needs before it may be given."""

from datetime import date, timedelta

import pytest

from leads.database.models import Lead
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import Incomplete, log_touch, reject
from leads.handoffs.models import Handoff
from portal.events.models import Event
from tests.factories import (
    make_activity,
    make_handoff,
    make_lead,
    make_reason,
)

pytestmark = pytest.mark.django_db


REFUSALS = [
    ({"reason": None}, "Choose a reason: a rejection without one teaches nobody."),
    ({"reason": "not_stated"}, "Choose a reason: “not stated” is for imports only."),
    ({"reason": "gone"}, "“Gone” is no longer offered. Choose another reason."),
    ({"reason": "other"}, "“Other, in words” needs words: say in the note why."),
    ({"reason": "other", "note": "x" * 5001}, "Shorten the note to 5,000 characters."),
    ({"reason": "bad_timing"}, "“Bad timing” needs a date: choose when the lead may come back."),
    (
        {"reason": "bad_timing", "recycle_on": date(2026, 3, 2)},
        "Choose a date after today, 2 March 2026.",
    ),
    (
        {"reason": "bad_timing", "recycle_on": date(9999, 1, 1)},
        "Choose a date within the next five years.",
    ),
    (
        {"reason": "unresponsive"},
        (
            "“Unresponsive” needs 2 logged attempts; logged so far: 0. "
            "Log a call, a mail or a message first."
        ),
    ),
    ({"reason": "duplicate"}, "Choose the lead that this one is a duplicate of: it stays."),
    ({"reason": "no_budget", "wrong_rules": [""]}, "Choose wrong rules from the list only."),
]


@pytest.mark.parametrize(("given", "sentence"), REFUSALS, ids=[r[1][:40] for r in REFUSALS])
def test_what_is_missing_is_said_and_nothing_is_stored(handoff, anna, now, given, sentence) -> None:
    make_reason("gone", label="Gone", is_active=False)
    code = given["reason"]
    reason = Reason.objects.get(code=code) if code else None
    with pytest.raises(Incomplete) as refusal:
        reject(handoff=handoff, by=anna, at=now, **given | {"reason": reason})
    assert str(refusal.value) == sentence
    assert not Disposition.objects.exists()
    assert Handoff.objects.get(pk=handoff.pk).is_open
    assert not Event.objects.filter(kind="handoff.rejected").exists()


def test_a_duplicate_is_of_another_visible_open_lead(handoff, anna, team, now) -> None:
    duplicate = Reason.objects.get(code="duplicate")

    def refused(of) -> str:
        with pytest.raises(Incomplete) as refusal:
            reject(handoff=handoff, reason=duplicate, by=anna, at=now, duplicate_of=of)
        return str(refusal.value)

    assert refused(make_lead()) == refused(None)  # one that she does not see
    assert refused(handoff.lead) == "A lead is not its own duplicate. Choose another."
    stays, closed = (make_handoff(owner=anna, team=team).lead for _ in range(2))
    Lead.objects.filter(pk=closed.pk).update(duplicate_of=stays)
    closed.refresh_from_db()
    assert refused(closed) == (f"{closed} is closed as a duplicate of {stays}. Choose {stays}.")


def test_attempts_are_counted_from_the_handoff_on(handoff, anna, now) -> None:
    unresponsive = Reason.objects.get(code="unresponsive")
    make_activity(handoff.lead, kind="call_outbound", at=now - timedelta(seconds=1))
    make_activity(handoff.lead, kind="call_outbound", at=now)
    make_activity(handoff.lead, kind="email_opened", at=now)
    with pytest.raises(Incomplete, match="logged so far: 1"):
        reject(handoff=handoff, reason=unresponsive, by=anna, at=now)
    log_touch(
        lead=handoff.lead, handoff=handoff, kind="email_outbound", outcome="sent", note="",
        by=anna, at=now,
    )  # fmt: skip
    reject(handoff=handoff, reason=unresponsive, by=anna, at=now)


def test_one_needed_attempt_reads_as_one(handoff, anna, now) -> None:
    reason = make_reason("quiet", label="Quiet", needs_attempts=1)
    with pytest.raises(Incomplete, match=r"“Quiet” needs 1 logged attempt, and 0 is logged\."):
        reject(handoff=handoff, reason=reason, by=anna, at=now)
