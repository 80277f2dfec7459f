"""A sales lead passes handoffs on: one, several, and against what speaks against it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from leads.dispositions.services import AlreadyDecided, accept
from leads.handoffs.models import Handoff
from leads.routing.passing import NeedsWord, pass_on
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_team, make_user
from tests.leads.routing.builders import held, member, owner, why

pytestmark = pytest.mark.django_db


def wishes(*handoffs) -> dict[int, int | None]:
    return {one.pk: one.owner_id for one in handoffs}


def test_a_sales_lead_passes_a_handoff_on(team, boss, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    (handoff,) = held(anna, team, 1)
    passed = pass_on(team=team, wishes=wishes(handoff), to=ben, by=boss, at=now)
    assert ([one.pk for one in passed.moved], passed.missed) == ([handoff.pk], [])
    assert owner(handoff) == ben
    assert why(handoff) == "Sam Lee passed it to Ben Ode."
    event = Event.objects.get(kind="handoff.routed")
    assert (event.actor, event.payload["from"]) == (boss, anna.pk)


def test_several_go_at_once_and_what_was_decided_stays(team, boss, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    handoffs = [*held(anna, team, 2), *held(None, team, 1)]
    asked = wishes(*handoffs)
    accept(handoff=handoffs[0], by=anna, at=now)
    passed = pass_on(team=team, wishes=asked, to=ben, by=boss, at=now)
    assert [one.pk for one in passed.missed] == [handoffs[0].pk]
    assert [owner(one) for one in handoffs] == [anna, ben, ben]
    routed = Event.objects.filter(kind="handoff.routed").order_by("subject_id")
    assert [one.payload["from"] for one in routed] == [anna.pk, None]


def test_what_cannot_be_passed_on_is_said(team, boss, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    (handoff,) = held(anna, team, 1)

    def refused(error, to, by=boss, which=handoff) -> str:
        with pytest.raises(error) as refusal:
            pass_on(team=team, wishes=wishes(which), to=to, by=by, at=now, anyway=True)
        return str(refusal.value)

    only = "Handoffs are passed on by a sales lead of their team."
    for by in (anna, make_user(role="sales_lead", team=make_team()), make_user(role="marketing")):
        assert refused(NotAllowed, ben, by=by) == only
    assert refused(Conflict, anna) == "Anna Berg has this handoff already."
    assert refused(DomainError, boss).endswith("takes no handoffs of this team. "
                                               "Choose another member.")  # fmt: skip
    none = member(team, "Takes None", takes_handoffs=False)
    assert "takes no handoffs" in refused(DomainError, none)
    history = make_handoff(origin="imported", cause="imported", team=team)
    assert "nobody passes them on" in refused(NotAllowed, ben, which=history)
    accept(handoff=handoff, by=anna, at=now)
    assert refused(AlreadyDecided, ben) == "Anna Berg accepted this 0 s ago."


def insist(refusal, words, *, team, to, boss, now, asked) -> None:
    """Be refused with these words, then do it anyway."""
    with pytest.raises(NeedsWord) as told:
        pass_on(team=team, wishes=asked, to=to, by=boss, at=now)
    assert (str(told.value), told.value.despite) == (words, (refusal,))
    pass_on(team=team, wishes=asked, to=to, by=boss, at=now, anyway=True)


def test_a_full_person_takes_more_when_the_sales_lead_insists(team, boss, now) -> None:
    full = member(team, "Full One", cap=2)
    held(full, team, 1)
    handoffs = held(None, team, 2)
    insist("cap", "Full One has room for 1 of these 2.",
           team=team, to=full, boss=boss, now=now, asked=wishes(*handoffs))  # fmt: skip
    assert [owner(one) for one in handoffs] == [full, full]
    assert why(handoffs[0]) == "Sam Lee passed it to Full One, who was full."
    (more,) = held(None, team, 1)
    insist("cap", "Full One is full: 3 of at most 2 open handoffs.",
           team=team, to=full, boss=boss, now=now, asked=wishes(more))  # fmt: skip


def test_somebody_away_is_asked_about(team, boss, now) -> None:
    away = member(team, "Away One", away_until=now + timedelta(days=2))
    planned = member(
        team, "Off Later",
        away_from=now + timedelta(days=1), away_until=now + timedelta(days=2),
    )  # fmt: skip
    (handoff,) = held(None, team, 1)
    insist("away", "Away One is away until 4 March.",
           team=team, to=away, boss=boss, now=now, asked=wishes(handoff))  # fmt: skip
    assert why(handoff) == "Sam Lee passed it to Away One, who was away."
    pass_on(team=team, wishes={handoff.pk: away.pk}, to=planned, by=boss, at=now)


def test_who_was_slower_is_told_who_has_it_now(team, boss, now) -> None:
    """Two sales leads pass the same handoff on: the second sees both and decides."""
    anna, ben, clara = (member(team, name) for name in ("Anna Berg", "Ben Ode", "Clara Rossi"))
    (handoff,) = held(anna, team, 1)
    asked = wishes(handoff)
    pass_on(team=team, wishes=asked, to=ben, by=boss, at=now)
    words = f"{handoff.lead.label} went to Ben Ode 2 min ago, after you opened this page."
    insist("moved", words, team=team, to=clara, boss=boss,
           now=now + timedelta(minutes=2), asked=asked)  # fmt: skip
    assert owner(handoff) == clara


def test_what_somebody_has_on_the_desk_is_taken_only_on_a_word(team, boss, now) -> None:
    anna, ben = member(team, "Anna Berg"), member(team, "Ben Ode")
    (handoff,) = held(anna, team, 1)
    rows = Handoff.objects.filter(pk=handoff.pk)
    rows.update(held_by=anna, held_since=now, held_until=now + timedelta(minutes=10))
    words = f"Anna Berg has {handoff.lead.label} on the desk right now."
    insist("held", words, team=team, to=ben, boss=boss, now=now, asked=wishes(handoff))
    assert rows.get().held_by is None
    assert Event.objects.get(kind="handoff.hold_broken").payload == {"from": anna.pk}
    rows.update(held_by=anna, held_since=now, held_until=now)  # over by now
    pass_on(team=team, wishes={handoff.pk: ben.pk}, to=anna, by=boss, at=now)


def test_one_and_forty_cost_the_same(team, boss, now) -> None:
    anna, ben = member(team, "Anna Berg", cap=99), member(team, "Ben Ode", cap=99)

    def cost(count) -> int:
        asked = wishes(*held(anna, team, count))
        with CaptureQueriesContext(connection) as queries:
            pass_on(team=team, wishes=asked, to=ben, by=boss, at=now)
        return len(queries)

    assert cost(1) == cost(40)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sales_leads_at_once_leave_one_owner_and_tell_the_other(team, boss, now) -> None:
    other = make_user(name="Nora", role="sales_lead", team=team)
    people = [member(team, "Anna Berg"), member(team, "Ben Ode")]
    handoffs = held(None, team, 6)
    start, errors, told = Barrier(2), [], []

    def work(by, to) -> None:
        try:
            start.wait()
            for handoff in handoffs:
                try:
                    pass_on(team=team, wishes={handoff.pk: None}, to=to, by=by, at=now)
                except NeedsWord as refusal:
                    told.append(refusal.despite)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=pair) for pair in zip((boss, other), people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert told == [("moved",)] * 6
    assert Event.objects.filter(kind="handoff.routed").count() == 6
