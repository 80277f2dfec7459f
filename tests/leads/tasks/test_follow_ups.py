from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.services import accept, withdraw
from leads.tasks.handlers import close_follow_up, open_follow_up
from leads.tasks.models import FollowUp
from leads.tasks.services import (
    NewFollowUp,
    complete_follow_up,
    create_follow_up,
    create_follow_ups,
    reopen_follow_up,
)
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_lead, make_team, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def follow_up(assignee, at, **values) -> FollowUp:
    given = {"lead": make_lead(), "due_at": at + DAY, "why": "Call.", "by": assignee}
    return create_follow_up(assignee=assignee, at=at, **given | values)


def kinds() -> list[str]:
    found = Event.objects.filter(kind__startswith="follow_up").order_by("pk")
    return list(found.values_list("kind", flat=True))


def test_a_key_is_made_once(now) -> None:
    lead, user = make_lead(), make_user()
    items = [NewFollowUp(lead.pk, user.pk, now, "Call.", key) for key in ("a", "b", "a")]
    assert [one.key for one in create_follow_ups(items, by=None, at=now)] == ["a", "b"]
    assert create_follow_ups(items, by=None, at=now) == []
    assert kinds() == ["follow_up.created"] * 2


def test_one_and_forty_cost_the_same(now) -> None:
    lead, user = make_lead(), make_user()

    def cost(prefix, count) -> int:
        items = [NewFollowUp(lead.pk, user.pk, now, "x", f"{prefix}{n}") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            create_follow_ups(items, by=None, at=now)
        return len(queries)

    assert cost("a", 1) == cost("b", 40)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"why": " "}, "Say in a few words what is to be done."),
        ({"why": "x" * 301}, "Shorten what is to be done to 300 characters."),
        ({"due_at": "past"}, "Choose a time to come for the follow-up."),
        ({"assignee": "left"}, "Gone has left. Choose somebody else."),
    ],
)
def test_what_cannot_be_asked_is_said(now, given, sentence) -> None:
    if "due_at" in given:
        given = {"due_at": now - DAY}
    if "assignee" in given:
        given = {"assignee": make_user(name="Gone", is_active=False), "by": make_user()}
    usual = {"assignee": make_user()} | given
    with pytest.raises(DomainError) as refusal:
        follow_up(usual.pop("assignee"), now, **usual)
    assert str(refusal.value) == sentence


def test_it_is_done_once_and_opened_again_once(now) -> None:
    user = make_user(name="Eva Lang")
    one = follow_up(user, now)
    assert complete_follow_up(follow_up=one, by=user, at=now).done_by == user
    with pytest.raises(Conflict, match="Eva Lang has done this already"):
        complete_follow_up(follow_up=one, by=user, at=now)
    assert reopen_follow_up(follow_up=one, by=user, at=now).done_at is None
    with pytest.raises(Conflict, match="open already"):
        reopen_follow_up(follow_up=one, by=user, at=now)
    assert kinds() == ["follow_up.created", "follow_up.completed", "follow_up.reopened"]


def test_others_do_not_tick_it_off(now) -> None:
    eva, asked_by = make_user(name="Eva Lang"), make_user()
    one = follow_up(eva, now, by=asked_by)
    with pytest.raises(NotAllowed, match=r"This follow-up is Eva Lang’s. Ask them"):
        complete_follow_up(follow_up=one, by=make_user(role="marketing"), at=now)
    complete_follow_up(follow_up=one, by=asked_by, at=now)


