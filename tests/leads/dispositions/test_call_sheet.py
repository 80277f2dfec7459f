"""The call sheet keeps what two people type, says who changed it, and is asked for."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from leads.database.models import Lead, Stage
from leads.dispositions.call_sheet import (
    ANSWERS,
    StaleSheet,
    missing_answers,
    save_sheet,
    sheet_of,
)
from leads.dispositions.models import CallSheet, Disposition, Reason
from leads.dispositions.services import AlreadyDecided, Incomplete, accept, reject, withdraw
from leads.handoffs.models import Handoff
from portal.core.errors import NotAllowed
from portal.events.models import Event
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_of_sales(team):
    return make_user(name="Tom Lind", role="sales_lead", team=team)


def changes() -> list[dict]:
    events = Event.objects.filter(kind="call_sheet.changed").order_by("pk")
    return list(events.values_list("payload", flat=True))


def test_what_is_typed_is_kept_without_its_blanks(handoff, anna, now) -> None:
    sheet = save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain=" Retyped\x00 orders ")
    assert (sheet.pain, sheet.revision, sheet.changed_by) == ("Retyped orders", 1, anna)
    sheet = save_sheet(handoff=handoff, by=anna, at=now, revision=1, budget="20 k")
    stored = CallSheet.objects.get(handoff=handoff)
    assert (stored.pain, stored.budget, stored.revision) == ("Retyped orders", "20 k", 2)


def test_one_sitting_is_one_event_without_the_words(handoff, anna, now) -> None:
    for n in range(40):
        text = "Retyped-orders"[: n + 1]
        at = now + timedelta(minutes=n)
        sheet = save_sheet(handoff=handoff, by=anna, at=at, revision=sheet_of(handoff).revision,
                           pain=text)  # fmt: skip
    assert sheet.revision == len("Retyped-orders")
    assert changes() == [{"answers": ["pain"]}]
    event = Event.objects.get(kind="call_sheet.changed")
    assert (event.subject_id, event.actor, event.at) == (handoff.pk, anna, now)
    later = at + timedelta(minutes=30)
    save_sheet(handoff=handoff, by=anna, at=later, revision=14, need="Yes", timeline="Q2")
    assert changes() == [{"answers": ["pain"]}, {"answers": ["need", "timeline"]}]


def test_another_person_s_save_is_another_sitting(handoff, anna, lead_of_sales, now) -> None:
    save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Retyped orders")
    save_sheet(handoff=handoff, by=lead_of_sales, at=now, revision=1, impact="Two people")
    save_sheet(handoff=handoff, by=anna, at=now, revision=2, urgency="Contract ends")
    assert [one["answers"] for one in changes()] == [["pain"], ["impact"], ["urgency"]]


def test_saving_what_stands_there_changes_nothing(handoff, anna, now) -> None:
    assert save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="  ").revision == 0
    assert not CallSheet.objects.exists()
    save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Retyped orders")
    again = save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Retyped orders")
    assert again.revision == 1
    assert len(changes()) == 1


def test_a_stale_save_keeps_both_texts(handoff, anna, lead_of_sales, now) -> None:
    save_sheet(handoff=handoff, by=lead_of_sales, at=now, revision=0, pain="Late deliveries")
    later = now + timedelta(seconds=40)
    with pytest.raises(StaleSheet, match=r"^Tom Lind changed this call sheet 40 s ago\.") as stale:
        save_sheet(handoff=handoff, by=anna, at=later, revision=0, pain="Retyped orders")
    assert stale.value.sheet.pain == "Late deliveries"
    assert stale.value.typed == {"pain": "Retyped orders"}
    assert CallSheet.objects.get(handoff=handoff).pain == "Late deliveries"
    save_sheet(handoff=handoff, by=anna, at=later, revision=1, pain="Retyped orders")
    with pytest.raises(StaleSheet, match=r"^You changed this call sheet elsewhere 0 s ago\."):
        save_sheet(handoff=handoff, by=anna, at=later, revision=1, pain="Both")


def test_an_answer_has_its_length(handoff, anna, now) -> None:
    save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="x" * 2000, budget="y" * 200)
    with pytest.raises(Incomplete, match=r"Shorten “budget” to 200 characters\.") as refusal:
        save_sheet(handoff=handoff, by=anna, at=now, revision=1, budget="y" * 201)
    assert refusal.value.field == "budget"


def test_only_who_may_decide_writes(handoff, team, now) -> None:
    ben = make_user(team=team)
    with pytest.raises(NotAllowed, match="Anna Berg"):
        save_sheet(handoff=handoff, by=ben, at=now, revision=0, pain="Mine")
    with pytest.raises(ValueError, match="horoscope"):
        save_sheet(handoff=handoff, by=handoff.owner, at=now, revision=0, horoscope="Leo")


def test_a_decided_handoff_says_who_was_faster(handoff, anna, lead_of_sales, now) -> None:
    reason = Reason.objects.get(pk="spam")
    decision = reject(handoff=handoff, reason=reason, by=lead_of_sales, at=now)
    with pytest.raises(AlreadyDecided, match=r"Tom Lind rejected this 5 s ago: spam or test"):
        save_sheet(handoff=handoff, by=anna, at=now + timedelta(seconds=5), revision=0, pain="No")
    withdraw(disposition=decision, by=lead_of_sales, at=now + timedelta(seconds=9))
    assert save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Yes").revision == 1


def test_accepting_needs_what_the_checklist_names(handoff, anna, now) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(checklist=["timeline", "pain", "decision_makers"])
    handoff.refresh_from_db()
    save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Retyped orders")
    assert missing_answers(handoff) == ["decision_makers", "timeline"]
    said = r"^Accepting needs more on the call sheet: decision-makers, timeline\.$"
    with pytest.raises(Incomplete, match=said) as refusal:
        accept(handoff=handoff, by=anna, at=now)
    assert refusal.value.field == "checklist"
    assert not Disposition.objects.exists()
    assert Lead.objects.get(pk=handoff.lead_id).stage == Stage.WITH_SALES
    answers = {"decision_makers": "The CFO", "timeline": "Q2"}
    save_sheet(handoff=handoff, by=anna, at=now, revision=1, **answers)
    assert accept(handoff=handoff, by=anna, at=now).outcome == "accepted"


def test_rejecting_needs_no_call_sheet(handoff, anna, now) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(checklist=list(ANSWERS))
    assert reject(handoff=handoff, reason=Reason.objects.get(pk="spam"), by=anna, at=now)


def test_questions_that_nobody_asks_are_not_needed(handoff, anna, now) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(checklist=["Has a budget?"])
    assert accept(handoff=handoff, by=anna, at=now).outcome == "accepted"


def test_without_a_checklist_no_sheet_is_read(handoff, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert missing_answers(handoff) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_saves_at_once_one_counts_and_the_others_learn_of_it(handoff, anna, now) -> None:
    start, saved, stale, errors = Barrier(8), [], [], []

    def save(text: str) -> None:
        try:
            start.wait()
            sheet = save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain=text)
            saved.append(sheet.pain)
        except StaleSheet as refusal:
            stale.append(refusal.sheet.pain)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=save, args=(f"Text {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert stale == saved * 7
    assert CallSheet.objects.get().revision == 1
    assert len(changes()) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_words_and_a_decision_at_once_are_kept_or_refused_never_lost(handoff, anna, now) -> None:
    start, told, errors = Barrier(2), [], []

    def act(work) -> None:
        try:
            start.wait()
            work()
        except AlreadyDecided as refusal:
            told.append(refusal)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    works = (
        lambda: save_sheet(handoff=handoff, by=anna, at=now, revision=0, pain="Retyped orders"),
        lambda: accept(handoff=handoff, by=anna, at=now),
    )
    threads = [Thread(target=act, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert Disposition.objects.get().outcome == "accepted"
    assert CallSheet.objects.exists() != bool(told)
