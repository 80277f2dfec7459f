"""What somebody leaves undone waits for their sales lead, who passes it on in sets."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.models import Lead, Stage, Standing
from leads.database.opportunities import open_opportunity
from leads.tasks.handlers import tell_new_owner, tell_of_what_is_left
from leads.tasks.leaving import left_follow_ups, left_leads, pass_on_what_is_left
from leads.tasks.models import FollowUp
from leads.tasks.services import create_follow_up
from portal.accounts.models import Membership, User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from portal.events.services import record
from portal.notifications.models import Notification
from tests.factories import make_handoff, make_lead, make_team, make_user, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team("Inbound", is_default=True)


@pytest.fixture
def boss(team):
    return make_user(name="Sam Lee", role="sales_lead", team=team)


@pytest.fixture
def hugo(team):
    return make_user(name="Hugo", role="account_executive", team=team)


@pytest.fixture
def elena(team):
    return make_user(name="Elena", role="account_executive", team=team)


def sql_of(owner, now) -> Lead:
    lead = make_lead()
    set_stage(lead, Stage.SQL)
    for model in (Lead, Standing):
        model.objects.filter(pk=lead.pk).update(owner=owner)
    due = now + timedelta(days=1)
    create_follow_up(lead=lead, assignee=owner, due_at=due, why="Call", by=owner, at=now)
    return Lead.objects.get(pk=lead.pk)


def leave(user) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def give(team, boss, now, *, leads=(), follow_ups=(), to):
    return pass_on_what_is_left(
        team=team, lead_ids=[one.pk for one in leads],
        follow_up_ids=[one.pk for one in follow_ups], to=to, by=boss, at=now,
    )  # fmt: skip


def test_what_is_left_is_found_once_they_have_left(team, hugo, now) -> None:
    lead, sold = sql_of(hugo, now), sql_of(hugo, now)
    handoff = make_handoff(sold, is_decided=True, decided_at=now, outcome="accepted")
    open_opportunity(handoff=handoff, owner=hugo, value=5, by=hugo, at=now)
    assert not left_leads(team).exists()
    leave(hugo)
    assert list(left_leads(team)) == [lead]
    assert left_follow_ups(team).count() == 2
    assert not left_leads(make_team()).exists()


def test_who_was_in_no_team_is_the_default_teams(team, hugo, now) -> None:
    lead = sql_of(hugo, now)
    Membership.objects.filter(user=hugo).delete()
    leave(hugo)
    assert list(left_leads(team)) == [lead]
    assert not left_leads(make_team()).exists()


def test_a_lead_goes_with_its_follow_ups(team, boss, hugo, elena, now) -> None:
    first, second = sql_of(hugo, now), sql_of(hugo, now)
    leave(hugo)
    passed = give(team, boss, now, leads=[first], to=elena)
    assert (passed.leads, len(passed.follow_ups)) == ([first.pk], 1)
    assert [Lead.objects.get(pk=one.pk).owner for one in (first, second)] == [elena, hugo]
    assert Standing.objects.get(pk=first.pk).owner == elena
    assert FollowUp.objects.get(lead=first).assignee == elena
    event = Event.objects.get(kind="lead.passed_on")
    assert (event.actor, event.payload) == (boss, {"from": hugo.pk, "to": elena.pk})
    with pytest.raises(Conflict, match="Somebody else has passed this on already"):
        give(team, boss, now, leads=[first], to=elena)


def test_a_follow_up_alone_goes_to_anybody_who_is_there(team, boss, hugo, now) -> None:
    lead = sql_of(hugo, now)
    leave(hugo)
    anna = make_user(name="Anna", team=team)
    give(team, boss, now, follow_ups=FollowUp.objects.all(), to=anna)
    assert FollowUp.objects.get().assignee == anna
    assert Lead.objects.get(pk=lead.pk).owner == hugo


def test_who_may_pass_on_and_who_may_take(team, boss, hugo, elena, now) -> None:
    lead = sql_of(hugo, now)
    leave(hugo)
    for by in (elena, make_user(role="sales_lead", team=make_team())):
        with pytest.raises(NotAllowed):
            give(team, by, now, leads=[lead], to=elena)
    with pytest.raises(DomainError, match="takes no SQLs"):
        give(team, boss, now, leads=[lead], to=make_user(team=team))
    leave(elena)
    elena.refresh_from_db()
    with pytest.raises(DomainError, match="Elena has left"):
        give(team, boss, now, leads=[lead], to=elena)


def test_sales_leads_and_new_owners_are_told_once(team, boss, hugo, elena, now) -> None:
    lead = sql_of(hugo, now)
    leave(hugo)
    event = record("person.left", subject=hugo, actor=None, at=now)
    for _ in range(2):
        tell_of_what_is_left([event], now)
    told = Notification.objects.get(user=boss)
    assert told.text == "Hugo has left: 2 things wait for a new owner."
    assert told.url == f"/team/{team.pk}/left/"
    give(team, boss, now, leads=[lead], to=elena)
    for kind in ("lead.passed_on", "follow_up.passed_on"):
        for _ in range(2):
            tell_new_owner(list(Event.objects.filter(kind=kind)), now)
    texts = Notification.objects.filter(user=elena).order_by("pk").values_list("text", flat=True)
    assert list(texts) == [
        f"{lead.label} is yours now: who had this SQL has left.",
        f"A follow-up is yours now, {lead.label}: Call",
    ]


def test_who_comes_back_is_told_nothing(team, boss, hugo, now) -> None:
    sql_of(hugo, now)
    event = record("person.left", subject=hugo, actor=None, at=now)
    tell_of_what_is_left([event], now)
    assert not Notification.objects.exists()


def test_one_and_forty_cost_the_same(team, boss, hugo, elena, now) -> None:
    leads = [sql_of(hugo, now) for _ in range(41)]
    leave(hugo)

    def cost(some) -> int:
        with CaptureQueriesContext(connection) as queries:
            give(team, boss, now, leads=some, to=elena)
        return len(queries)

    assert cost(leads[:1]) == cost(leads[1:])
