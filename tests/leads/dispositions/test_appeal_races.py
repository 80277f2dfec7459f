"""Two people at one instant, two workers at one event: once, and the other is told. PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.activities.models import Activity
from leads.dispositions.appeals import Answered, Contested, answer, contest
from leads.dispositions.models import Appeal, Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Cause, Handoff
from leads.meetings.models import Meeting
from leads.meetings.services import book
from portal.accounts.models import Role, User
from portal.events.models import Event
from portal.home.posting import post_digests
from scoring.engine.handlers import hand_over_again
from tests.factories import make_user
from tests.portal.scene import Scene

PEOPLE = 6


@pytest.fixture
def scene(request) -> Scene:
    return Scene()


def rejection(scene: Scene) -> Disposition:
    reason = Reason.objects.get(code="just_exploring")
    handoff = scene.handoff(scene.sofia, name="Marta Lindqvist")
    return reject(handoff=handoff, reason=reason, by=scene.sofia, at=scene.at)


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Run all at one instant; return what each gave back or raised."""
    start, results = Barrier(len(acts)), [None] * len(acts)

    def work(n: int) -> None:
        try:
            start.wait()
            results[n] = acts[n]()
        except Exception as error:
            results[n] = error
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_contests_and_the_others_are_told_who(scene) -> None:
    one = rejection(scene)
    people = [make_user(role=Role.MARKETING, name=f"Person {n}") for n in range(PEOPLE)]
    results = at_once(
        [
            lambda by=by: contest(disposition=one, by=by, words=f"By {by}", at=scene.at)
            for by in people
        ]
    )
    (made,) = Appeal.objects.all()
    refused = [result for result in results if isinstance(result, Contested)]
    assert len(refused) == PEOPLE - 1
    assert all(str(made.made_by) in str(refusal) for refusal in refused)
    assert Event.objects.filter(kind="rejection.contested").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_answers_and_the_lead_is_handed_over_once(scene) -> None:
    made = contest(disposition=rejection(scene), by=scene.priya, words="Again", at=scene.at)
    people = [make_user(role=Role.SALES_LEAD, team=scene.team) for _ in range(PEOPLE)]
    results = at_once(
        [
            lambda by=by: answer(appeal=made, by=by, at=scene.at, is_granted=True, words=f"By {by}")
            for by in people
        ]
    )
    assert sum(isinstance(result, Answered) for result in results) == PEOPLE - 1
    events = list(Event.objects.filter(kind="appeal.answered"))
    assert len(events) == 1
    assert at_once([lambda: hand_over_again(events, scene.at) for _ in range(3)]) == [None] * 3
    made.refresh_from_db()
    (again,) = Handoff.objects.filter(cause=Cause.APPEAL)
    assert made.handoff == again


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_one_instant_books_once(scene) -> None:
    lead, token = scene.handoff(scene.sofia).lead, uuid4()
    slot = {"starts_at": scene.at.replace(year=scene.at.year + 1, day=1), "minutes": 30}
    booking = {"handoff": None, "host": scene.sofia, "subject": "Demo", "by": scene.sofia}

    def send() -> Meeting:
        return book(lead=lead, at=scene.at, public_id=token, **slot, **booking)

    results = at_once([send] * PEOPLE)
    assert {getattr(result, "pk", result) for result in results} == {Meeting.objects.get().pk}
    assert Activity.objects.filter(external_id=f"booked:{token.hex}").count() == 1
    assert Event.objects.filter(kind="meeting.booked").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_digest(scene, mailoutbox) -> None:
    morning = scene.at.replace(hour=8, minute=0)
    while morning.weekday() > 4:
        morning = morning.replace(day=morning.day % 28 + 1)
    User.objects.filter(pk=scene.sofia.pk).update(digest="daily", zone="UTC")
    scene.late(scene.handoff(scene.sofia, age=scene.at - morning.replace(year=scene.at.year - 1)))
    results = at_once([lambda: post_digests(at=morning)] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert len(mailoutbox) == 1


# What it costs: ceilings, not measures


def cost_of(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
        return len(queries)


@pytest.mark.django_db
def test_what_an_appeal_costs(scene, client) -> None:
    one = rejection(scene)
    assert (
        cost_of(lambda: contest(disposition=one, by=scene.priya, words="Again", at=scene.at)) <= 14
    )
    made = Appeal.objects.get()
    yes = {"is_granted": True, "words": "Yes"}
    assert cost_of(lambda: answer(appeal=made, by=scene.tom, at=scene.at, **yes)) <= 15
    events = list(Event.objects.filter(kind="appeal.answered"))
    assert cost_of(lambda: hand_over_again(events, scene.at)) <= 32
    client.force_login(scene.tom)
    for address in (reverse("appeals"), made.get_absolute_url()):
        client.get(address)
        assert cost_of(lambda address=address: client.get(address)) <= 18


@pytest.mark.django_db
def test_what_a_meeting_costs(scene, client) -> None:
    lead = scene.handoff(scene.sofia).lead
    slot = {"starts_at": scene.at + timedelta(days=2), "minutes": 30, "subject": "Demo"}
    who = {"lead": lead, "handoff": None, "host": scene.sofia, "by": scene.sofia}
    assert cost_of(lambda: book(**who, **slot, at=scene.at)) <= 14
    client.force_login(scene.sofia)
    for address in (reverse("meetings"), reverse("meeting-new", args=[lead.public_id])):
        client.get(address)
        assert cost_of(lambda address=address: client.get(address)) <= 17
