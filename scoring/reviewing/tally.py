"""What a review says so far: who voted what, where both sides differ, what should change."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leads.database.models import Lead
from portal.accounts.models import Side, User
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts
from portal.core.intervals import ENOUGH, Interval, wilson
from scoring.definitions.services import parsed
from scoring.feedback.proposals import raised
from scoring.feedback.totals import gate_total
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote

SIDES = (str(Side.MARKETING), str(Side.SALES))
STEP = 5  # points by which a gate is proposed to rise


@dataclass(frozen=True)
class Row:
    """One handoff of a review, with the votes that its reader may see by now."""

    handoff: ReviewedHandoff
    votes: dict[str, Vote]
    given: frozenset[str]  # sides that have voted, seen or not

    @property
    def lead(self) -> Lead:
        return self.handoff.disposition.handoff.lead

    @property
    def marketing(self) -> Vote | None:
        return self.votes.get(Side.MARKETING)

    @property
    def sales(self) -> Vote | None:
        return self.votes.get(Side.SALES)

    @property
    def is_done(self) -> bool:
        return len(self.given) == len(SIDES)

    @property
    def differs(self) -> bool:
        """Whether both sides have voted and do not call it the same."""
        one, other = self.marketing, self.sales
        return one is not None and other is not None and one.call != other.call

    @property
    def is_wrong(self) -> bool:
        """Whether both sides call the rejection wrong."""
        one, other = self.marketing, self.sales
        return one is not None and other is not None and one.call == other.call == Vote.Call.WRONG


@dataclass
class SideTally:
    """What one side said; ``voted`` counts votes that the reader may not see yet, too."""

    side: str
    label: str
    voted: int = 0
    right: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class ReasonTally:
    label: str
    n: int
    wrong: dict[str, int]

    @property
    def marketing(self) -> int:
        return self.wrong[Side.MARKETING]

    @property
    def sales(self) -> int:
        return self.wrong[Side.SALES]


@dataclass(frozen=True)
class Tally:
    """The whole review in numbers."""

    n: int
    sides: list[SideTally]
    both: int  # on which both have voted, as far as the reader sees
    differing: list[Row]
    wrong: list[Row]  # both sides: the wrong call
    reasons: list[ReasonTally]

    @property
    def agreed(self) -> Interval | None:
        """The share of calls on which both sides agree; None under 30."""
        return wilson(self.both - len(self.differing), self.both) if self.both >= ENOUGH else None

    @property
    def voted(self) -> int:
        return sum(one.voted for one in self.sides)


@dataclass
class Change:
    """One change that votes ask for; ``id`` chooses it in a form."""

    id: str
    change: str
    label: str
    key: str = ""
    name: str = ""
    now: str = ""
    suggested: str = ""
    by_side: Counter[str] = field(default_factory=Counter)
    places: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def marketing(self) -> int:
        return self.by_side[Side.MARKETING]

    @property
    def sales(self) -> int:
        return self.by_side[Side.SALES]

    @property
    def can_be_drafted(self) -> bool:
        return self.change == Vote.Change.DROP or bool(self.suggested)


def rows_for(review: RejectionReview, user: User) -> list[Row]:
    """Return the handoffs this person may see, those on which the sides differ first.

    Two queries. Apart, the other side's vote on a handoff is shown once one's own has voted, so
    that neither leads the other; to who belongs to no side once both have.
    """
    found = [_row(one, review, user) for one in review.handoffs.all().visible_to(user).for_list()]
    return sorted(found, key=lambda row: (not row.differs, row.is_done, row.handoff.place))


def _row(one: ReviewedHandoff, review: RejectionReview, user: User) -> Row:
    votes = {vote.side: vote for vote in one.votes.all()}
    given = frozenset(votes)
    own = str(user.side or "")
    is_open = not review.is_apart or review.ended_at is not None or len(given) == len(SIDES)
    if not is_open and own not in given:
        votes = {side: vote for side, vote in votes.items() if side == own}
    return Row(one, votes, given)


def next_place(rows: Sequence[Row], sides: Collection[str], after: int) -> int | None:
    """Return where to go on: the next handoff without a vote of these sides, going round.

    When none is left: the next one on which both sides differ; None at the end.
    """
    by_place = sorted(rows, key=lambda row: row.handoff.place)
    ahead = [row for row in by_place if row.handoff.place > after]
    behind = [row for row in by_place if row.handoff.place < after]
    for row in [*ahead, *behind]:
        if set(sides) - row.given:
            return row.handoff.place
    return next((row.handoff.place for row in ahead if row.differs), None)


def first_place(rows: Sequence[Row], sides: Collection[str]) -> int | None:
    """Return where a review is taken up: the first without a vote, else the first difference."""
    return next_place(rows, sides, 0)


def tally(rows: Sequence[Row]) -> Tally:
    """Return the numbers of a review; no query."""
    sides = {side: SideTally(side, str(Side(side).label)) for side in SIDES}
    mix: Counter[str] = Counter()
    wrong: dict[str, Counter[str]] = {side: Counter() for side in SIDES}
    for row in rows:
        reason = str(row.handoff.disposition.reason)
        mix[reason] += 1
        for side in SIDES:
            sides[side].voted += side in row.given
            if (vote := row.votes.get(side)) is not None:
                is_wrong = vote.call == Vote.Call.WRONG
                sides[side].wrong += is_wrong
                sides[side].right += not is_wrong
                wrong[side][reason] += is_wrong
    return Tally(
        n=len(rows),
        sides=list(sides.values()),
        both=sum(len(row.votes) == len(SIDES) for row in rows),
        differing=[row for row in rows if row.differs],
        wrong=[row for row in rows if row.is_wrong],
        reasons=[
            ReasonTally(label, n, {side: wrong[side][label] for side in SIDES})
            for label, n in mix.most_common()
        ],
    )


def changes_asked(rows: Sequence[Row], version: Version | None) -> list[Change]:
    """Return what the votes ask for, most asked first, with what ``version`` says now.

    A rule that this version no longer has, or a gate without a total, cannot be drafted.
    """
    bodies = _bodies(version)
    found: dict[str, Change] = {}
    for row in rows:
        for side, vote in row.votes.items():
            if vote.change == Vote.Change.NOTHING:
                continue
            place = f"{vote.change}:{vote.rule}"
            one = found.setdefault(place, _change(place, vote, bodies, version))
            one.by_side[side] += 1
            if row.handoff.place not in one.places:
                one.places.append(row.handoff.place)
            if vote.words and vote.words not in one.words:
                one.words.append(vote.words)
    return sorted(found.values(), key=lambda one: (-one.by_side.total(), one.id))


def _bodies(version: Version | None) -> dict[str, dict[str, Any]]:
    clauses = clause_texts(version) if version is not None else []
    asked = (one for one in clauses if one["kind"] in {"rule", "gate"})
    return {str(one["key"]): dict(one["body"]) for one in asked}


def _change(
    place: str, vote: Vote, bodies: dict[str, dict[str, Any]], version: Version | None
) -> Change:
    label, body = str(vote.get_change_display()), bodies.get(vote.rule)
    if vote.change == Vote.Change.GATE:
        total = gate_total(parsed(version).sales_ready) if version is not None else None
        now, suggested = ("", "") if total is None else (str(total), str(total + STEP))
        return Change(place, vote.change, label, "sales_ready", "", now, suggested)
    if not vote.rule:
        return Change(place, vote.change, label)
    if body is None:
        return Change(place, str(Vote.Change.NOTHING), label, vote.rule, vote.rule)
    points = str(body.get("points", "0"))
    suggested = str(_fewer(float(points))) if vote.change == Vote.Change.FEWER else ""
    return Change(place, vote.change, label, vote.rule, str(body.get("name")), points, suggested)


def _fewer(points: float) -> int:
    """Return half of what a rule gives; one that takes points takes five more."""
    return int(points / 2) if points > 0 else int(points) - STEP


def argument_of(one: Change, n: int) -> str:
    """Say in one sentence who asked for a change, and of how many handoffs."""
    what = f"{one.label}: {one.name}" if one.name else one.label
    words = {"what": what, "n": len(one.places), "all": n, "m": one.marketing, "s": one.sales}
    said = _("%(what)s. Asked for on %(n)s of %(all)s reviewed rejections, by marketing %(m)s "
             "times, by sales %(s)s times.") % words  # fmt: skip
    return " ".join([said, *(f"“{text}”" for text in one.words[:3])])


def as_clause(
    one: Change, value: int | None, version: Version
) -> tuple[str, str, dict[str, Any] | None]:
    """Return (kind, key, body) of a draft's clause with this change; None as body: it goes."""
    bodies = _bodies(version)
    if one.change == Vote.Change.DROP:
        return "rule", one.key, None
    if one.change == Vote.Change.GATE:
        now = int(one.now)
        return "gate", one.key, raised(bodies[one.key], now, value or now)
    return "rule", one.key, bodies[one.key] | {"points": str(value or 0)}
