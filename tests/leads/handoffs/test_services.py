from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.database.models import Lead, Stage, StageChange, Standing
from leads.handoffs.handlers import tell_owner
from leads.handoffs.models import Cause, Handoff, Release
from leads.handoffs.services import (
    NewHandoff,
    NewRelease,
    close_releases,
    default_team,
    make_handoffs,
    queue_releases,
    set_due,
    set_scores,
)
from portal.core.errors import DomainError
from portal.events.models import Event, EventLead
from portal.notifications.models import Notification
from tests.factories import make_handoff, make_lead, make_leads, make_team, make_user, set_stage

pytestmark = pytest.mark.django_db


def new(lead, **values) -> NewHandoff:
    given = {"cause": Cause.SALES_READY, "total": 112, "grade": "A1", "gate": "sales_ready"}
    return NewHandoff(lead_id=lead.pk, **given | values)


def waiting(lead, total=100) -> NewRelease:
    return NewRelease(lead.pk, Release.Cause.RESCORE, "sales_ready", total)


def test_a_lead_goes_to_sales_with_its_score_and_origin(now) -> None:
    team, lead = make_team(is_default=True), make_lead(source="Ads", campaign="Spring")
    (made,) = make_handoffs([new(lead)], by=None, at=now)
    made.refresh_from_db()
    lead.refresh_from_db()
    assert (made.total, made.rank, made.grade, made.team) == (112, 112, "A1", team)
    assert (made.source, made.campaign) == (lead.source, lead.campaign)
    assert (lead.stage, lead.standing.stage) == (Stage.WITH_SALES, Stage.WITH_SALES)
    assert StageChange.objects.get(lead=lead, left_at=None).cause == "handoff.made"
    event = Event.objects.get(kind="handoff.made")
    assert (event.subject_id, event.payload["cause"]) == (made.pk, "sales_ready")
    assert EventLead.objects.get(event=event).lead_id == lead.pk


def test_a_lead_that_sales_has_is_skipped_and_others_are_not(now) -> None:
    has, new_one, sql = make_leads(3)
    make_handoff(has)
    set_stage(sql, Stage.SQL)
    made = make_handoffs([new(has), new(new_one), new(sql), new(new_one)], by=None, at=now)
    assert [one.lead_id for one in made] == [new_one.pk]
    assert Event.objects.filter(kind="handoff.made").count() == 1
    assert make_handoffs([new(has), new(new_one)], by=None, at=now) == []


def test_a_duplicate_is_never_handed_off(now) -> None:
    lead, stays = make_leads(2)
    Lead.objects.filter(pk=lead.pk).update(duplicate_of=stays)
    assert make_handoffs([new(lead)], by=None, at=now) == []


def test_handing_off_clears_the_dates_that_held_the_lead_back(now) -> None:
    lead = make_lead(stage=Stage.RECYCLED)
    Lead.objects.filter(pk=lead.pk).update(recycle_on=now.date(), mend_since=now)
    make_handoffs([new(lead, cause=Cause.RE_ENTRY)], by=None, at=now)
    lead.refresh_from_db()
    assert (lead.recycle_on, lead.mend_since) == (None, None)


def test_by_hand_needs_words(now) -> None:
    by = make_user(role="marketing")
    with pytest.raises(DomainError, match="Say in words why sales should take this lead now"):
        make_handoffs([new(make_lead(), cause=Cause.BY_HAND, words=" ")], by=by, at=now)
    (made,) = make_handoffs([new(make_lead(), cause=Cause.BY_HAND, words="Met at the fair.")],
                            by=by, at=now)  # fmt: skip
    assert (made.words, made.made_by) == ("Met at the fair.", by)


def test_imported_handoffs_do_not_come_this_way(now) -> None:
    with pytest.raises(ValueError, match="imports"):
        make_handoffs([new(make_lead(), cause=Cause.IMPORTED)], by=None, at=now)


def test_a_handed_off_lead_leaves_the_release_list(now) -> None:
    released, own = make_leads(2)
    queue_releases([waiting(released), waiting(own)], at=now)
    by = make_user(role="sales_lead")
    make_handoffs([new(released, cause=Cause.RELEASED), new(own)], by=by, at=now)
    ends = dict(Release.objects.values_list("lead", "end"))
    assert ends == {released.pk: "released", own.pk: "handed_off"}
    assert not Release.objects.waiting().exists()


def test_a_lead_waits_once_and_its_end_is_said_once(now) -> None:
    lead, other = make_leads(2)
    assert queue_releases([waiting(lead), waiting(lead)], at=now) == [lead.pk]
    assert queue_releases([waiting(lead), waiting(other)], at=now) == [other.pk]
    assert queue_releases([], at=now) == []
    end = Release.End.CLOSED
    assert close_releases([lead.pk], end=end, by=None, at=now) == [lead.pk]
    assert close_releases([lead.pk], end=end, by=None, at=now) == []
    kinds = Event.objects.filter(kind__startswith="release.").order_by("pk")
    assert [event.kind for event in kinds] == ["release.queued"] * 2 + ["release.closed"]


