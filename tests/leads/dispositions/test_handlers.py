import pytest

from leads.dispositions.effects import summary_of_acceptance, summary_of_effects
from leads.dispositions.errors import in_sentence
from leads.dispositions.handlers import tell_marketing
from leads.dispositions.models import Reason
from leads.dispositions.services import accept, reject, withdraw
from portal.events.models import Event
from portal.notifications.models import Notification
from tests.factories import (
    make_handoff,
    make_lead,
    make_reason,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return make_user(name="Anna Berg", team=make_team())


@pytest.fixture
def handoff(anna):
    return make_handoff(make_lead(name="Lea Novak"), owner=anna)


def rejections():
    return list(Event.objects.filter(kind="handoff.rejected"))


def test_marketing_leads_are_told_of_a_rejection_once(handoff, anna, now) -> None:
    priya = make_user(role="marketing_lead")
    make_user(role="marketing_lead", is_active=False)
    reject(handoff=handoff, reason=make_reason(label="Bad timing"), by=anna, at=now)
    tell_marketing(rejections(), now)
    tell_marketing(rejections(), now)
    (told,) = Notification.objects.all()
    assert (told.user, told.text) == (priya, "Anna Berg rejected Lea Novak: bad timing.")


def test_nobody_is_told_of_what_was_taken_back(handoff, anna, now) -> None:
    make_user(role="marketing_lead")
    disposition = reject(handoff=handoff, reason=make_reason(), by=anna, at=now)
    withdraw(disposition=disposition, by=anna, at=now)
    tell_marketing(rejections(), now)
    assert not Notification.objects.exists()


def test_nobody_is_told_when_it_was_accepted_in_the_end(handoff, anna, now) -> None:
    make_user(role="marketing_lead")
    withdraw(
        disposition=reject(handoff=handoff, reason=make_reason(), by=anna, at=now), by=anna, at=now
    )
    accept(handoff=handoff, by=anna, at=now)
    tell_marketing(rejections(), now)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("rows", [1, 40])
def test_telling_costs_the_same(rows, anna, now, django_assert_num_queries) -> None:
    make_user(role="marketing_lead")
    for _ in range(rows):
        reject(handoff=make_handoff(owner=anna), reason=make_reason(), by=anna, at=now)
    events = rejections()
    with django_assert_num_queries(3):  # dispositions, people, lines
        tell_marketing(events, now)
    assert Notification.objects.count() == rows


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("no_budget", "Recycle Lea Novak until 31 May 2026, then back on new high intent"),
        (
            "bad_timing",
            "Recycle Lea Novak until the date you choose, then back on new high intent",
        ),
        ("spam", "Disqualify Lea Novak: only a person brings the lead back"),
        ("duplicate", "Close Lea Novak as a duplicate, out of lists and counts"),
        ("bad_contact_data", "Return Lea Novak to marketing’s list to mend, until a fact changes"),
    ],
)
def test_effects_are_said_before_they_happen(handoff, now, code, says) -> None:
    lines = summary_of_effects(Reason.objects.get(code=code), handoff, now)
    moves = ["Move all that is known of Lea Novak to the lead that stays"]
    assert [str(line) for line in lines] == [says, *(moves if code == "duplicate" else [])]


def test_the_chosen_date_and_those_who_are_told_are_named(handoff, now) -> None:
    for name in ("Priya Nair", "Max Roth", "Zoe Abel"):
        make_user(role="marketing_lead", name=name)
    reason = Reason.objects.get(code="bad_timing")
    lines = summary_of_effects(reason, handoff, now, recycle_on=now.replace(month=9).date())
    assert [str(line) for line in lines] == [
        "Recycle Lea Novak until 2 September 2026, then back on new high intent",
        "Tell Max Roth, Priya Nair and Zoe Abel in marketing, after ten seconds",
    ]


def test_what_is_said_is_what_happens(handoff, anna, now) -> None:
    reason = Reason.objects.get(code="no_budget")
    (line,) = summary_of_effects(reason, handoff, now)
    disposition = reject(handoff=handoff, reason=reason, by=anna, at=now)
    assert f"{disposition.recycle_on:%-d %B %Y}" in line.text


def test_accepting_says_who_takes_the_lead(handoff) -> None:
    owner = make_user(name="Eva Lang", role="account_executive")
    assert [str(line) for line in summary_of_acceptance(handoff, owner)] == [
        "Make Lea Novak an SQL",
        "Pass Lea Novak to Eva Lang",
        "Give Eva Lang a follow-up, due in one day",
    ]
    passing = summary_of_acceptance(handoff, owner)[1]
    assert passing.follows == "owner"
    assert str(passing.choosing("Ben Ode")) == "Pass Lea Novak to Ben Ode"
    assert str(summary_of_acceptance(handoff, None)[1]).endswith("there is no account executive")


def test_labels_stand_inside_sentences() -> None:
    assert in_sentence("Bad timing") == "bad timing"
    assert in_sentence("IT only") == "IT only"
