"""The lead's score over time as a drawing: what led here, and what comes if nothing more does.

Pure geometry in pixels; a template only writes it down.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scoring.engine.outlook import Outlook, Step
from scoring.rules.amounts import WHOLE, show
from scoring.rules.definition import AllOf, Definition, Gate, TotalAtLeast
from scoring.rules.explain import gate_name

WIDTH, HEIGHT = 660, 220
LEFT, RIGHT, TOP, AXIS = 124, 656, 24, 190  # left of LEFT stand the words of the gates
DAY = timedelta(days=1)
LEAST_PAST, LEAST_AHEAD, MOST_AHEAD = 7 * DAY, 14 * DAY, 90 * DAY
NEAR = 64  # pixels: marks closer than this share a label
WORDS = 110  # pixels that the words of a mark take at least
A_LETTER, A_LINE = 6, 18  # pixels of words
TICK_ROOM = 56  # pixels between two days on the axis
STEPS = (1, 2, 7, 14, 28)  # days between ticks
IN_TABLE = 12


@dataclass(frozen=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    label: str
    anchor: str = "end"


@dataclass(frozen=True)
class Line:
    """A line of the same height with its words."""

    y: float
    label: str


@dataclass(frozen=True)
class Tick:
    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Row:
    """One change, for the table behind the drawing."""

    at: datetime
    total: int
    why: str = ""
    is_ahead: bool = False


@dataclass(frozen=True)
class ScoreChart:
    """What ``portal/leadpage/_score_chart.html`` writes down."""

    width: int
    height: int
    axis: float
    left: float
    right: float
    now: Mark
    past: str
    ahead: str
    total_area: str
    fit_area: str
    marks: list[Mark]
    gates: list[Line]
    ticks: list[Tick]
    end: Mark | None
    quiet: Mark | None  # where "if nothing more happens" stands, if there is room
    rows: list[Row]
    finding: str

    @property
    def is_young(self) -> bool:
        """Whether today stands in the first half: a narrow screen then begins at the start."""
        return self.now.x < self.width / 2


def score_chart(outlook: Outlook, happened: Iterable[tuple[datetime, str]]) -> ScoreChart | None:
    """Draw the score at and around ``outlook.at``; ``happened`` are instants with their words.

    None where nothing is known of the lead, and for a line that would lie at zero.
    """
    at, past = outlook.at, outlook.past
    if not any(step.total for step in (*past, *outlook.ahead, Step(at, outlook.now))) or not past:
        return None
    start = min(past[0].at, at - LEAST_PAST)
    end = _end(start, at, outlook.ahead)
    ahead = [step for step in outlook.ahead if step.at <= end]
    totals = [step.total for step in (*past, *ahead)] + [outlook.now.total]
    gates = list(_gates(outlook.definition))
    high = max([*totals, 40, *(points for points, _label in gates if points <= 2 * max(totals))])
    low = min(0, *totals)
    across = Scale(start.timestamp(), end.timestamp(), LEFT, RIGHT)
    down = Scale(low, high * 1.08, AXIS, TOP)
    x_now, y_now = across(at.timestamp()), down(outlook.now.total)
    line = list(_stairs([(across(s.at.timestamp()), down(s.total)) for s in past], x_now, y_now))
    fits = [(across(s.at.timestamp()), down(_fit(s))) for s in past]
    fit = list(_stairs(fits, x_now, down(min(outlook.now.fit / WHOLE, outlook.now.total))))
    later = [(x_now, y_now), *((across(s.at.timestamp()), down(s.total)) for s in ahead)]
    coming = list(_stairs(later, RIGHT, later[-1][1]))
    base = down(0)
    return ScoreChart(
        width=WIDTH,
        height=HEIGHT,
        axis=base,
        left=LEFT,
        right=RIGHT,
        now=Mark(x_now, y_now, _("%d today") % outlook.now.total, "start"),
        past=polyline(line),
        ahead=polyline(coming),
        total_area=polyline([(line[0][0], base), *line, (x_now, base)]),
        fit_area=polyline([(fit[0][0], base), *fit, (x_now, base)]),
        marks=_marks(happened, past, start, across, down, Mark(x_now, y_now, "")),
        gates=[Line(down(points), label) for points, label in gates if points <= high],
        ticks=list(_ticks(start, at, end, across)),
        end=_ending(later, ahead),
        quiet=_quiet(later),
        rows=_rows(outlook),
        finding=_finding(outlook),
    )


def polyline(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _end(start: datetime, at: datetime, ahead: Sequence[Step]) -> datetime:
    """Look as far ahead as back, far enough to see the next changes, and not beyond a season."""
    far = min(max(at - start, LEAST_AHEAD), MOST_AHEAD)
    near = [step.at for step in ahead if step.at <= at + MOST_AHEAD][:3]
    return max(at + min(far, 30 * DAY), *(when + 5 * DAY for when in near), at + LEAST_AHEAD)


def _gates(definition: Definition) -> Iterator[tuple[float, str]]:
    for gate, words in (("mql", _("MQL from %s")), ("sales_ready", _("Sales-ready from %s"))):
        tree: Gate | None = getattr(definition, gate)
        for part in tree.parts if isinstance(tree, AllOf) else (tree,):
            if isinstance(part, TotalAtLeast):
                yield part.points / WHOLE, words % show(part.points)


def _fit(step: Step) -> float:
    return max(min(step.standing.fit / WHOLE, step.total), 0)


def _stairs(
    places: Sequence[tuple[float, float]], last_x: float, last_y: float
) -> Iterator[tuple[float, float]]:
    """Yield the corners of a line that holds its height until the next place."""
    yield places[0]
    for before, place in pairwise(places):
        yield place[0], before[1]
        yield place
    yield last_x, places[-1][1]
    if last_y != places[-1][1]:
        yield last_x, last_y


def _marks(
    happened: Iterable[tuple[datetime, str]],
    past: Sequence[Step],
    start: datetime,
    across: Scale,
    down: Scale,
    today: Mark,
) -> list[Mark]:
    """Put a dot where something happened; what is near each other shares its words."""
    marks: list[Mark] = []
    for when, words in sorted(happened):
        if when < start or across(when.timestamp()) > today.x:
            continue
        total = next((step.total for step in reversed(past) if step.at <= when), past[0].total)
        x, y = across(when.timestamp()), down(total)
        if marks and x - marks[-1].x < NEAR:
            last = marks.pop()
            label = last.label if words in last.label else f"{last.label}, {words}"
        else:
            label = words
        marks.append(Mark(x, y, label, _anchor(x, y, label, today)))
    return marks


def _anchor(x: float, y: float, label: str, today: Mark) -> str:
    """Return on which side the words stand: off the words of the gates, and off those of today."""
    if x - LEFT >= max(WORDS, A_LETTER * len(label)):
        return "end"
    is_off_today = abs(y - today.y) > A_LINE or today.x - x > WORDS + NEAR
    return "start" if is_off_today else "end"


def _ticks(start: datetime, at: datetime, end: datetime, across: Scale) -> Iterator[Tick]:
    """Yield days of the axis, today among them, as many as have room."""
    today = across(at.timestamp())
    yield Tick(today, _("today"))
    a_day = (end - start) / DAY
    days = next((n for n in STEPS if n * (RIGHT - LEFT) / a_day >= TICK_ROOM), STEPS[-1])
    local = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    back, forth = int((at - start) / DAY) // days, int((end - at) / DAY) // days
    month = ""
    for n in range(-back, forth + 1):
        when = local + n * days * DAY
        x = across(when.timestamp())
        if n == 0 or abs(x - today) < TICK_ROOM or not LEFT + 8 <= x <= RIGHT - 12:
            continue
        is_new = date_format(when, "b") != month
        month = date_format(when, "b")
        yield Tick(x, date_format(when, "j M" if is_new else "j"))


def _ending(later: Sequence[tuple[float, float]], ahead: Sequence[Step]) -> Mark | None:
    """Say where the score ends up, below the end of the line; nothing where it stays."""
    if not ahead:
        return None
    words = {"total": ahead[-1].total, "day": _day(ahead[-1].at)}
    return Mark(RIGHT, later[-1][1] + 16, _("%(total)d from %(day)s") % words)


def _quiet(later: Sequence[tuple[float, float]]) -> Mark | None:
    """Put the words over the first stretch of what is to come, where it is long enough."""
    start, end = later[0][0], later[1][0] if len(later) > 1 else float(RIGHT)
    room = 70  # of the words "95 today"
    if end - start < room + 136:
        return None
    return Mark(end - 6, later[0][1] - 7, _("if nothing more happens"))


def _rows(outlook: Outlook) -> list[Row]:
    changed = [
        step
        for before, step in pairwise([None, *outlook.past])
        if step is not None and (before is None or before.total != step.total)
    ]
    past = [Row(step.at, step.total) for step in changed[-IN_TABLE:]]
    join = _(" and ").join
    return past + [
        Row(step.at, step.total, join(step.why), is_ahead=True) for step in outlook.ahead
    ]


def _finding(outlook: Outlook) -> str:
    words = _("%d points today.") % outlook.now.total
    gate = outlook.next_gate()
    missing = (
        _("Not %(gate)s.") % {"gate": gate.name} if gate else _("Open: %s.") % _opened(outlook)
    )
    return " ".join(filter(None, (words, missing, outlook.falls())))


def _opened(outlook: Outlook) -> str:
    gates = ("sales_ready", "fast_track")
    return ", ".join(gate_name(gate) for gate in gates if getattr(outlook.now, gate))


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "j M")
