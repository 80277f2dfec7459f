"""The next best act: one sentence that names the act, why it is that one, and the promise."""

from datetime import timedelta

import pytest

from leads.database.models import Lead
from leads.dispositions.services import accept, log_touch
from leads.handoffs.models import Handoff
from portal.desk.advice import next_act
from sla.clocks.services import sync_clocks
from sla.clocks.shown import clocks_for
from tests.factories import make_activity
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now) -> Scene:
    return Scene(at=now.replace(hour=10))  # a Monday, inside working hours


@pytest.fixture
def handoff(scene) -> Handoff:
    handoff = scene.handoff(scene.sofia, age=timedelta(minutes=30))
    known(handoff, phone="+49 30 1234")
    return handoff


def known(handoff: Handoff, **values) -> None:
    Lead.objects.filter(pk=handoff.lead_id).update(**values)
    handoff.refresh_from_db()


def said(scene: Scene, handoff: Handoff, **later) -> str:
    at = scene.at + timedelta(**later)
    sync_clocks([handoff.pk], at=at)
    handoff = Handoff.objects.select_related("lead").get(pk=handoff.pk)
    clocks = clocks_for([handoff.pk], at=at).get(handoff.pk, [])
    return next_act(handoff, clocks, at=at).replace("\N{NO-BREAK SPACE}", " ")


def touch(scene: Scene, handoff: Handoff, kind: str, outcome: str = "", *, minutes=0) -> None:
    at = scene.at + timedelta(minutes=minutes)
    log_touch(lead=handoff.lead, handoff=handoff, kind=kind, outcome=outcome, note="",
              by=scene.sofia, at=at)  # fmt: skip


def test_a_call_keeps_the_first_touch(scene, handoff) -> None:
    words = said(scene, handoff)
    assert words.startswith("call (allowed, the quickest way to an answer) for the first touch, ")
    assert "due today" in words


def test_what_has_worked_before_is_tried_first(scene, handoff) -> None:
    before = scene.at - timedelta(days=40)
    make_activity(handoff.lead, kind="call_outbound", at=before, properties={"outcome": "reached"})
    assert said(scene, handoff).startswith("call (allowed, reached by phone ")
    known(handoff, do_not_call=True)
    make_activity(handoff.lead, kind="email_replied", at=before)
    assert said(scene, handoff).startswith("write a mail (answered one ")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"phone": ""}, "write a mail (no number known)"),
        ({"do_not_call": True}, "write a mail (no calls wanted)"),
        (
            {"do_not_call": True, "do_not_email": True},
            "write on LinkedIn (no calls wanted, and no mail either)",
        ),
    ],
)
def test_what_the_lead_does_not_want_is_not_proposed(scene, handoff, values, words) -> None:
    known(handoff, **values)
    assert said(scene, handoff).startswith(f"{words} for the first touch, due")


def test_a_wrong_number_is_not_called_again(scene, handoff) -> None:
    touch(scene, handoff, "call_outbound", "wrong_number")
    words = said(scene, handoff, minutes=5)
    assert words.startswith("write a mail (the number was wrong) before the decision, due ")


def test_after_a_call_without_an_answer_the_next_one_is_before_the_decision(scene, handoff) -> None:
    touch(scene, handoff, "call_outbound", "no_answer")
    words = said(scene, handoff, minutes=5)
    assert words.startswith("call again (not reached today ")
    assert "before the decision, due " in words


def test_after_a_mail_one_writes_again(scene, handoff) -> None:
    known(handoff, phone="")
    touch(scene, handoff, "email_outbound", "sent")
    words = said(scene, handoff, minutes=5)
    assert words.startswith("write again (no number known) before the decision, due ")


def test_who_was_reached_is_decided(scene, handoff) -> None:
    touch(scene, handoff, "call_outbound", "reached")
    words = said(scene, handoff, minutes=5)
    assert words.startswith("decide (spoken with today ")
    assert "), due " in words
    assert "overdue since" in said(scene, handoff, days=9)


def test_who_asked_for_a_call_is_called_back(scene, handoff) -> None:
    touch(scene, handoff, "call_outbound", "call_back")
    assert said(scene, handoff, minutes=5).startswith("call back (asked for it today ")


def test_a_late_first_touch_says_so(scene, handoff) -> None:
    assert "for the first touch, overdue since" in said(scene, handoff, days=3)


def test_without_clocks_and_when_decided(scene, handoff) -> None:
    assert next_act(handoff, [], at=scene.at).endswith("No clock is running.")
    accept(handoff=handoff, by=scene.sofia, at=scene.at)
    handoff.refresh_from_db()
    assert next_act(handoff, [], at=scene.at) == "Nothing: this handoff is decided."


def test_one_query_whatever_happened(scene, handoff, django_assert_num_queries) -> None:
    for n in range(30):
        touch(scene, handoff, "call_outbound", "no_answer", minutes=n)
    with django_assert_num_queries(1):
        next_act(handoff, [], at=scene.at + timedelta(hours=1))
