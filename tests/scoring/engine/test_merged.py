"""A merge equals having been one lead from the start: facts at every instant, and the score."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from leads.activities.models import TrackedObject
from leads.activities.services import ActivityInput, record_activities, retag
from leads.database.facts import FactChange, current_facts, known_facts, write_facts
from leads.database.models import Lead, StaleCause, Standing
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.dispositions.merging import merge, unmerge
from leads.dispositions.models import Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Cause, Handoff
from portal.accounts.models import User
from scoring.engine.services import settle
from tests.factories import (
    AT,
    make_activity,
    make_definition,
    make_handoff,
    make_lead,
    make_team,
    make_user,
)

TITLES = ("CEO", "Intern", "Head of Sales", "Clerk", None)
FACTS = {
    "title": st.sampled_from(TITLES),
    "seniority": st.sampled_from(["vp", "manager", None]),
    "city": st.sampled_from(["Ulm", "Graz", None]),
    "industry": st.sampled_from(["software", "retail", None]),
    "company_size": st.sampled_from([5, 300, None]),
}
STEP = timedelta(minutes=1)


@st.composite
def statements(draw: Any) -> dict[str, Any]:
    """One thing that is said of one of two leads, known from some day, by somebody."""
    names = draw(st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=3, unique=True))
    return {
        "lead": draw(st.integers(0, 1)),
        "day": draw(st.integers(0, 6)),
        "set_by": draw(st.sampled_from([SetBy.PERSON, SetBy.FORM, SetBy.IMPORT])),
        "values": {name: draw(FACTS[name]) for name in names},
    }


ACTIVITIES = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["page_view", "demo_request", "content_download", "subscription"]),
    st.integers(0, 40),
)


def new_lead(name: str, at: datetime) -> Lead:
    one = LeadInput(email=f"{name}@acme.test", name=name, created_at=at)
    (found,) = find_or_create_leads(
        [one], external_source="test", by=None, at=at, cause=StaleCause.LIVE
    )
    return Lead.objects.get(pk=found.lead_id)


def say(lead: Lead, said: dict[str, Any], at: datetime) -> None:
    change = FactChange(lead.pk, AT + said["day"] * timedelta(days=1), said["values"])
    write_facts([change], set_by=said["set_by"], by=None, at=at, cause=StaleCause.LIVE)


def act(lead: Lead, kind: str, day: int, key: str) -> None:
    about = {"object_kind": "page", "object_key": "/pricing"} if kind == "page_view" else {}
    done = ActivityInput(lead.pk, kind, AT - timedelta(days=day), key, **about)
    record_activities([done], source="test", by=None, at=AT)


def facts_by_instant(lead: Lead) -> list[tuple[datetime, dict[str, Any]]]:
    """What is known from each instant on, repeats left out."""
    found: list[tuple[datetime, dict[str, Any]]] = []
    for row in known_facts([lead.pk]).get(lead.pk, []):
        if not found or found[-1][1] != row.values:
            found.append((row.known_from, dict(row.values)))
    return [one for one in found if one[1] or one is not found[0]]


def score(lead: Lead, at: datetime) -> tuple[Any, ...]:
    settle([lead.pk], at=at)
    return Standing.objects.values_list(
        "fit", "engagement", "total", "grade", "gates", "fired"
    ).get(pk=lead.pk)


class Merged(TestCase):
    """The two databases hold the same whatever is said, in whatever order, of two leads."""

    admin: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.admin = make_user(role="admin")
        make_definition(at=AT - timedelta(days=300))
        about = TrackedObject.objects.create(kind="page", key="/pricing")
        retag(object=about, tags=["pricing"], by=cls.admin, at=AT)

    @settings(max_examples=settings.default.max_examples // 2)  # each makes and scores three leads
    @given(st.lists(statements(), max_size=9), st.lists(ACTIVITIES, max_size=5), st.integers(0, 1))
    def test_a_merge_equals_having_been_one_lead(
        self, said: list[dict[str, Any]], done: list[tuple[int, str, int]], stays: int
    ) -> None:
        pair = new_lead("one", AT), new_lead("two", AT - timedelta(days=3))
        kept, gone = pair[stays], pair[1 - stays]
        whole = new_lead("whole", AT - timedelta(days=3))
        at = AT
        for each in said:
            at += STEP
            one = news(pair[each["lead"]], each)
            for lead in (pair[one["lead"]], whole):
                say(lead, one, at)
        for place, (which, kind, day) in enumerate(done):
            act(pair[which], kind, day, f"{place}")
            act(whole, kind, day, f"whole-{place}")
        before = facts_by_instant(kept), facts_by_instant(gone), score(kept, at), score(gone, at)

        made = merge(kept=kept, gone=gone, by=self.admin, at=at)
        assert facts_by_instant(kept) == facts_by_instant(whole)
        later = AT + timedelta(days=10)
        assert score(kept, later) == score(whole, later)

        unmerge(merge=made, by=self.admin, at=at)
        settle([kept.pk, gone.pk], at=at)
        assert before == (
            facts_by_instant(kept), facts_by_instant(gone), score(kept, at), score(gone, at),
        )  # fmt: skip


def news(lead: Lead, said: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says again what stands: it leaves no trace, and cannot speak after a merge."""
    since = AT + said["day"] * timedelta(days=1)
    known = current_facts([lead.pk], at=since)[lead.pk]
    values = {name: one for name, one in said["values"].items() if known.get(name) != one}
    return said | {"values": values}


