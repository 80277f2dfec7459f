"""The scoreboard: both sides' numbers, and the clocks behind them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation
from sla.breaches.services import follow_handoffs
from sla.clocks.models import Clock
from sla.scoreboard.figures import Delivered, speed_to_lead, tally
from sla.scoreboard.filters import PeriodFilter
from sla.scoreboard.period import Period, read_period
from sla.scoreboard.sums import delivered_of
from tests.factories import (
    make_activity,
    make_handoff,
    make_reason,
    make_team,
    make_terms,
    make_user,
)

pytestmark = pytest.mark.django_db
SIGNED = datetime(2026, 1, 1, tzinfo=UTC)
MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)  # Monday, 10:00 in Berlin
DUE = MADE + timedelta(hours=4)


@pytest.fixture
def terms():
    return make_terms(at=SIGNED)


def handed_over(*, touched_after=None, decided=None, effect=None, **values) -> Handoff:
    """A handoff at MADE, touched so many minutes later, decided at once by the end of the day."""
    handoff = make_handoff(at=MADE, **values)
    if touched_after is not None:
        at = MADE + timedelta(minutes=touched_after)
        make_activity(handoff.lead, kind="call_outbound", at=at)
    if decided:
        at = MADE + timedelta(hours=8)
        Handoff.objects.filter(pk=handoff.pk).update(
            is_decided=True, decided_at=at, outcome=decided
        )
        Disposition.objects.create(
            handoff=handoff,
            origin="live",
            outcome=decided,
            reason=make_reason(effect, effect=effect) if effect else None,
            decided_by=make_user(),
            decided_at=at,
        )
    follow_handoffs([handoff.pk], at=MADE + timedelta(hours=9))
    return handoff


def test_attainment_counts_what_was_kept_late_and_what_still_waits(terms) -> None:
    handed_over(touched_after=30)
    handed_over(touched_after=60)
    handed_over(touched_after=300)
    handed_over()  # nobody has called yet
    at = DUE + timedelta(hours=2)
    (first,) = [
        each for key, each in tally(Clock.objects.all(), at=at).items() if key == ("first_touch",)
    ]
    assert (first.met, first.n, first.late, first.waiting) == (2, 4, 2, 1)
    assert first.share is None  # four clocks are no share
    (decision,) = [
        each for key, each in tally(Clock.objects.all(), at=at).items() if key == ("disposition",)
    ]
    assert (decision.n, decision.running) == (0, 4)


def test_a_share_comes_with_thirty(terms) -> None:
    for _ in range(30):
        handed_over(touched_after=10)
    first = tally(Clock.objects.all(), at=DUE)["first_touch",]
    assert first.share.value == 1
    assert 0.88 < first.share.low < 0.9


def test_what_ended_without_a_touch_and_what_is_excused_is_counted_apart(terms) -> None:
    ended = make_handoff(at=MADE)
    Handoff.objects.filter(pk=ended.pk).update(is_decided=True, decided_at=MADE)
    follow_handoffs([ended.pk], at=MADE)
    excused = handed_over()
    Clock.objects.filter(handoff=excused).update(is_excused=True)
    first = tally(Clock.objects.all(), at=DUE + timedelta(hours=2))["first_touch",]
    assert (first.n, first.ended, first.excused) == (0, 1, 1)


def test_speed_counts_those_who_wait_past_due_as_slowest(terms) -> None:
    for minutes in (10, 20, 30):
        handed_over(touched_after=minutes)
    late = DUE + timedelta(hours=1)
    fast = speed_to_lead(Clock.objects.all(), at=late)
    assert (fast.n, fast.median_working, fast.p90_working) == (3, 1200, 1800)
    for _ in range(4):
        handed_over()
    slow = speed_to_lead(Clock.objects.all(), at=late)
    assert (slow.touched, slow.waiting) == (3, 4)
    assert (slow.median_working, slow.median_wall) == (None, None)


def test_a_median_has_its_interval_from_thirty_on(terms) -> None:
    for minutes in range(1, 30):
        handed_over(touched_after=minutes)
    late = DUE + timedelta(hours=1)
    few = speed_to_lead(Clock.objects.all(), at=late)
    assert (few.low_working, few.high_working) == (None, None)
    handed_over(touched_after=30)
    speed = speed_to_lead(Clock.objects.all(), at=late)
    # Of 30 in order, the 10th and the 21st: Campbell and Gardner's table for the median.
    assert (speed.low_working, speed.high_working) == (600, 1260)
    for _ in range(20):
        handed_over()
    speed = speed_to_lead(Clock.objects.all(), at=late)
    assert (speed.low_working, speed.high_working) == (18 * 60, None), "its end is not reached yet"


def test_working_time_and_wall_time_are_two_figures(terms) -> None:
    handoff = make_handoff(at=datetime(2026, 3, 6, 15, 30, tzinfo=UTC))  # Friday, 16:30 in Berlin
    make_activity(handoff.lead, kind="call_outbound", at=datetime(2026, 3, 9, 8, 30, tzinfo=UTC))
    follow_handoffs([handoff.pk], at=datetime(2026, 3, 9, 9, tzinfo=UTC))
    speed = speed_to_lead(Clock.objects.all(), at=datetime(2026, 3, 9, 9, tzinfo=UTC))
    assert (speed.median_working, speed.median_wall) == (3600, 65 * 3600)


def delivered() -> Delivered:
    read = read_period(Period(None, None), user=None, at=MADE)
    return delivered_of(read.handoffs, dict(Reason.objects.values_list("code", "effect")))


def test_duplicates_and_mends_are_apart_from_what_sales_judged() -> None:
    handed_over(decided="accepted")
    handed_over(decided="rejected", effect="recycle")
    handed_over(decided="rejected", effect="duplicate")
    handed_over(decided="rejected", effect="mend")
    handed_over()
    numbers = delivered()
    assert (numbers.made, numbers.accepted, numbers.judged) == (5, 1, 2)
    assert (numbers.duplicates, numbers.to_mend, numbers.undecided) == (1, 1, 1)


def test_what_was_handed_over_by_hand_is_counted_apart() -> None:
    handed_over()
    make_handoff(cause="by_hand", words="Met at the fair.")
    numbers = delivered()
    assert (numbers.made, numbers.by_hand) == (2, 1)


def test_a_period_begins_at_midnight_where_the_organisation_is(terms) -> None:
    Organisation.objects.create(zone="America/New_York")
    handed_over()  # 4:00 in New York
    queryset = Clock.objects.all()

    def count(**days) -> int:
        return PeriodFilter(days, queryset=queryset, at=MADE).qs.count()

    assert count(since="2026-03-02", until="2026-03-02") == 2
    assert count(since="2026-03-01", until="2026-03-01") == 0
    assert count(until="2026-03-01") == 0
    assert count() == 2  # the last 90 days


@pytest.fixture
def recent():
    """Handoffs of now, because pages ask for the time themselves."""
    now = timezone.now().replace(microsecond=0)
    make_terms(at=now - timedelta(days=30))

    def make(count: int = 1, **values):
        made = [make_handoff(at=now - timedelta(days=10), **values) for _ in range(count)]
        follow_handoffs([each.pk for each in made], at=now)
        return made

    return make


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("sdr", 404),
        ("account_executive", 200),
        ("sales_lead", 200),
        ("marketing", 200),
        ("marketing_lead", 200),
        ("leadership", 200),
        ("admin", 200),
    ],
)
def test_all_but_sdrs_see_the_scoreboard(client, role, status) -> None:
    client.force_login(make_user(role=role))
    assert client.get(reverse("scoreboard")).status_code == status


def test_what_came_in_the_hour_after_midnight_opens_its_clocks(client, recent) -> None:
    (handoff,) = recent()
    day_before = (timezone.now() - timedelta(days=11)).astimezone(ZoneInfo("Europe/Berlin"))
    midnight = day_before.replace(hour=0, minute=20, second=0, microsecond=0)
    Clock.objects.filter(handoff=handoff).update(started_at=midnight)
    client.force_login(make_user(role="marketing"))
    assert "&amp;hour=0" in client.get(reverse("scoreboard")).content.decode()
    behind = client.get(reverse("clocks"), {"hour": "0"}).context["page"]
    assert len(behind) == 2
    assert not client.get(reverse("clocks"), {"hour": "1"}).context["page"].rows


def test_an_empty_scoreboard_says_so(client) -> None:
    client.force_login(make_user(role="marketing"))
    page = client.get(reverse("scoreboard")).content.decode()
    assert "Nothing was promised in this period" in page
    assert "No SLA terms are in force yet" in page


def test_the_page_says_the_finding_and_links_to_the_clocks(client, recent) -> None:
    team = make_team("North")
    owner = make_user(team=team, name="Sofia Keller")
    recent(2, team=team, owner=owner)
    client.force_login(make_user(role="leadership"))
    page = client.get(reverse("scoreboard")).content.decode()
    assert "Sales kept 0 of the 4 promises that came due." in page
    assert "4 of them are late and still wait." in page
    assert f"person={owner.pk}" in page
    assert "too little data for a share" in page
    behind = client.get(reverse("clocks"), {"person": owner.pk, "state": "breached"})
    assert len(behind.context["page"]) == 4
    assert not client.get(reverse("clocks"), {"state": "met"}).context["page"].rows


def test_a_sales_lead_sees_the_clocks_of_their_own_teams_only(client, recent) -> None:
    mine, other = make_team(), make_team()
    recent(1, team=mine)
    (theirs,) = recent(1, team=other)
    client.force_login(make_user(role="sales_lead", team=mine))
    assert len(client.get(reverse("clocks")).context["page"]) == 2
    board = client.get(reverse("scoreboard")).context["board"]
    assert (board.marketing.made, len(board.teams)) == (1, 1)
    clock = Clock.objects.filter(handoff=theirs).first()
    assert client.get(reverse("clock", args=[clock.pk])).status_code == 404


def test_one_clock_shows_its_arithmetic(client, recent) -> None:
    (handoff,) = recent()
    client.force_login(make_user(role="marketing"))
    clock = Clock.objects.get(handoff=handoff, kind="first_touch")
    page = client.get(reverse("clock", args=[clock.pk])).content.decode()
    assert "of open time" in page
    assert "Office hours" in page
    assert "Breaches" in page


def test_a_filter_that_cannot_be_read_says_so(client, recent) -> None:
    recent()
    client.force_login(make_user(role="marketing"))
    answer = client.get(reverse("scoreboard"), {"since": "yesterday"})
    assert answer.status_code == 422
    assert "Enter a valid date" in answer.content.decode()


@pytest.mark.parametrize("name", ["scoreboard", "clocks"])
def test_the_page_costs_the_same_however_much_there_is(client, recent, name) -> None:
    client.force_login(make_user(role="leadership"))
    costs = []
    for count in (1, 40):
        recent(count, team=make_team(), owner=make_user())
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(name)).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1]
