"""Leads that were handed over and sent back: what hands them over once more."""

from datetime import date, timedelta

import pytest

from leads.database.models import Stage, StageChange
from leads.dispositions.models import Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Cause, Handoff
from portal.events.delivery import deliver_pending
from scoring.engine.due import settle_due
from scoring.engine.services import settle
from tests.factories import make_activity, make_facts, make_lead, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
VP = {"title": "VP Revenue Operations", "industry": "B2B SaaS", "company_size": 300}


class TestReEntry:
    @pytest.fixture
    def rejected(self, version, team, now):
        lead = make_lead(facts={**VP, "timeline": "within_30_days"})
        settle([lead.pk], at=now)
        sdr = make_user(role="sdr", team=team)
        reject(
            handoff=Handoff.objects.get(),
            reason=Reason.objects.get(code="bad_timing"),
            by=sdr,
            at=now + timedelta(hours=1),
            recycle_on=date(2026, 4, 1),
        )
        deliver_pending(at=now + timedelta(hours=1))
        return lead

    def test_new_intent_before_the_date_waits_for_the_date(self, rejected, now):
        make_activity(rejected, kind="demo_request", at=now + timedelta(days=2))
        settle([rejected.pk], at=now + timedelta(days=2))
        assert Handoff.objects.count() == 1
        # 00:00 of 1 April in Berlin is 22:00 UTC the evening before.
        opening = now.replace(month=3, day=31, hour=22, minute=0)
        while settle_due(at=opening - timedelta(seconds=1)):
            pass
        assert Handoff.objects.count() == 1
        assert settle_due(at=opening) == 1
        assert Handoff.objects.order_by("pk").last().cause == Cause.RE_ENTRY

    def test_a_date_that_comes_without_new_intent_changes_nothing(self, rejected, now):
        settle([rejected.pk], at=now + timedelta(days=60))
        assert Handoff.objects.count() == 1
        assert StageChange.objects.get(lead=rejected, left_at=None).stage == Stage.RECYCLED

    def test_intent_from_before_the_rejection_does_not_count(self, rejected, now):
        make_activity(rejected, kind="demo_request", at=now - timedelta(days=1))
        settle([rejected.pk], at=now + timedelta(days=60))
        assert Handoff.objects.count() == 1


def test_a_lead_to_mend_is_handed_off_again_only_after_a_fact_changed(version, team, now):
    lead = make_lead(facts={**VP, "timeline": "within_30_days"})
    settle([lead.pk], at=now)
    reject(
        handoff=Handoff.objects.get(),
        reason=Reason.objects.get(code="bad_contact_data"),
        by=make_user(role="sdr", team=team),
        at=now + timedelta(hours=1),
    )
    make_activity(lead, kind="demo_request", at=now + timedelta(hours=2))
    settle([lead.pk], at=now + timedelta(hours=2))
    assert Handoff.objects.count() == 1
    make_facts(lead, at=now + timedelta(hours=3), title="VP Sales")
    settle([lead.pk], at=now + timedelta(hours=3))
    assert Handoff.objects.count() == 2