@pytest.mark.django_db
def test_what_lost_on_one_lead_may_stand_on_the_other(now: datetime) -> None:
    day = timedelta(days=1)
    kept, gone = new_lead("kept", now - 9 * day), new_lead("gone", now - 9 * day)
    admin = make_user(role="admin")
    for lead, since, set_by, title in (
        (kept, 1, SetBy.PERSON, "CEO"),
        (gone, 2, SetBy.PERSON, "CTO"),
        (gone, 3, SetBy.PERSON, None),
        (kept, 4, SetBy.IMPORT, "Clerk"),
    ):
        change = FactChange(lead.pk, now + since * day, {"title": title})
        write_facts([change], set_by=set_by, by=None, at=now + since * day, cause=StaleCause.LIVE)
    merge(kept=kept, gone=gone, by=admin, at=now + 5 * day)
    titles = [facts.get("title") for _, facts in facts_by_instant(kept)]
    assert titles == [None, "CEO", "CTO", None, "Clerk"]


@pytest.mark.django_db
def test_a_duplicate_s_rejection_does_not_make_old_intent_of_new(now: datetime) -> None:
    """The intent came after the judgement and before the duplicate was closed: it is new."""
    make_definition(at=now - timedelta(days=300))
    team = make_team(is_default=True)
    sdr, facts = make_user(team=team), {"title": "VP Sales", "industry": "software"}
    kept = make_lead(facts={**facts, "company_size": 300, "timeline": "within_30_days"})
    settle([kept.pk], at=now)
    first, reasons = Handoff.objects.get(), Reason.objects
    reject(
        handoff=first,
        reason=reasons.get(code="bad_timing"),
        by=sdr,
        at=now + timedelta(hours=1),
        recycle_on=date(2026, 4, 1),
    )
    gone = make_lead()
    make_activity(gone, kind="demo_request", at=now + timedelta(days=2))
    again = make_handoff(gone, owner=sdr, team=team, at=now + timedelta(days=2))
    reject(
        handoff=again,
        reason=reasons.get(code="duplicate"),
        by=sdr,
        at=now + timedelta(days=3),
        duplicate_of=kept,
    )
    settle([kept.pk], at=now + timedelta(days=40))
    last = Handoff.objects.order_by("pk").last()
    assert last is not None
    assert (last.lead, last.cause) == (kept, Cause.RE_ENTRY)
