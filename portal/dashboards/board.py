"""What the team board reads: who has what, what runs out, what waits for somebody and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.models import Lead
from leads.handoffs.models import Handoff
from leads.routing.reasons import explain_routing
from portal.accounts.models import Membership, Role, Team, User
from portal.core.paging import Page, keyset_page
from portal.dashboards.people import (
    SOON,
    Counts,
    Person,
    counts_of,
    nearest_clock,
    people_of,
    takers_of,
)
from portal.events.models import Event
from sla.clocks.shown import ClockView, clocks_for

SHOWN = 20  # handoffs of each group of the first view
ORDER = ("due_at", "pk")
NOW = "now"


@dataclass(frozen=True)
class Row:
    """One open handoff: its nearest running clock, why it is with whom, how long it waits."""

    handoff: Handoff
    clock: ClockView | None
    why: str
    waits: timedelta | None
    is_held: bool
    is_asleep: bool
    is_ticked: bool = False

    @property
    def key(self) -> str:
        """What is posted: the handoff and who had it when the page was read."""
        return f"{self.handoff.public_id}~{self.handoff.owner_id or 0}"


@dataclass(frozen=True)
class Group:
    """Handoffs that ask for the same thing."""

    name: str
    title: Promise
    icon: str
    tone: str
    rows: Sequence[Row]
    count: int

    @property
    def has_more(self) -> bool:
        return self.count > len(self.rows)

    @cached_property
    def common_why(self) -> str:
        """The one reason why nobody has any of them; empty where they differ."""
        reasons = {row.why for row in self.rows}
        return reasons.pop() if self.name == "waiting" and len(reasons) == 1 else ""


TITLES: Mapping[str, tuple[Promise, str, str]] = {
    "waiting": (_("Nobody has them"), "person-plus", "warn"),
    "late": (_("Breached"), "exclamation-circle-fill", "bad"),
    "soon": (_("Due within two hours"), "hourglass-split", "warn"),
    "risk": (_("At risk"), "hourglass-split", "warn"),
    "asleep": (_("Snoozed"), "moon", ""),
    "open": (_("All open"), "inbox", ""),
}
IN_SHORT: Mapping[str, Promise] = {
    NOW: _("Now"),
    "waiting": _("Nobody has them"),
    "late": _("Breached"),
    "soon": _("Due in 2 h"),
    "risk": _("At risk"),
    "asleep": _("Snoozed"),
    "open": _("All open"),
}


@dataclass(frozen=True)
class Board:
    """One team's morning at one instant."""

    team: Team
    at: datetime
    view: str
    counts: Mapping[int | None, Counts]
    people: Sequence[Person]
    people_page: Page[Membership]
    takers: Sequence[tuple[int, str]]
    groups: Sequence[Group]
    page: Page[Handoff] | None = None
    person: Membership | None = None

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """How many are in each view: what somebody has, and what waits."""
        owned = sum((each for owner, each in self.counts.items() if owner is not None), Counts())
        waiting = self.counts.get(None, Counts())
        whole = owned + waiting
        return {
            "waiting": waiting.open,
            "late": owned.late,
            "soon": owned.soon,
            "risk": whole.risk,
            "asleep": whole.asleep,
            "open": whole.open,
            NOW: waiting.open + owned.late + owned.soon,
        }

    @property
    def until(self) -> datetime:
        return self.at + SOON

    @property
    def is_calm(self) -> bool:
        return not self.totals[NOW]

    @cached_property
    def with_room(self) -> list[Person]:
        return [one for one in self.people if one.has_room]


def teams_of(user: User) -> QuerySet[Team]:
    """Return the teams this person answers for: their own, an admin's all."""
    return Team.objects.all() if user.role == Role.ADMIN else user.teams.all()


