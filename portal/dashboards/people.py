"""The members of a team as the team board shows them: what they have open, against cap and weight.

A fixed number of queries for any number of members and open handoffs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.accounts.models import Membership, Role, Team
from portal.accounts.today import local_now, midnight
from portal.core.paging import Page, keyset_page
from sla.clocks.shown import ClockView, clocks_for
from sla.clocks.states import State

SOON = timedelta(hours=2)
PEOPLE = 50  # members on one page
MOST_TAKERS = 300  # members that can be chosen without being on the page
ORDER = ("user__name", "pk")
BAR = 116  # pixels of the longest bar


@dataclass(frozen=True)
class Counts:
    """How many open handoffs are in which state; ``soon`` run out within two hours."""

    open: int = 0
    late: int = 0
    risk: int = 0
    soon: int = 0
    asleep: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        pairs = zip(self.__dict__.values(), other.__dict__.values(), strict=True)
        return Counts(*(mine + theirs for mine, theirs in pairs))


@dataclass(frozen=True)
class Load:
    """A load as a bar, in pixels: up to the cap, over it, and where the weight's share ends."""

    width: float
    filled: float
    over: float
    share: float | None


@dataclass(frozen=True)
class Person:
    """A member's place in the team, and what they have to do with its handoffs right now."""

    place: Membership
    counts: Counts
    decided: int
    bar: Load
    is_away: bool
    is_on_rota: bool
    nearest: Handoff | None = None
    clock: ClockView | None = None
    on_desk: Sequence[Handoff] = field(default_factory=tuple)

    @property
    def takes(self) -> bool:
        user = self.place.user
        return self.place.takes_handoffs and user.is_active and user.role == Role.SDR

    @property
    def is_full(self) -> bool:
        return self.counts.open >= self.place.cap

    @property
    def has_room(self) -> bool:
        return self.takes and not self.is_away and not self.is_full

    @property
    def room(self) -> int:
        return max(self.place.cap - self.counts.open, 0)

    @property
    def will_be_away(self) -> bool:
        """An absence is planned that has not begun; those that are over are forgotten."""
        return not self.is_away and self.place.away_until is not None

    @property
    def leaves_on(self) -> date | None:
        return day_of(self.place.away_from)

    @property
    def returns_on(self) -> date | None:
        return day_of(self.place.away_until)

    @property
    def words(self) -> str:
        """What is said of them as somebody to pass on to: “Ben Ode, 18 of 25, away”."""
        return words_of(self.place, self.counts.open, is_away=self.is_away)


def words_of(place: Membership, load: int, *, is_away: bool) -> str:
    """Say who it is, how much they have, and what speaks against giving them more."""
    words = {"who": place.user, "open": load, "cap": place.cap}
    said = _("%(who)s, %(open)d of %(cap)d") % words
    if is_away:
        return _("%(said)s, away") % {"said": said}
    return _("%(said)s, full") % {"said": said} if load >= place.cap else said


def takers_of(
    team: Team, counts: Mapping[int | None, Counts], *, at: datetime
) -> list[tuple[int, str]]:
    """Return whom handoffs of the team can be passed on to, (person, words) by name. One query."""
    rows = Membership.objects.filter(
        team=team, takes_handoffs=True, user__role=Role.SDR, user__is_active=True
    )
    return [
        (
            one.user_id,
            words_of(one, counts.get(one.user_id, Counts()).open, is_away=one.is_away(at)),
        )
        for one in rows.select_related("user").order_by(*ORDER)[:MOST_TAKERS]
    ]


def day_of(instant: datetime | None) -> date | None:
    """Return the reader's day of an instant: absences are spoken of in days."""
    return timezone.localdate(instant) if instant else None


def people_of(
    team: Team, counts: Mapping[int | None, Counts], *, at: datetime, cursor: str = ""
) -> tuple[list[Person], Page[Membership]]:
    """Return one page of the members who take handoffs, or have some, by name."""
    page = keyset_page(_places(team, by=at + SOON), order=ORDER, cursor=cursor, size=PEOPLE)
    now, ids = local_now(at), [place.user_id for place in page]
    decided = _decided_since(midnight(now), team, ids)
    on_desks = _on_desks(team, ids, at=at)
    nearest = _nearest(page.rows)
    clocks = _clocks(nearest.values(), at=at)
    bars = _bars(page.rows, counts, at=at)
    turns = _turns(page.rows, now.weekday(), at=at)
    people = [
        Person(
            place=place,
            counts=counts.get(place.user_id, Counts()),
            decided=decided.get(place.user_id, 0),
            bar=bars[place.pk],
            is_away=place.is_away(at),
            is_on_rota=place.pk in turns or not turns,
            nearest=(one := nearest.get(place.user_id)),
            clock=clocks.get(one.pk) if one else None,
            on_desk=on_desks.get(place.user_id, ()),
        )
        for place in _without_past_absences(page.rows, at)
    ]
    return people, page


