"""The scoreboard and its clocks as files: exactly what the page shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from portal.core.intervals import Interval
from portal.core.sheets import Sheet
from portal.core.streaming import streamed
from sla.breaches.models import Excuse
from sla.clocks.models import ClockQuerySet
from sla.clocks.shown import TITLES
from sla.clocks.states import State, state_expression
from sla.scoreboard.board import Board, Line
from sla.scoreboard.figures import Tally

ROWS_AT_ONCE = 500


def board_sheets(board: Board) -> list[Sheet]:
    """Return one table for each part of the page, in its order."""
    counts = [_("Kept"), _("Came due"), *_share_heads(), _("Late"), _("Waiting"), _("Excused"),
              _("Ended untouched"), _("Running")]  # fmt: skip
    kept = [_("Kept"), _("Of"), *_share_heads()]
    return [
        Sheet(
            _("Promises of sales"),
            [_("Promise"), _("Seconds of working time"), _("Terms"), *counts],
            [[one.title, one.seconds, one.version, *_counts(one.tally)] for one in board.promises],
        ),
        Sheet(
            _("Promises without a clock"),
            [_("Side"), _("Promise"), _("Terms"), *kept],
            [
                [side, one.sentence, one.version, one.met, one.n, *_share(one.share)]
                for side, rows in board.counted.items()
                for one in rows
                if not one.months
            ],
        ),
        Sheet(
            _("Handed over by month"),
            [_("Promise"), _("Terms"), _("Month"), _("Handed over"), _("Promised")],
            [
                [one.sentence, one.version, month.begins.date(), month.made, one.promise.at_least]
                for rows in board.counted.values()
                for one in rows
                for month in one.months
            ],
        ),
        *(
            Sheet(title, [title, _("Promise"), *counts], list(_lines(lines)))
            for title, lines in (
                (_("Team"), board.teams),
                (_("Person"), board.people),
                (_("Source"), board.sources),
                (_("Hour of arrival"), board.hours),
            )
        ),
        Sheet(
            _("Speed to lead"),
            [_("Touched"), _("Late and untouched"), _("Median, working seconds"),
             _("9 of 10, working seconds"), _("Median, wall seconds"), _("9 of 10, wall seconds"),
             _("Median from, working seconds"), _("Median to, working seconds")],
            [[board.speed.touched, board.speed.waiting, board.speed.median_working,
              board.speed.p90_working, board.speed.median_wall, board.speed.p90_wall,
              board.speed.low_working, board.speed.high_working]],
        ),
    ]  # fmt: skip


def clock_sheet(clocks: ClockQuerySet, *, at: datetime) -> Sheet:
    """Return every clock of the list, newest first; one statement, read as the file is written."""
    heads = [_("Lead"), _("Company"), _("Promise"), _("Person"), _("Team"), _("Started"), _("Due"),
             _("Stamped"), _("State"), _("Working seconds used"), _("Excused because")]  # fmt: skip
    return Sheet(_("Clocks"), heads, _clock_rows(clocks, at))


def _clock_rows(clocks: ClockQuerySet, at: datetime) -> Iterator[Sequence[Any]]:
    standing = Excuse.objects.filter(clock=OuterRef("pk"), withdrawn_at=None)
    rows = clocks.order_by("-started_at", "-pk").values_list(
        "handoff__lead__name", "handoff__lead__company__name", "kind", "handoff__owner__name",
        "handoff__team__name", "started_at", "due_at", "stamped_at", state_expression(at), "worked",
        Subquery(standing.values("reason")),
    )  # fmt: skip
    states = {state.value: str(state.label) for state in State}
    titles = {kind: str(title) for kind, title in TITLES.items()}
    for lead, company, kind, person, team, *times, state, worked, because in streamed(
        rows, size=ROWS_AT_ONCE
    ):
        yield [
            lead, company or "", titles[kind], person or "", team or "", *times, states[state],
            worked, because or "",
        ]  # fmt: skip


def _lines(lines: Sequence[Line]) -> Iterator[list[Any]]:
    for line in lines:
        for title, tally in (
            (TITLES["first_touch"], line.first_touch),
            (TITLES["disposition"], line.disposition),
        ):
            yield [line.name, str(title), *_counts(tally)]


def _counts(tally: Tally) -> list[Any]:
    return [tally.met, tally.n, *_share(tally.share), tally.late, tally.waiting, tally.excused,
            tally.ended, tally.running]  # fmt: skip


def _share_heads() -> list[str]:
    return [_("Share"), _("95 % from"), _("95 % to")]


def _share(share: Interval | None) -> list[float | None]:
    if share is None:
        return [None, None, None]
    return [round(part, 4) for part in (share.value, share.low, share.high)]