def read_board(
    team: Team,
    *,
    at: datetime,
    view: str = NOW,
    person: Membership | None = None,
    cursor: str = "",
    people_cursor: str = "",
    ticked: frozenset[str] = frozenset(),
) -> Board:
    """Return the board of a team in one of its views; ``person`` narrows it to theirs.

    The same number of queries whatever the team has open. The first view shows the beginning of
    each of its groups; every other one is a page.
    """
    counts = counts_of(team, at=at)
    people, people_page = people_of(team, counts, at=at, cursor=people_cursor)
    takers = takers_of(team, counts, at=at)
    whole = Board(team, at, view, counts, people, people_page, takers, (), person=person)
    if person is not None:
        page = _page(_rows(team, "open", at).filter(owner=person.user_id), cursor)
        mine = counts.get(person.user_id, Counts())
        groups = [_group("open", _shown(page.rows, at=at, ticked=ticked), mine.open)]
        return replace(whole, groups=groups, page=page)
    if view != NOW:
        page = _page(_rows(team, view, at), cursor)
        groups = [_group(view, _shown(page.rows, at=at, ticked=ticked), whole.totals[view])]
        return replace(whole, groups=groups, page=page)
    found = {name: _first(team, name, at) for name in ("waiting", "late", "soon")}
    rows = _shown([one for some in found.values() for one in some], at=at, ticked=ticked)
    by_id = {row.handoff.pk: row for row in rows}
    groups = [
        _group(name, [by_id[one.pk] for one in some], whole.totals[name])
        for name, some in found.items()
    ]
    return replace(whole, groups=groups)


def _group(name: str, rows: Sequence[Row], count: int) -> Group:
    title, icon, tone = TITLES[name]
    return Group(name, title, icon, tone, rows, count)


def _rows(team: Team, view: str, at: datetime) -> QuerySet[Handoff]:
    """Return the handoffs of a view. What waits is told apart from what somebody is late with."""
    rows = Handoff.objects.open().filter(team=team)
    owned, in_time = Q(owner__isnull=False), Q(due_at__gte=at)
    if view == "asleep":
        return rows.asleep(at)
    wanted = {
        "waiting": Q(owner=None),
        "late": owned & Q(due_at__lt=at),
        "soon": owned & in_time & Q(due_at__lte=at + SOON),
        "risk": in_time & Q(warn_at__lte=at),
    }
    return rows.filter(wanted.get(view, Q()))


def _first(team: Team, view: str, at: datetime) -> list[Handoff]:
    return _page(_rows(team, view, at), "", size=SHOWN).rows


def _page(rows: QuerySet[Handoff], cursor: str, *, size: int = 50) -> Page[Handoff]:
    """Return one page. Leads are read later: joined, they would be read before the limit."""
    listed = rows.select_related("owner", "held_by")
    return keyset_page(listed, order=ORDER, cursor=cursor, size=size)


def _shown(handoffs: Sequence[Handoff], *, at: datetime, ticked: frozenset[str]) -> list[Row]:
    prefetch_related_objects(handoffs, Prefetch("lead", Lead.objects.select_related("company")))
    clocks = clocks_for([one.pk for one in handoffs], at=at) if handoffs else {}
    why, returned = explain_routing(handoffs), _returned(handoffs)
    return [
        Row(
            handoff=one,
            clock=nearest_clock(clocks.get(one.pk, [])),
            why=why[one.pk],
            waits=at - (returned.get(one.pk) or one.made_at or at)
            if one.owner_id is None
            else None,
            is_held=one.is_held(at),
            is_asleep=one.snoozed_until is not None and one.snoozed_until > at,
            is_ticked=str(one.public_id) in ticked,
        )
        for one in handoffs
    ]


def _returned(handoffs: Sequence[Handoff]) -> dict[int, datetime]:
    """Return since when those wait that somebody had before. One query."""
    waiting = [one.pk for one in handoffs if one.owner_id is None]
    rows = Event.objects.filter(
        kind="handoff.returned", subject_type="leads.handoff", subject_id__in=waiting
    )
    latest = rows.order_by().values("subject_id").annotate(at=Max("at"))
    return dict(latest.values_list("subject_id", "at"))
