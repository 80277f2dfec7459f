"""The past under other terms, and the page that shows it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Role
from portal.agreements.queries import clause_texts
from sla.breaches.services import follow_handoffs
from sla.calendar.book import CalendarBook
from sla.clocks.models import Clock
from sla.clocks.states import State
from sla.rehearsal.history import handling_times
from sla.rehearsal.replay import replay
from sla.rehearsal.services import Wishes, rehearse, terms_of_version
from sla.rehearsal.words import finding
from sla.terms.text import terms_of
from tests.factories import make_activity, make_handoff, make_team, make_terms, make_user

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9:00 in Berlin
NOW = MONDAY + timedelta(days=7)


@pytest.fixture
def terms():
    return make_terms(at=SIGNED)


def handed_over(day: int, *, touched_after: int, decided_after: int = 0, by=None) -> Handoff:
    """A handoff on a day after MONDAY, touched and decided so many minutes later."""
    at = MONDAY + timedelta(days=day)
    handoff = make_handoff(at=at, grade="A1", owner=by)
    touched = at + timedelta(minutes=touched_after)
    make_activity(handoff.lead, kind="call_outbound", at=touched)
    if decided_after:
        decided = at + timedelta(minutes=decided_after)
        Handoff.objects.filter(pk=handoff.pk).update(
            is_decided=True, decided_at=decided, outcome="accepted"
        )
        Disposition.objects.create(
            handoff=handoff, origin="live", outcome="accepted", decided_by=by or make_user(),
            decided_at=decided,
        )  # fmt: skip
    return handoff


@pytest.fixture
def week(terms) -> list[Handoff]:
    """Touches after 30, 60 ... 300 minutes; half of them decided after two days."""
    rows = [
        handed_over(n % 4, touched_after=30 * (n + 1), decided_after=2880 * (n % 2))
        for n in range(10)
    ]
    follow_handoffs([row.pk for row in rows], at=NOW)
    return rows


def test_the_terms_in_force_replayed_say_what_the_clocks_say(terms, week) -> None:
    found = replay(terms_of_version(terms), Handoff.objects.all(), at=NOW)
    for kept in found.promises:
        clocks = Clock.objects.filter(promise=kept.promise.key).with_state(NOW)
        states = list(clocks.values_list("state", flat=True))
        assert {state: states.count(state) for state in State} == kept.counts
    assert [(kept.met, kept.late) for kept in found.promises] == [(8, 2), (0, 10)]
    assert (found.handoffs, found.uncovered) == (10, 0)


def test_stricter_terms_would_have_kept_less_and_the_real_clocks_stay(terms, week) -> None:
    clauses = clause_texts(terms)
    for clause in clauses:
        if clause["key"] == "first-touch":
            clause["body"] |= {"amount_s": 3600, "applies": {"grades": ["A1"]}}
        if clause["key"] == "disposition":
            clause["body"] |= {"applies": {"grades": ["C3"]}}
    before = list(Clock.objects.order_by("pk").values())
    found = replay(terms_of(clauses), Handoff.objects.all(), at=NOW)
    assert [(kept.met, kept.n) for kept in found.promises] == [(2, 10), (0, 0)]
    assert list(Clock.objects.order_by("pk").values()) == before


def test_a_replay_costs_the_same_for_one_and_for_ten(terms, week) -> None:
    counts = []
    for rows in (Handoff.objects.filter(pk=week[0].pk), Handoff.objects.all()):
        with CaptureQueriesContext(connection) as asked:
            replay(terms_of_version(terms), rows, at=NOW)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5


def test_handling_is_the_working_time_since_the_decision_before(terms) -> None:
    """One after another at 20 minutes each, the first two hours after it came; never the night."""
    sdr = make_user(team=make_team())
    for n in range(30):
        handed_over(0, touched_after=1, decided_after=120 + 10 * n, by=sdr)
    next_day = handed_over(1, touched_after=1, decided_after=15, by=sdr)
    terms = terms_of_version(terms)
    found = handling_times(Handoff.objects.all(), terms, CalendarBook.read(), None)
    assert found.measured == 31
    assert sorted(found.seconds) == [*[600] * 29, 900, 7200]
    few = handling_times(Handoff.objects.filter(pk=next_day.pk), terms, CalendarBook.read(), None)
    assert (few.measured, few.seconds) == (0, [1200])


def test_a_rehearsal_of_a_draft_compares_with_the_terms_in_force(terms, week) -> None:
    make_user(team=make_team())
    shown = rehearse(terms, Handoff.objects.all(), Wishes(minutes=10), at=NOW)
    assert (shown.before, shown.after.handoffs, shown.people) == (None, 10, 1)
    assert shown.answer is not None
    assert shown.answer.levels[0].people == 1


@pytest.mark.parametrize(
    ("ceiling", "words"),
    [
        (1.0, "More than 6 people are needed."),
        (0.8, "More than 6 people are needed to keep what their hours allow."),
    ],
)
def test_a_finding_says_what_more_people_would_be_for(terms, week, ceiling, words) -> None:
    make_user(team=make_team())
    shown = rehearse(terms, Handoff.objects.all(), Wishes(minutes=10), at=NOW)
    few = [replace(shown.answer.levels[0], people=6)]
    answer = replace(shown.answer, levels=few, ceiling={"disposition": ceiling}, needed=None)
    said = finding(replace(shown, answer=answer), 0.9)
    assert words in said
    assert ("No number of people" in said) == (ceiling < 0.9)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.SALES_LEAD, 200), (Role.MARKETING, 200), (Role.LEADERSHIP, 200), (Role.SDR, 404)],
)
def test_who_may_open_the_page(client, terms, role, status) -> None:
    client.force_login(make_user(role=role, team=make_team()))
    answer = client.get(reverse("terms-rehearsal", args=[terms.number]))
    assert answer.status_code == status


def test_the_page_says_what_it_found_what_it_assumed_and_refuses_odd_wishes(client, terms) -> None:
    address = reverse("terms-rehearsal", args=[terms.number])
    client.force_login(make_user(role=Role.MARKETING_LEAD))
    nobody = client.get(address)
    assert "Nobody takes handoffs" in nobody.content.decode()
    sdr = make_user(team=make_team())
    at = timezone.now() - timedelta(days=3)
    for minutes in range(5):
        make_handoff(at=at + timedelta(minutes=minutes), owner=sdr)
    page = client.get(address, {"minutes": "10", "days": "30"}).content.decode()
    assert "keeps" in page
    assert "A lead takes 10 minutes, as you chose." in page
    assert "5 real handoffs" in page
    odd = client.get(address, {"minutes": "0", "target": "no", "days": "7"})
    assert odd.status_code == 422
    assert "greater than or equal to 1" in odd.content.decode()
    assert client.get(reverse("terms-rehearsal", args=[99])).status_code == 404
