"""Pauses with a limit, and excuses: who may, what it moves, what both sides read."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from sla.breaches.excusing import excuse_clock, take_excuse_back
from sla.breaches.models import Breach, Excuse
from sla.breaches.services import find_breaches, follow_handoffs
from sla.breaches.tasks import find_breaches as look
from sla.clocks.models import Clock
from sla.clocks.pausing import end_pauses, pause_clock
from sla.clocks.states import State, state_of
from tests.factories import make_activity, make_handoff, make_team, make_terms, make_user
from tests.sla.clocks.builders import SIGNED, clock_of, decide, local, started

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def team():
    make_terms(at=SIGNED)
    return make_team()


@pytest.fixture
def boss(team):
    return make_user(role="sales_lead", team=team)


@pytest.mark.parametrize("noticed", [local(2, 12), local(2, 18), local(4, 9)])
def test_a_pause_ends_at_its_limit_whenever_that_is_noticed(team, noticed) -> None:
    handoff = started(local(2, 10), team=team)
    pause_clock(
        clock=clock_of(handoff), reason="on a plane", by=None, at=local(2, 11),
        limit_at=local(2, 12),
    )  # fmt: skip
    assert end_pauses(at=local(2, 12) - MINUTE) == 0
    assert end_pauses(at=noticed) == 1
    assert end_pauses(at=noticed) == 0
    clock = clock_of(handoff)
    assert (clock.paused_at, clock.due_at) == (None, local(2, 15))
    assert Event.objects.get(kind="clock.resumed").at == local(2, 12)
    while find_breaches(at=noticed):
        pass
    assert [b.at for b in Breach.objects.filter(clock=clock)] == [
        local(2, 15) for _ in range(noticed > local(2, 15))
    ]


def test_the_worker_ends_pauses_too(team) -> None:
    handoff = started(local(2, 10), team=team)
    pause_clock(clock=clock_of(handoff), reason="ill", by=None, at=local(2, 11))
    look()
    assert clock_of(handoff).paused_at is None


def test_who_owns_it_or_leads_the_team_may_pause_and_nobody_else(team, boss) -> None:
    owner = make_user(team=team)
    handoff = started(local(2, 10), team=team, owner=owner)
    given = {"clock": clock_of(handoff), "reason": "ill", "at": local(2, 11)}
    for other in (make_user(team=team), make_user(role="sales_lead"), make_user(role="marketing")):
        with pytest.raises(NotAllowed, match="who has the handoff"):
            pause_clock(by=other, **given)
    for limit in (local(2, 11), local(20, 11)):
        with pytest.raises(DomainError, match="within 14 days"):
            pause_clock(by=boss, limit_at=limit, **given)
    pause_clock(by=owner, limit_at=local(2, 13), **given)
    late = started(local(2, 10), team=team, owner=owner)
    with pytest.raises(Conflict, match="Excuse the breach"):
        pause_clock(clock=clock_of(late), reason="ill", by=boss, at=local(2, 15))


def test_an_excused_breach_is_counted_apart_with_its_reason(team, boss) -> None:
    handoff = started(local(2, 10), team=team)
    clock, at = clock_of(handoff), local(2, 15)
    with pytest.raises(Conflict, match="breach that stands"):
        excuse_clock(clock=clock, reason="sick day", by=boss, at=local(2, 11))
    find_breaches(at=at)
    with pytest.raises(NotAllowed, match="sales lead"):
        excuse_clock(clock=clock, reason="sick day", by=make_user(team=team), at=at)
    with pytest.raises(DomainError, match="Say why"):
        excuse_clock(clock=clock, reason=" ", by=boss, at=at)
    excuse_clock(clock=clock, reason="sick day", by=boss, at=at)
    follow_handoffs([handoff.pk], at=at)
    clock = clock_of(handoff)
    assert state_of(clock, at) == State.EXCUSED
    assert Breach.objects.get(clock=clock).withdrawn_at is None
    with pytest.raises(Conflict, match="excused already"):
        excuse_clock(clock=clock, reason="again", by=boss, at=at)
    take_excuse_back(clock=clock, by=boss, at=at)
    assert state_of(clock_of(handoff), at) == State.BREACHED
    excuse_clock(clock=clock, reason="really", by=boss, at=at)
    make_activity(handoff.lead, kind="call_outbound", at=local(2, 13))
    follow_handoffs([handoff.pk], at=at)
    assert state_of(clock_of(handoff), at) == State.MET
    assert Breach.objects.get(clock=clock).withdrawn_at == at


def test_what_is_excused_before_the_sweep_came_by_has_its_breach_on_record(team, boss) -> None:
    handoff = started(local(2, 10), team=team)
    clock = clock_of(handoff)
    excuse_clock(clock=clock, reason="sick day", by=boss, at=local(2, 15))
    assert Breach.objects.get(clock=clock).at == local(2, 14)
    decide(handoff, local(2, 16))
    follow_handoffs([handoff.pk], at=local(2, 16))
    take_excuse_back(clock=clock, by=boss, at=local(2, 17))
    clock = clock_of(handoff)
    assert (clock.is_breached, state_of(clock, local(2, 17))) == (True, State.BREACHED)
    assert Breach.objects.get(clock=clock).withdrawn_at is None


def test_the_page_of_a_clock_offers_what_may_be_done(client, team, boss) -> None:
    now = timezone.now()
    owner = make_user(team=team)
    handoff = make_handoff(at=now, team=team, owner=owner)
    follow_handoffs([handoff.pk], at=now)
    clock = clock_of(handoff)
    page = reverse("clock", args=[clock.pk])
    client.force_login(owner)
    shown = client.get(page).content.decode()
    assert "When it breaches: warn the owner, tell the sales lead." in shown
    address = reverse("clock-pause", args=[clock.pk])
    assert address in shown
    assert "value=" in client.get(address).content.decode()
    assert client.post(address, {"reason": "", "limit_at": ""}).status_code == 422
    limit = timezone.localtime(now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    too_long = timezone.localtime(now + timedelta(days=99)).strftime("%Y-%m-%dT%H:%M")
    refused = client.post(address, {"reason": "on a plane", "limit_at": too_long})
    assert refused.status_code == 422
    assert "on a plane" in refused.content.decode()
    client.post(address, {"reason": "on a plane", "limit_at": limit})
    shown = client.get(page).content.decode()
    assert "on a plane" in shown
    assert reverse("clock-resume", args=[clock.pk]) in shown
    client.post(reverse("clock-resume", args=[clock.pk]))
    assert clock_of(handoff).paused_at is None
    Clock.objects.filter(pk=clock.pk).update(
        due_at=now - MINUTE, warn_at=now - MINUTE, started_at=now - MINUTE, moved_at=now - MINUTE
    )
    find_breaches(at=now)
    excuse = reverse("clock-excuse", args=[clock.pk])
    assert client.get(excuse).status_code == 403
    client.force_login(boss)
    assert excuse in client.get(page).content.decode()
    client.post(excuse, {"reason": "sick day"})
    assert Excuse.objects.get().by == boss
    listed = client.get(reverse("clocks"), {"state": "excused"}).content.decode()
    assert "excused: sick day" in listed
    assert '<div class="meta">sick day</div>' in listed
    told = client.get(reverse("scoreboard")).content.decode()
    assert f"{clock.get_kind_display()}: sick day" in told
    client.post(reverse("clock-excuse-back", args=[clock.pk]))
    assert Excuse.objects.get().withdrawn_by == boss


def test_an_act_that_does_not_fit_the_clock_shows_no_form_and_says_why(client, team, boss) -> None:
    now = timezone.now()
    handoff = make_handoff(at=now, team=team)
    follow_handoffs([handoff.pk], at=now)
    clock, past, rows = clock_of(handoff), now - MINUTE, Clock.objects.filter(handoff=handoff)
    excuse, pause = (reverse(f"clock-{act}", args=[clock.pk]) for act in ("excuse", "pause"))
    client.force_login(boss)

    def says(address, sentence, **state) -> None:
        rows.update(**state)
        for answer in (client.get(address), client.post(address, {"reason": "sick day"})):
            page = answer.content.decode()
            assert (answer.status_code, sentence in page) == (409, True), page
            assert "Somebody was faster" not in page
            assert f'href="{reverse("clock", args=[clock.pk])}"' in page
            assert 'name="reason"' not in page

    running = {"stamped_at": None, "ended_at": None, "paused_at": None, "is_excused": False}
    late = {"started_at": past, "moved_at": past, "warn_at": past, "due_at": past}
    says(excuse, "There is time left")
    says(excuse, "The clock stands still", paused_at=now)
    says(pause, "is paused already")
    says(excuse, "kept in time", **running | {"stamped_at": now})
    says(pause, "has stopped already")
    says(excuse, "before the time was up", **running | {"ended_at": now, "touch_policy": "ended"})
    says(pause, "Its time is up", **running, **late)
    assert 'name="reason"' in client.get(excuse).content.decode()
    says(excuse, "is excused already", is_excused=True)
    says(excuse, "stays counted as late", stamped_at=now, is_excused=False)
    assert not Excuse.objects.exists()
