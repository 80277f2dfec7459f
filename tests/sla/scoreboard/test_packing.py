"""Packed days: the board says what the rows say, however they changed and who looks."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db.models.functions import ExtractHour, TruncMonth, TruncWeek

from leads.database.models import Lead
from leads.dispositions.models import Disposition, Reason
from leads.handoffs.models import Cause, Handoff, Origin
from portal.accounts.models import Organisation, Role
from portal.core.intervals import ENOUGH
from sla.clocks.models import Clock
from sla.scoreboard.board import board_of
from sla.scoreboard.figures import Tally, delivered, handoffs_made, speed_to_lead, tally
from sla.scoreboard.filters import PeriodFilter
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.packing import pack_days
from tests.conftest import FULL
from tests.factories import make_reason, make_source, make_team, make_terms, make_user

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 1, 22, tzinfo=UTC)  # its days reach over Europe's clock change
AT = FIRST + timedelta(days=60, hours=3)
HANDOFFS = 150
KINDS = ("first_touch", "disposition")


class Company:
    """Random handoffs of two months, with clocks in every state, and people who look at them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - data, no secret
        self.version = make_terms(at=FIRST - timedelta(days=9))
        self.teams = [make_team(), make_team(), None]
        self.owners = [make_user(team=self.teams[0]), make_user(team=self.teams[1]), None]
        self.sources = [make_source("Website"), make_source("Fair"), None]
        effects = ("recycle", "disqualify", "duplicate", "mend")
        self.reasons = [make_reason(f"because_{one}", effect=one) for one in effects]
        self.lead_of_sales = make_user(role=Role.SALES_LEAD, team=self.teams[0])
        self.executive = make_user(role=Role.ACCOUNT_EXECUTIVE)
        self.admin = make_user(role=Role.ADMIN)
        self.hand_over()

    def hand_over(self) -> None:
        pick = self.random.choice
        leads = Lead.objects.bulk_create(
            Lead(external_source="t", external_id=str(n), created_at=FIRST, recorded_at=FIRST,
                 owner=pick([self.executive, None]))
            for n in range(HANDOFFS)
        )  # fmt: skip
        handoffs = Handoff.objects.bulk_create(
            Handoff(
                lead=lead, origin=Origin.LIVE, cause=pick([Cause.SALES_READY, Cause.BY_HAND]),
                words="asked for", made_at=FIRST + timedelta(minutes=self.random.randrange(86_000)),
                team=pick(self.teams), owner=pick(self.owners), source=pick(self.sources),
            )
            for lead in leads
        )  # fmt: skip
        Clock.objects.bulk_create(self.clock(one, kind) for one in handoffs for kind in KINDS)
        for handoff in handoffs:
            if self.random.random() < 0.7:
                self.decide(handoff)

    def clock(self, handoff: Handoff, kind: str) -> Clock:
        since, hour = handoff.made_at, timedelta(hours=1)
        return Clock(
            handoff=handoff, kind=kind, promise=kind.replace("_", "-"), version=self.version,
            calendar="always", amount=14400, warn_amount=10800, started_at=since, moved_at=since,
            due_at=since + self.random.randrange(1, 90) * hour, warn_at=since + hour,
            touch_policy=self.random.choice(["ended", "breached"]),
            paused_at=self.random.choice([None, None, since + hour]),
        ) if self.random.random() < 0.3 else self.stamped(handoff, kind)  # fmt: skip

    def stamped(self, handoff: Handoff, kind: str) -> Clock:
        since, length = handoff.made_at, self.random.randrange(20_000)
        is_touched = self.random.random() < 0.8
        return Clock(
            handoff=handoff, kind=kind, promise=kind.replace("_", "-"), version=self.version,
            calendar="always", amount=14400, warn_amount=10800, started_at=since, moved_at=since,
            due_at=since + timedelta(hours=4), warn_at=since + timedelta(hours=3),
            stamped_at=since + timedelta(seconds=length), worked=length // 2,
            stamp_activity=7 if is_touched else None,
        )  # fmt: skip

    def decide(self, handoff: Handoff) -> None:
        at, accepts = handoff.made_at + timedelta(hours=5), self.random.random() < 0.4
        outcome = "accepted" if accepts else "rejected"
        Disposition.objects.create(
            handoff=handoff, origin="live", outcome=outcome, decided_by=self.admin, decided_at=at,
            reason=None if accepts else self.random.choice(self.reasons),
        )  # fmt: skip
        Handoff.objects.filter(pk=handoff.pk).update(
            is_decided=True, decided_at=at, outcome=outcome
        )
        Clock.objects.filter(handoff=handoff, stamped_at=None).update(ended_at=at)

    def stir(self) -> None:
        """Change what stood still: undo, excuse, an earlier touch, another owner, a new effect."""
        pick, handoffs = self.random.choice, list(Handoff.objects.filter(is_decided=True))
        clocks = list(Clock.objects.exclude(stamped_at=None))
        undone, passed, gone = (pick(handoffs) for _ in range(3))
        Disposition.objects.filter(handoff=undone).update(withdrawn_at=AT)
        Handoff.objects.filter(pk=undone.pk).update(is_decided=False)
        Clock.objects.filter(handoff=undone).update(ended_at=None)
        Handoff.objects.filter(pk=passed.pk).update(
            owner=pick(self.owners), team=pick(self.teams), source=pick(self.sources)
        )
        late = pick(clocks)
        Clock.objects.filter(pk=late.pk).update(stamped_at=late.started_at, worked=0)
        Clock.objects.filter(pk=pick(clocks).pk).update(due_at=AT)
        Clock.objects.filter(ended_at__isnull=False, stamped_at=None).update(is_excused=True)
        Reason.objects.filter(pk=pick(self.reasons).pk).update(effect=pick(["mend", "recycle"]))
        Disposition.objects.filter(handoff=pick(handoffs)).update(outcome="accepted", reason=None)
        gone.delete()