def test_teams_default_the_marked_one_the_only_one_or_none(now) -> None:
    assert default_team() is None
    one = make_team()
    assert default_team() == one
    make_team()
    assert default_team() is None
    marked = make_team(is_default=True)
    assert default_team() == marked


def test_due_and_score_are_copied_to_open_handoffs(now) -> None:
    handoff, decided = make_handoff(), make_handoff(is_decided=True, decided_at=now)
    due = now + timedelta(hours=4)
    set_due([(handoff.pk, due, now), (decided.pk, None, None)])
    set_scores([(handoff.lead_id, 97, "B1"), (decided.lead_id, 97, "B1")])
    handoff.refresh_from_db()
    decided.refresh_from_db()
    assert (handoff.due_at, handoff.warn_at) == (due, now)
    assert (handoff.total, handoff.rank, handoff.grade) == (97, 97, "B1")
    assert decided.total is None
    set_due([])
    set_scores([])


def test_one_handoff_and_forty_cost_the_same(now) -> None:
    make_team(is_default=True)

    def cost(leads) -> int:
        queue_releases([waiting(lead) for lead in leads], at=now)
        with CaptureQueriesContext(connection) as queries:
            assert len(make_handoffs([new(lead) for lead in leads], by=None, at=now)) == len(leads)
        return len(queries)

    one, forty = cost(make_leads(1)), cost(make_leads(40))
    # SQLite takes 999 values in a statement, so Django inserts in a few parts.
    allowed = 0 if connection.vendor == "postgresql" else 4
    assert forty <= one + allowed


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE leads_handoff SET is_decided = {false} WHERE id = {closed}",
        "UPDATE leads_handoff SET made_at = NULL WHERE id = {open}",
        "UPDATE leads_handoff SET cause = 'by_hand', words = '' WHERE id = {open}",
        "UPDATE leads_handoff SET outcome = 'maybe' WHERE id = {open}",
        "UPDATE leads_release SET closed_at = opened_at",
        (
            "INSERT INTO leads_release (lead_id, cause, gate, total, opened_at, {quoted}) "
            "SELECT lead_id, cause, gate, total, opened_at, '' FROM leads_release"
        ),
    ],
)
def test_the_database_refuses(change, now) -> None:
    lead = make_lead()
    closed = make_handoff(lead, is_decided=True, decided_at=now, outcome="rejected")
    given = {
        "closed": closed.pk,
        "open": make_handoff(lead).pk,
        "false": "false" if connection.vendor == "postgresql" else "0",
        "quoted": '"end"',
    }
    queue_releases([waiting(lead)], at=now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(**given))


def test_the_owner_is_told_once(now, settings) -> None:
    owner = make_user()
    mine, nobodys = (
        make_handoff(make_lead(name="Lea Novak"), owner=owner, total=112),
        make_handoff(),
    )
    event = Event(kind="handoff.made", subject_id=mine.pk)
    waits = Event(kind="handoff.made", subject_id=nobodys.pk)
    tell_owner([event, waits], now)
    tell_owner([event], now)
    (told,) = Notification.objects.all()
    assert (told.user, told.text) == (owner, "New on your desk: Lea Novak, 112 points.")
    assert told.url == mine.get_absolute_url()


def test_who_took_a_handoff_is_not_told_of_it(now) -> None:
    owner = make_user()
    handoff = make_handoff(owner=owner)
    tell_owner([Event(kind="handoff.routed", subject_id=handoff.pk, actor=owner)], now)
    assert not Notification.objects.exists()


def test_within_reach_are_also_the_teams_handoffs_of_others(now) -> None:
    team = make_team()
    me, colleague, stranger = make_user(team=team), make_user(team=team), make_user()
    decided = make_handoff(
        owner=colleague, team=team, is_decided=True, decided_at=now, outcome="rejected"
    )
    assert not Handoff.objects.visible_to(me).exists()
    assert list(Handoff.objects.within_reach_of(me)) == [decided]
    assert not Handoff.objects.within_reach_of(stranger).exists()
    assert not Handoff.objects.within_reach_of(make_user(role="account_executive")).exists()
    assert list(Handoff.objects.within_reach_of(make_user(role="marketing"))) == [decided]


def test_every_lead_has_the_standing_that_lists_read(now) -> None:
    lead = make_lead()
    make_handoffs([new(lead)], by=None, at=now)
    assert Standing.objects.get(pk=lead.pk).stage == Stage.WITH_SALES