def test_the_database_keeps_keys_apart(now) -> None:
    one, two = follow_up(make_user(), now), follow_up(make_user(), now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE leads_followup SET key = %s WHERE id = %s", [one.key, two.pk])


def test_the_owner_of_an_sql_is_asked_to_call(now) -> None:
    anna, eva = make_user(team=make_team()), make_user(role="account_executive")
    disposition = accept(handoff=make_handoff(owner=anna), by=anna, at=now)
    events = list(Event.objects.filter(kind="handoff.accepted"))
    for _ in range(2):
        open_follow_up(events, now)
    one = FollowUp.objects.get()
    assert (one.assignee, one.due_at, one.lead_id) == (eva, now + DAY, disposition.handoff.lead_id)
    withdraw(disposition=disposition, by=anna, at=now)
    taken_back = list(Event.objects.filter(kind="disposition.withdrawn"))
    for _ in range(2):
        close_follow_up(taken_back, now)
    assert not FollowUp.objects.open().exists()
    assert kinds() == ["follow_up.created", "follow_up.closed"]


def test_nothing_is_asked_when_taking_back_was_heard_first(now) -> None:
    anna = make_user(team=make_team())
    make_user(role="account_executive")
    disposition = accept(handoff=make_handoff(owner=anna), by=anna, at=now)
    withdraw(disposition=disposition, by=anna, at=now)
    close_follow_up(list(Event.objects.filter(kind="disposition.withdrawn")), now)
    open_follow_up(list(Event.objects.filter(kind="handoff.accepted")), now)
    assert not FollowUp.objects.exists()


def test_without_an_owner_nobody_is_asked(now) -> None:
    anna = make_user(team=make_team())
    accept(handoff=make_handoff(owner=anna), by=anna, at=now)
    open_follow_up(list(Event.objects.filter(kind="handoff.accepted")), now)
    assert not FollowUp.objects.exists()


def test_the_list_shows_mine_by_due_and_what_is_done_today(client) -> None:
    now, eva = timezone.now(), make_user(role="account_executive")
    follow_up(eva, now, why="Call later.", due_at=now + 2 * DAY)
    follow_up(eva, now, why="Call first.")
    done = follow_up(eva, now, why="Called.")
    complete_follow_up(follow_up=done, by=eva, at=now)
    follow_up(make_user(), now, why="Not mine.")
    client.force_login(eva)
    text = client.get(reverse("follow-ups")).content.decode()
    assert text.index("Call first.") < text.index("Call later.") < text.index("Called.")
    assert "Not mine." not in text


def test_a_lead_is_a_link_only_for_who_may_open_it(client) -> None:
    now, lead = timezone.now(), make_lead()
    marketer, sdr = make_user(role="marketing"), make_user()
    for user, is_link in ((marketer, True), (sdr, False)):
        follow_up(user, now, lead=lead)
        client.force_login(user)
        text = client.get(reverse("follow-ups")).content.decode()
        assert lead.name in text
        assert (lead.get_absolute_url() in text) == is_link


def test_an_empty_list_says_what_comes_next(client) -> None:
    client.force_login(make_user())
    assert "Nothing to follow up" in client.get(reverse("follow-ups")).content.decode()


def test_done_and_open_again_by_a_plain_form(client, now) -> None:
    eva = make_user(role="account_executive")
    one = follow_up(eva, now)
    client.force_login(eva)
    done, again = (reverse(f"follow-up-{act}", args=[one.pk]) for act in ("done", "reopen"))
    assert client.post(done).headers["Location"] == reverse("follow-ups")
    assert FollowUp.objects.get().done_by == eva
    assert client.post(done).status_code == 409
    client.post(again)
    assert FollowUp.objects.get().done_at is None
    client.force_login(make_user())
    assert client.post(done).status_code == 404


def test_a_follow_up_is_asked_for_from_the_leads_page(client) -> None:
    marketer, eva, lead = make_user(role="marketing"), make_user(), make_lead()
    client.force_login(marketer)
    page = reverse("follow-up-new", args=[lead.public_id])
    assert client.get(page).status_code == 200
    sent = {"why": "Call.", "assignee": eva.pk, "due_at": "2099-05-01T10:00"}
    answer = client.post(page, sent | {"why": ""})
    assert answer.status_code == 422
    assert "2099-05-01T10:00" in answer.content.decode()
    answer = client.post(page, sent | {"due_at": "2001-05-01T10:00"})
    assert (answer.status_code, "Choose a time to come" in answer.content.decode()) == (422, True)
    assert client.post(page, sent | {"due_at": "9999-05-01T10:00"}).status_code == 422
    assert client.post(page, sent).headers["Location"] == lead.get_absolute_url()
    assert FollowUp.objects.get().assignee == eva
    client.force_login(make_user())
    assert client.get(page).status_code == 404


def test_the_list_costs_the_same_at_one_and_at_forty(client) -> None:
    now, eva = timezone.now(), make_user()
    client.force_login(eva)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("follow-ups"))
        return len(queries)

    follow_up(eva, now)
    complete_follow_up(follow_up=follow_up(eva, now), by=eva, at=now)
    cost()
    one = cost()
    for _ in range(39):
        follow_up(eva, now)
        complete_follow_up(follow_up=follow_up(eva, now), by=eva, at=now)
    assert cost() == one