def as_shown(choice, user):
    """What the board shows: from packed days as far as there are any."""
    chosen = PeriodFilter(choice, queryset=Clock.objects.visible_to(user), at=AT)
    board = board_of(chosen, user=user, at=AT)
    by = {
        one: {
            (line.name, line.id): (line.first_touch, line.disposition)
            for line in getattr(board, one)
        }
        for one in ("teams", "people", "sources", "hours")
    }
    trend = {kind: [(each["label"], each["n"]) for each in points]
             for kind, points in board.trend.items()}  # fmt: skip
    promises = {(one.kind, one.key, one.version_id): one.tally for one in board.promises}
    return promises, by, trend, board.speed, board.marketing


def as_it_is(choice, user):
    """The same, each figure asked of the rows themselves."""
    chosen = PeriodFilter(choice, queryset=Clock.objects.visible_to(user), at=AT)
    clocks, zone = chosen.qs, chosen.zone
    lines = {
        name: two(tally(clocks, at=AT, by=(f"handoff__{path}__name", f"handoff__{path}", "kind")),
                  nobody)
        for name, path, nobody in (("teams", "team", "No team"), ("people", "owner", "Nobody yet"),
                                   ("sources", "source", "No source"))
    }  # fmt: skip
    hours = tally(clocks.annotate(hour=ExtractHour("started_at", tzinfo=zone)), at=AT,
                  by=("hour", "kind"))  # fmt: skip
    lines["hours"] = two({(f"{h:02}:00", h, kind): one for (h, kind), one in hours.items()}, "")
    since, until = (chosen.chosen(name) for name in ("since", "until"))
    handoffs = handoffs_made(
        Handoff.objects.visible_to(user), since=chosen.begins(since),
        before=chosen.begins(until + timedelta(days=1)), team=chosen.chosen("team"),
    )  # fmt: skip
    promises = tally(clocks, at=AT, by=("kind", "promise", "version"))
    most = max((one.n for one in promises.values()), default=0)
    weeks = max((AT - chosen.begins(since)) / timedelta(days=7), 1)
    cut = TruncWeek if most / weeks >= ENOUGH else TruncMonth
    points = tally(clocks.annotate(start=cut("started_at", tzinfo=zone)), at=AT,
                   by=("start", "kind"))  # fmt: skip
    trend = {}
    for kind, title in (("first_touch", "First touch"), ("disposition", "Disposition")):
        row = [(f"{start.day} {start:%b}", points.get((start, kind), Tally()).n)
               for start in sorted({start for start, _kind in points})]  # fmt: skip
        if any(n >= ENOUGH for _label, n in row):
            trend[title] = row
    return promises, lines, trend, speed_to_lead(clocks, at=AT), delivered(handoffs)


def two(found, nobody):
    keys = {key[:2] for key in found}
    return {
        (name or nobody, pk): tuple(found.get((name, pk, kind), Tally()) for kind in KINDS)
        for name, pk in keys
    }


@pytest.mark.parametrize("seed", range(20) if FULL else [1])
def test_the_board_says_what_the_rows_say_packed_or_changed_since(seed) -> None:
    company = Company(seed)
    choices = [
        {"since": "2026-03-01", "until": "2026-05-01"},
        {"since": "2026-03-10", "until": "2026-03-29", "team": str(company.teams[0].pk)},
    ]

    def compare() -> None:
        for choice in choices:
            for user in (company.admin, company.lead_of_sales, company.executive):
                assert as_shown(choice, user) == as_it_is(choice, user)

    assert not PackedDay.objects.exists()
    compare()
    while pack_days(at=AT):
        pass
    assert PackedDay.objects.count() > 50
    assert not TouchedDay.objects.exists()
    compare()
    company.stir()
    assert 3 <= TouchedDay.objects.values("handoff").distinct().count() < HANDOFFS / 2
    compare()
    TouchedDay.objects.create(day=date(2026, 3, 12))  # the whole of it
    compare()
    while pack_days(at=AT):
        pass
    compare()
    for zone in ("Asia/Kathmandu", "America/St_Johns"):
        Organisation.objects.update_or_create(pk=1, defaults={"zone": zone})
        assert PeriodFilter({}, queryset=Clock.objects.all(), at=AT).zone == ZoneInfo(zone)
        compare()
