"""Passing over: once for free, twice in a row with a reason, and last in the queue for today."""

from datetime import timedelta

import pytest

from leads.dispositions.services import log_touch, reject
from leads.handoffs.holding import Held, next_for, take_hold
from leads.handoffs.models import Handoff
from leads.handoffs.skip_models import Skip
from leads.handoffs.skipping import WordsNeeded, skip, wants_words
from portal.core.errors import Conflict, NotAllowed
from portal.events.models import Event
from tests.factories import make_handoff, make_reason, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def handoffs(team, sofia):
    return [make_handoff(team=team, owner=sofia) for _ in range(3)]


def test_a_skip_is_remembered_and_frees_the_desk(handoffs, sofia, now) -> None:
    take_hold(handoff_id=handoffs[0].pk, by=sofia, at=now)
    made = skip(handoff=handoffs[0], by=sofia, at=now)
    assert (made.handoff, made.by, made.at, made.words) == (handoffs[0], sofia, now, "")
    assert Handoff.objects.get(pk=handoffs[0].pk).held_by is None
    event = Event.objects.get(kind="handoff.skipped")
    assert (event.actor, event.payload) == (sofia, {"skip": made.pk})


def test_it_comes_last_for_the_rest_of_the_day(handoffs, sofia, now) -> None:
    first, second, third = handoffs
    skip(handoff=first, by=sofia, at=now)
    skip(handoff=second, by=sofia, at=now + MINUTE, words="Not now")
    order = []
    for _ in range(3):
        order.append(next_for(sofia, at=now + 2 * MINUTE, but=order))
    assert order == [third.pk, first.pk, second.pk]
    tomorrow = now + timedelta(days=1)
    assert next_for(sofia, at=tomorrow) == first.pk


def test_skipping_again_puts_it_behind_the_others(handoffs, sofia, now) -> None:
    for n, one in enumerate([handoffs[0], handoffs[1], handoffs[0]]):
        skip(handoff=one, by=sofia, at=now + n * MINUTE, words="Again")
    but = [handoffs[2].pk]
    assert next_for(sofia, at=now + 3 * MINUTE, but=but) == handoffs[1].pk


def test_only_ones_own_queue_changes(team, sofia, now) -> None:
    first, second = make_handoff(team=team), make_handoff(team=team)
    skip(handoff=first, by=sofia, at=now)
    assert next_for(make_user(team=team), at=now) == first.pk
    assert next_for(sofia, at=now) == second.pk


def test_the_second_in_a_row_wants_a_reason(handoffs, sofia, now) -> None:
    assert not wants_words(sofia, at=now)
    skip(handoff=handoffs[0], by=sofia, at=now)
    assert wants_words(sofia, at=now + MINUTE)
    for words in ("", "   "):
        with pytest.raises(WordsNeeded, match="second skip in a row"):
            skip(handoff=handoffs[1], by=sofia, at=now + MINUTE, words=words)
    assert Skip.objects.count() == 1
    made = skip(handoff=handoffs[1], by=sofia, at=now + MINUTE, words=" Waits for the budget ")
    assert made.words == "Waits for the budget"
    assert wants_words(sofia, at=now + 2 * MINUTE)


def test_a_decision_or_a_touch_between_makes_it_the_first_again(handoffs, sofia, now) -> None:
    first, second, third = handoffs
    skip(handoff=first, by=sofia, at=now)
    log_touch(
        lead=second.lead, handoff=second, kind="call_outbound", outcome="", note="", by=sofia,
        at=now + MINUTE,
    )  # fmt: skip
    skip(handoff=second, by=sofia, at=now + 2 * MINUTE)
    reject(handoff=third, reason=make_reason(), by=sofia, at=now + 3 * MINUTE)
    skip(handoff=first, by=sofia, at=now + 4 * MINUTE)
    assert Skip.objects.count() == 3


def test_what_others_did_between_does_not_count(team, handoffs, sofia, now) -> None:
    anna = make_user(team=team)
    theirs = make_handoff(team=team, owner=anna)
    skip(handoff=handoffs[0], by=sofia, at=now)
    reject(handoff=theirs, reason=make_reason(), by=anna, at=now + MINUTE)
    assert wants_words(sofia, at=now + 2 * MINUTE)
    assert not wants_words(anna, at=now + 2 * MINUTE)


def test_yesterdays_skip_is_forgotten(handoffs, sofia, now) -> None:
    skip(handoff=handoffs[0], by=sofia, at=now)
    assert not wants_words(sofia, at=now + timedelta(days=1))


def test_words_are_few(handoffs, sofia, now) -> None:
    with pytest.raises(WordsNeeded, match="300"):
        skip(handoff=handoffs[0], by=sofia, at=now, words="x" * 301)


def test_not_what_somebody_else_has_or_what_is_decided(team, handoffs, sofia, now) -> None:
    waiting, anna = make_handoff(team=team), make_user(team=team)
    take_hold(handoff_id=waiting.pk, by=anna, at=now)
    with pytest.raises(Held):
        skip(handoff=waiting, by=sofia, at=now)
    with pytest.raises(NotAllowed):
        skip(handoff=handoffs[0], by=anna, at=now)
    reject(handoff=handoffs[0], reason=make_reason(), by=sofia, at=now)
    with pytest.raises(Conflict):
        skip(handoff=handoffs[0], by=sofia, at=now)
    assert not Skip.objects.exists()
