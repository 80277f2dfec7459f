"""The scoreboard's content: figures, rows and the one sentence that says the finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.database.models import Source
from leads.dispositions.models import Reason
from portal.accounts.models import Team, User
from portal.core.intervals import ENOUGH
from sla.clocks.models import Promise
from sla.scoreboard.columns import Table
from sla.scoreboard.counted import (
    Counted,
    asks_what_was_known,
    count_promises,
    promises_in_force,
)
from sla.scoreboard.figures import Delivered, Speed, Tally
from sla.scoreboard.filters import PeriodFilter
from sla.scoreboard.period import Period, read_period
from sla.scoreboard.slices import Promised, by_hour, by_promise, trend_of
from sla.scoreboard.sums import delivered_of, local_times, speed_of, tallies


@dataclass(frozen=True)
class Line:
    """One promise, team or person: a tally of each kind of promise."""

    name: str
    id: int | None
    first_touch: Tally
    disposition: Tally

    @property
    def n(self) -> int:
        return self.first_touch.n + self.disposition.n

    @property
    def waiting(self) -> int:
        return self.first_touch.waiting + self.disposition.waiting


@dataclass(frozen=True)
class Board:
    """Both sides' numbers of one period, for what this person may see."""

    promises: list[Promised]
    counted: dict[str, list[Counted]]  # by side
    trend: dict[str, list[Mapping[str, Any]]]  # its points by title of a promise
    teams: list[Line]
    people: list[Line]
    sources: list[Line]
    hours: list[Line]
    speed: Speed
    marketing: Delivered
    finding: str

    @property
    def is_empty(self) -> bool:
        return not self.promises and not self.marketing.made


def board_of(chosen: PeriodFilter, *, user: User, at: datetime) -> Board:
    """Return the board of the chosen period; its statements grow with nothing but changes."""
    since, until, team = (chosen.chosen(name) for name in ("since", "until", "team"))
    begins = chosen.begins(since) if since else None
    before = chosen.begins(until + timedelta(days=1)) if until else None
    period = Period(begins, before, team.pk if team else None)
    promised = promises_in_force(since=begins, before=before, at=at)
    read = read_period(period, user=user, at=at, with_known=asks_what_was_known(promised))
    clocks, effects = read.clocks, dict(Reason.objects.values_list("code", "effect"))
    local = local_times(clocks["started"], chosen.zone)
    promises, marketing = by_promise(clocks), delivered_of(read.handoffs, effects)
    counted = count_promises(
        promised, read.handoffs, read.tries, effects=effects, zone=chosen.zone, at=at
    )
    return Board(
        promises=promises,
        counted={
            side: [one for one in counted if one.promise.side == side]
            for side in ("sales", "marketing")
        },
        trend=trend_of(clocks, local, by_week=fills_weeks(promises, begins, at)),
        teams=_cut(clocks, "team", Team.objects.all(), nobody=_("No team")),
        people=_cut(clocks, "owner", User.objects.all(), nobody=_("Nobody yet")),
        sources=_cut(clocks, "source", Source.objects.all(), nobody=_("No source")),
        hours=sorted(_lines(by_hour(clocks, local), nobody=""), key=lambda line: line.id or 0),
        speed=speed_of(clocks),
        marketing=marketing,
        finding=finding([each.tally for each in promises], marketing),
    )


def fills_weeks(promises: Sequence[Promised], begins: datetime | None, at: datetime) -> bool:
    """Tell whether an average week holds enough for a share, so that a trend may show weeks."""
    weeks = max((at - begins) / timedelta(days=7), 1) if begins else 1
    most = max((each.tally.n for each in promises), default=0)
    return most / weeks >= ENOUGH


def _cut(clocks: Table, column: str, named: QuerySet[Any], *, nobody: str) -> list[Line]:
    """Count by team, person or source, each with its name; one statement."""
    found = tallies(clocks, clocks[column])
    names = dict(named.filter(pk__in={pk for pk, _kind in found}).values_list("pk", "name"))
    return _lines(
        {(pk or None, names.get(pk), kind): counts for (pk, kind), counts in found.items()},
        nobody=nobody,
    )


def finding(tallies: list[Tally], marketing: Delivered) -> str:
    """Return the sentence on top: what each side kept, and how much still waits."""
    met, due = sum(each.met for each in tallies), sum(each.n for each in tallies)
    waiting = sum(each.waiting for each in tallies)
    sentences = []
    if due:
        sentences.append(
            _("Sales kept %(met)s of the %(due)s promises that came due.")
            % {"met": met, "due": due}
        )
    if waiting:
        sentences.append(
            ngettext(
                "%(n)s of them is late and still waits.",
                "%(n)s of them are late and still wait.",
                waiting,
            )
            % {"n": waiting}
        )
    if marketing.judged:
        sentences.append(
            _("Of %(judged)s handoffs it judged, it accepted %(accepted)s.")
            % {"judged": marketing.judged, "accepted": marketing.accepted}
        )
    return " ".join(sentences) or _("No promise has come due in this period yet.")


def _lines(tallies: dict[tuple[Any, ...], Tally], *, nobody: str) -> list[Line]:
    names = {pk: name for pk, name, _kind in tallies}
    lines = [
        Line(
            name or nobody,
            pk,
            tallies.get((pk, name, Promise.FIRST_TOUCH.value), Tally()),
            tallies.get((pk, name, Promise.DISPOSITION.value), Tally()),
        )
        for pk, name in names.items()
    ]
    return sorted(lines, key=lambda line: (line.id is None, -line.n, line.name))