def _places(team: Team, *, by: datetime) -> Any:
    """Members who take handoffs, and whoever else has open ones.

    Each with what is due first, where that is late or runs out ``by`` then: a plain order and a
    bound, so that the index answers for one row and not for all that they have.
    """
    mine = Handoff.objects.open().filter(owner=OuterRef("user"), team=OuterRef("team"))
    first = mine.filter(due_at__lte=by).order_by("due_at", "pk").values("pk")[:1]
    is_sdr = Q(user__role=Role.SDR, user__is_active=True)
    rows = Membership.objects.filter(is_sdr | Q(Exists(mine)), team=team)
    return rows.select_related("user").annotate(nearest=Subquery(first))


def _turns(places: Iterable[Membership], weekday: int, *, at: datetime) -> set[int]:
    """Return whose turn what waits is today; with nobody on the rota it is everybody's."""
    there = (one for one in places if one.takes_handoffs and not one.is_away(at))
    return {one.pk for one in there if one.is_on_rota(weekday)}


def _without_past_absences(places: Iterable[Membership], at: datetime) -> list[Membership]:
    """Forget absences that are over: pages speak of what is and what will be."""
    rows = list(places)
    for place in rows:
        if place.away_until is not None and place.away_until <= at:
            place.away_from = place.away_until = None
    return rows


def counts_of(team: Team, *, at: datetime) -> dict[int | None, Counts]:
    """Return the counts of each owner in the team; None has what waits. Two queries."""
    rows = Handoff.objects.open().filter(team=team).order_by()
    in_time = Q(due_at__gte=at)
    states = rows.values("owner").annotate(
        open=Count("pk"),
        late=Count("pk", filter=Q(due_at__lt=at)),
        risk=Count("pk", filter=in_time & Q(warn_at__lte=at)),
        soon=Count("pk", filter=in_time & Q(due_at__lte=at + SOON)),
    )
    asleep = rows.asleep(at).values("owner").annotate(n=Count("pk"))
    sleeping = dict(asleep.values_list("owner", "n"))
    return {
        row["owner"]: Counts(
            row["open"], row["late"], row["risk"], row["soon"], sleeping.get(row["owner"], 0)
        )
        for row in states
    }


def _decided_since(start: datetime, team: Team, user_ids: Sequence[int]) -> dict[int, int]:
    rows = Disposition.objects.standing().filter(
        decided_by__in=user_ids, decided_at__gte=start, handoff__team=team
    )
    counted = rows.order_by().values("decided_by").annotate(n=Count("pk"))
    return dict(counted.values_list("decided_by", "n"))


def _on_desks(team: Team, user_ids: Sequence[int], *, at: datetime) -> dict[int, list[Handoff]]:
    rows = Handoff.objects.open().filter(team=team, held_by__in=user_ids, held_until__gt=at)
    found: dict[int, list[Handoff]] = defaultdict(list)
    for one in rows.select_related("lead").order_by("pk"):
        if one.held_by_id is not None and one.is_held(at):
            found[one.held_by_id].append(one)
    return dict(found)


def _nearest(places: Sequence[Any]) -> dict[int, Handoff]:
    ids = [place.nearest for place in places if place.nearest is not None]
    rows = Handoff.objects.filter(pk__in=ids).select_related("lead")
    return {one.owner_id: one for one in rows if one.owner_id is not None}


def _clocks(handoffs: Iterable[Handoff], *, at: datetime) -> dict[int, ClockView]:
    ids = [one.pk for one in handoffs]
    if not ids:
        return {}
    shown = {pk: nearest_clock(views) for pk, views in clocks_for(ids, at=at).items()}
    return {pk: clock for pk, clock in shown.items() if clock is not None}


def nearest_clock(clocks: Sequence[ClockView]) -> ClockView | None:
    """Return the running clock that is due first; paused ones ask for nothing."""
    running = (one for one in clocks if one.is_running and one.state != State.PAUSED)
    return next(running, None)


def _bars(
    places: Sequence[Membership], counts: Mapping[int | None, Counts], *, at: datetime
) -> dict[int, Load]:
    """Return each load as a bar on one scale, with the share that the weight would give."""
    loads = {one.pk: counts.get(one.user_id, Counts()).open for one in places}
    longest = max((max(one.cap, loads[one.pk]) for one in places), default=0) or 1
    there = [one for one in places if one.takes_handoffs and not one.is_away(at)]
    whole = sum(one.weight for one in there)
    level = sum(loads[one.pk] for one in there) / whole if whole else 0

    def pixels(value: float) -> float:
        return round(BAR * value / longest, 1)

    return {
        one.pk: Load(
            width=pixels(one.cap),
            filled=pixels(min(loads[one.pk], one.cap)),
            over=pixels(max(loads[one.pk] - one.cap, 0)),
            share=pixels(level * one.weight) if one in there and len(there) > 1 else None,
        )
        for one in places
    }
