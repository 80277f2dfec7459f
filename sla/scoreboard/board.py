"""The scoreboard's content: figures, rows and the one sentence that says the finding."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.handoffs.models import Handoff
from portal.accounts.models import User
from sla.clocks.models import Promise
from sla.clocks.shown import TITLES
from sla.scoreboard.figures import (
    Delivered,
    Speed,
    Tally,
    delivered,
    handoffs_made,
    speed_to_lead,
    tally,
)
from sla.scoreboard.filters import PeriodFilter


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

    promises: list[tuple[str, str, Tally]]  # kind, title, tally
    teams: list[Line]
    people: list[Line]
    speed: Speed
    marketing: Delivered
    finding: str

    @property
    def is_empty(self) -> bool:
        return not self.promises and not self.marketing.made


def board_of(chosen: PeriodFilter, *, user: User, at: datetime) -> Board:
    """Return the board of the chosen period; ten statements, however much there is."""
    clocks = chosen.qs
    since, until = chosen.chosen("since"), chosen.chosen("until")
    handoffs = handoffs_made(
        Handoff.objects.visible_to(user),
        since=chosen.begins(since) if since else None,
        before=chosen.begins(until + timedelta(days=1)) if until else None,
        team=chosen.chosen("team"),
    )
    by_kind = tally(clocks, at=at)
    promises = [
        (kind, str(TITLES[kind]), by_kind[kind,]) for kind in Promise.values if (kind,) in by_kind
    ]
    marketing = delivered(handoffs)
    return Board(
        promises=promises,
        teams=_lines(
            tally(clocks, at=at, by=("handoff__team", "handoff__team__name", "kind")),
            nobody=_("No team"),
        ),
        people=_lines(
            tally(clocks, at=at, by=("handoff__owner", "handoff__owner__name", "kind")),
            nobody=_("Nobody yet"),
        ),
        speed=speed_to_lead(clocks, at=at),
        marketing=marketing,
        finding=finding([each for _kind, _title, each in promises], marketing),
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
