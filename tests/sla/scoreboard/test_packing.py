"""Packed days: the board says what the rows say, however they changed and who looks."""

from datetime import date, timedelta
from itertools import cycle, islice, product
from zoneinfo import ZoneInfo

import pytest
from django.db.models.functions import ExtractHour, TruncMonth, TruncWeek

from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation
from portal.core.intervals import ENOUGH
from sla.clocks.models import Clock
from sla.scoreboard.board import board_of
from sla.scoreboard.figures import Tally, speed_to_lead, tally
from sla.scoreboard.filters import PeriodFilter
from sla.scoreboard.models import PackedDay, TouchedDay
from sla.scoreboard.packing import pack_days
from tests.conftest import FULL
from tests.sla.scoreboard import rows
from tests.sla.scoreboard.company import AT, HANDOFFS, KINDS, Company

pytestmark = pytest.mark.django_db


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
    counted = [
        (one.promise.key, one.version, one.met, one.n, one.months)
        for side in ("sales", "marketing")
        for one in board.counted[side]
    ]
    return promises, by, trend, board.speed, board.marketing, sorted(counted)


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
    begins, before = chosen.begins(since), chosen.begins(until + timedelta(days=1))
    handoffs = rows.handoffs_made(
        Handoff.objects.visible_to(user), since=begins, before=before, team=chosen.chosen("team")
    )
    counted = rows.counted(handoffs, since=begins, before=before, zone=zone, at=AT)
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
    speed, made = speed_to_lead(clocks, at=AT), rows.delivered(handoffs)
    return promises, lines, trend, speed, made, sorted(counted)


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

    others = cycle(product(choices, (company.lead_of_sales, company.executive, company.admin)))

    def compare() -> None:
        for choice, user in ((choices[0], company.admin), *islice(others, 5 if FULL else 1)):
            assert as_shown(choice, user) == as_it_is(choice, user)

    kept = as_shown(choices[0], company.admin)[-1]
    assert {key for key, _version, met, n, months in kept if 0 < met < n or months} >= {
        "acceptance-rate", "attempts", "high-intent", "high-intent-of-a-segment", "packet",
        "packet-of-the-fast", "packet-of-the-known", "volume", "volume-of-a-segment",
    }  # fmt: skip

    assert not PackedDay.objects.exists()
    compare()
    while pack_days(at=AT):
        pass
    assert PackedDay.objects.count() > 50
    assert not TouchedDay.objects.exists()
    compare()
    company.stir()
    assert 3 <= TouchedDay.objects.values("handoff").distinct().count() < HANDOFFS * 2 / 3
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
