"""What admins do there goes through services, is recorded, and is refused in sentences."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from leads.activities.models import Activity, TrackedObject
from leads.capture.models import CaptureForm
from leads.database.models import Standing
from leads.dispositions.models import Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import ApiKey, Membership, Organisation, Role, Team, User
from portal.events.models import Delivery, Event
from tests.factories import (
    make_activity,
    make_handoff,
    make_lead,
    make_reason,
    make_team,
    make_user,
)
from tests.portal.admin.conftest import fill, page, record_one

pytestmark = pytest.mark.django_db


def test_a_change_is_recorded_with_the_names_of_its_fields(desk: Client, boss: User) -> None:
    user = make_user(name="Sam Ortiz")
    posted = {
        "name": "Sam Ortiz",
        "role": Role.SALES_LEAD,
        "zone": "Europe/Berlin",
        "is_active": "on",
    }
    assert desk.post(page(User, "change", user.pk), posted).status_code == 302
    user.refresh_from_db()
    assert user.role == Role.SALES_LEAD
    event = Event.objects.get(kind="admin.changed")
    assert (event.actor, event.subject_id) == (boss, user.pk)
    assert event.payload == {"act": "changed", "of": "portal.user", "fields": ["role"]}


def test_nobody_takes_their_own_rights_away(desk: Client, boss: User) -> None:
    posted = {"name": boss.name, "role": Role.SDR, "zone": "Europe/Berlin"}
    desk.post(page(User, "change", boss.pk), posted)
    boss.refresh_from_db()
    assert (boss.role, boss.is_active) == (Role.ADMIN, True)


def test_a_failing_event_takes_the_change_back(desk: Client, monkeypatch) -> None:
    user = make_user()

    def fail(*_args, **_given) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("portal.events.admin.record", fail)
    posted = {"name": "Other", "role": Role.SDR, "zone": "Europe/Berlin", "is_active": "on"}
    with pytest.raises(RuntimeError):
        desk.post(page(User, "change", user.pk), posted)
    user.refresh_from_db()
    assert user.name != "Other"


@pytest.mark.django_db(transaction=True)
def test_more_room_in_a_team_routes_what_waits(desk: Client) -> None:
    team = make_team(is_default=True)
    sdr = make_user(role=Role.SDR, team=team)
    place = Membership.objects.get()
    Membership.objects.update(cap=0)
    handoff = make_handoff(team=team)
    posted = {
        "name": team.name,
        "is_default": "on",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": place.pk,
        "memberships-0-team": team.pk,
        "memberships-0-user": sdr.pk,
        "memberships-0-takes_handoffs": "on",
        "memberships-0-cap": 5,
        "memberships-0-away_until_0": "",
        "memberships-0-away_until_1": "",
    }
    assert desk.post(page(Team, "change", team.pk), posted).status_code == 302
    handoff.refresh_from_db()
    assert handoff.owner == sdr
    assert Event.objects.filter(kind="member.changed", subject_id=place.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_somebody_held_who_leaves_goes_to_a_colleague(desk: Client) -> None:
    team = make_team(is_default=True)
    leaver, stays = (make_user(role=Role.SDR, team=team) for _ in range(2))
    handoff = make_handoff(team=team, owner=leaver)
    decided = make_handoff(team=team, owner=leaver)
    Handoff.objects.filter(pk=decided.pk).update(is_decided=True)
    posted = {"name": leaver.name, "role": Role.SDR, "zone": leaver.zone}
    assert desk.post(page(User, "change", leaver.pk), posted).status_code == 302
    leaver.refresh_from_db()
    assert not leaver.is_active
    owners = dict(Handoff.objects.values_list("pk", "owner"))
    assert owners == {handoff.pk: stays.pk, decided.pk: leaver.pk}
    kinds = Event.objects.filter(lead_links__lead_id=handoff.lead_id).values_list("kind", flat=True)
    assert {"handoff.returned", "handoff.routed"} <= set(kinds)


@pytest.mark.django_db(transaction=True)
def test_what_a_member_held_who_is_taken_out_of_the_team_waits_or_goes_on(desk: Client) -> None:
    team, other = make_team(is_default=True), make_team()
    sdr = make_user(role=Role.SDR, team=team)
    Membership.objects.create(user=sdr, team=other)
    held, elsewhere = make_handoff(team=team, owner=sdr), make_handoff(team=other, owner=sdr)
    place = Membership.objects.get(team=team)
    posted = {
        "name": team.name,
        "is_default": "on",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": place.pk,
        "memberships-0-team": team.pk,
        "memberships-0-user": sdr.pk,
        "memberships-0-cap": place.cap,
        "memberships-0-DELETE": "on",
    }
    assert desk.post(page(Team, "change", team.pk), posted).status_code == 302
    held.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (held.owner, elsewhere.owner) == (None, sdr)
    assert held.routing["rule"] == "nobody"


def test_a_key_is_shown_once_and_can_be_revoked(desk: Client, boss: User) -> None:
    posted = {
        "name": "CRM",
        "owner": boss.pk,
        "scopes": ["leads:read"],
        "expires_at_0": "",
        "expires_at_1": "",
    }
    answer = desk.post(page(ApiKey, "add"), posted, follow=True)
    (key,) = re.findall(r"ap_[\w-]{43}", answer.content.decode())
    row = ApiKey.objects.get()
    assert key not in desk.get(page(ApiKey, "change", row.pk)).content.decode()
    headers = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/leads/", headers=headers).status_code == 200
    revoke = {"action": "revoke", "_selected_action": [row.pk]}
    desk.post(page(ApiKey, "changelist"), revoke)
    assert Client().get("/api/v1/leads/", headers=headers).status_code == 401
    acts = [event.payload["act"] for event in Event.objects.filter(kind="admin.changed")]
    assert acts == ["added", "revoked"]
    assert key not in str(list(Event.objects.values()))


def test_a_key_for_somebody_who_may_not_send_is_refused_on_the_page(desk: Client) -> None:
    posted = {
        "name": "CRM",
        "owner": make_user().pk,
        "scopes": ["leads:write"],
        "expires_at_0": "",
        "expires_at_1": "",
    }
    answer = desk.post(page(ApiKey, "add"), posted)
    assert b"belongs to somebody who sees all of them" in answer.content
    assert not ApiKey.objects.exists()


def test_a_password_link_works_and_is_recorded(desk: Client) -> None:
    user = make_user()
    chosen = {"action": "make_password_link", "_selected_action": [user.pk]}
    answer = desk.post(page(User, "changelist"), chosen, follow=True)
    (link,) = re.findall(r"http://testserver(/accounts/\S+?)[<\s]", answer.content.decode())
    assert Client().get(link, follow=True).status_code == 200
    assert Event.objects.filter(kind="password.link_made", subject_id=user.pk).exists()


def test_failed_deliveries_are_tried_again(desk: Client) -> None:
    event = record_one(make_lead())
    rows = [
        Delivery.objects.create(
            event=event, handler=f"h{n}", step=0, state=state, attempts=5, not_before=timezone.now()
        )
        for n, state in enumerate(["failed", "done"])
    ]
    chosen = {"action": "try_again", "_selected_action": [row.pk for row in rows]}
    desk.post(page(Delivery, "changelist"), chosen)
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "pending",
        "done",
    ]


def test_a_bot_mark_goes_through_the_service(desk: Client) -> None:
    activity = make_activity(make_lead())
    Standing.objects.update(stale_since=None)
    chosen = {"action": "mark_as_bots", "_selected_action": [activity.pk]}
    desk.post(page(Activity, "changelist"), chosen)
    activity.refresh_from_db()
    assert activity.is_bot
    assert Standing.objects.get().stale_since is not None
    assert Event.objects.filter(kind="activities.marked").exists()


def test_tags_go_through_the_service(desk: Client) -> None:
    make_activity(make_lead(), object_kind="page", object_key="/pricing")
    tracked = TrackedObject.objects.get()
    posted = {"title": "Pricing", "words": "Pricing, Important"}
    desk.post(page(TrackedObject, "change", tracked.pk), posted)
    tracked.refresh_from_db()
    assert (tracked.title, tracked.tags) == ("Pricing", ["important", "pricing"])
    assert Event.objects.filter(kind="object.tagged").exists()


def test_a_reason_is_changed_and_not_stated_is_not(desk: Client, boss: User) -> None:
    reason = make_reason("no_budget")
    posted = {
        "label": "No money",
        "group": "fit",
        "effect": "recycle",
        "blames": "fit",
        "needs_attempts": 0,
        "recycle_days": 30,
        "position": 1,
        "is_active": "on",
    }
    assert desk.post(page(Reason, "change", "no_budget"), posted).status_code == 302
    reason.refresh_from_db()
    assert reason.label == "No money"
    event = Event.objects.get(kind="admin.changed")
    assert (event.payload["key"], event.subject_id) == ("no_budget", boss.pk)
    assert desk.post(page(Reason, "change", "not_stated"), posted).status_code == 403
    assert desk.post(page(Reason, "delete", "no_budget"), {"post": "yes"}).status_code == 403


def test_new_words_of_consent_are_a_new_version(desk: Client) -> None:
    fill()
    form = CaptureForm.objects.get()
    posted = {
        "name": "Demo",
        "intro": "",
        "button": "Send",
        "activity": "demo_request",
        "source": form.source_id,
        "consent_text": "Yes, gladly",
        "thanks": "Thanks",
        "is_open": "on",
    }
    assert desk.post(page(CaptureForm, "change", form.pk), posted).status_code == 302
    form.refresh_from_db()
    assert (form.consent_text, form.consent_version) == ("Yes, gladly", 2)


def test_there_is_one_organisation(desk: Client) -> None:
    posted = {"name": "Acme", "zone": "Europe/Berlin", "currency": "EUR"}
    assert desk.post(page(Organisation, "add"), posted).status_code == 302
    assert desk.post(page(Organisation, "add"), posted).status_code == 403
