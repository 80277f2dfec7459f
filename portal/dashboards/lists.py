"""What the team board and the account executive's list read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery

from leads.database.models import AFTER_SQL, Lead, Opportunity
from leads.handoffs.models import OPEN, Handoff
from leads.routing.reasons import explain_routing
from leads.tasks.models import FollowUp
from portal.accounts.models import Membership, Role, Team, User
from portal.core.paging import Page, keyset_page
from sla.clocks.shown import ClockView, clocks_for
from sla.clocks.states import State

LONGEST_KEY = 19  # digits of a database key


@dataclass(frozen=True)
class Place:
    """A member's place in a team, with what they have open in it."""

    membership: Membership
    load: int
    is_away: bool

    @property
    def takes(self) -> bool:
        return self.membership.takes_handoffs and self.membership.user.role == Role.SDR

    @property
    def has_room(self) -> bool:
        return self.takes and not self.is_away and self.load < self.membership.cap


@dataclass(frozen=True)
class OpenRow:
    """One open handoff with its nearest running clock and why it is with whom."""

    handoff: Handoff
    clock: ClockView | None
    why: str


def teams_of(user: User) -> QuerySet[Team]:
    """Return the teams this person answers for: their own, an admin's all."""
    return Team.objects.all() if user.role == Role.ADMIN else user.teams.all()


def open_handoffs(teams: Iterable[Team], *, cursor: str, owner: str = "") -> Page[Handoff]:
    """Return one page of these teams' open handoffs, the nearest due first.

    ``owner`` is a person's key, or "nobody" for those that wait.
    """
    rows = Handoff.objects.open().filter(team__in=teams).for_list()
    if owner == "nobody":
        rows = rows.filter(owner=None)
    elif owner.isdecimal() and len(owner) < LONGEST_KEY:
        rows = rows.filter(owner=int(owner))
    return keyset_page(rows, order=("due_at", "pk"), cursor=cursor)


def open_rows(handoffs: Sequence[Handoff], *, at: datetime) -> list[OpenRow]:
    """Return the handoffs with clocks and reasons, in a fixed number of queries."""
    clocks = clocks_for([one.pk for one in handoffs], at=at) if handoffs else {}
    why = explain_routing(handoffs)
    return [OpenRow(one, _nearest(clocks.get(one.pk, [])), why[one.pk]) for one in handoffs]


def _nearest(clocks: Sequence[ClockView]) -> ClockView | None:
    running = (one for one in clocks if one.is_running and one.state != State.PAUSED)
    return next(running, None)


def places_of(teams: Iterable[Team], *, at: datetime) -> list[Place]:
    """Return the members of these teams who take handoffs, with their loads; one query."""
    mine = Handoff.objects.filter(OPEN, owner=OuterRef("user"), team=OuterRef("team"))
    counted = mine.order_by().values("owner").annotate(n=Count("pk")).values("n")
    rows = Membership.objects.filter(team__in=teams, user__role=Role.SDR, user__is_active=True)
    rows = rows.select_related("user", "team").annotate(load=Subquery(counted))
    return [
        Place(row, row.load or 0, row.is_away(at))
        for row in rows.order_by("team__name", "user__name", "pk")
    ]


def sqls_of(user: User, *, cursor: str, state: str = "") -> Page[Lead]:
    """Return one page of the leads a person owns since sales accepted them, the newest first.

    Each has ``newest`` (its opportunities) and ``due`` (its open follow-ups, the first due first).
    ``state`` narrows: "sql" without an opportunity yet, "open", "won" or "lost".
    """
    rows = Lead.objects.listed().filter(owner=user, handoffs__outcome="accepted").distinct()
    if state in Opportunity.Outcome.values:
        rows = rows.filter(opportunities__outcome=state)
    else:
        rows = rows.filter(stage__in=AFTER_SQL)
        rows = rows.filter(opportunities=None) if state == "sql" else rows
    opportunities = Opportunity.objects.order_by("-pk")
    follow_ups = FollowUp.objects.open().filter(assignee=user).order_by("due_at", "pk")
    rows = rows.select_related("company", "standing", "source").prefetch_related(
        Prefetch("opportunities", opportunities, to_attr="newest"),
        Prefetch("follow_ups", follow_ups, to_attr="due"),
    )
    return keyset_page(rows, order=("-pk",), cursor=cursor)
