"""What is left undone of somebody who was deactivated: it waits for their team's sales lead.

Nothing is dealt out by itself: an SQL that a person has talked to is passed on by a person. What
is left is found by asking, so there is no list to keep up to date.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage, Standing
from leads.dispositions.owners import TAKES_SQLS
from leads.handoffs.locks import lock_leads
from leads.routing.members import check_manages
from leads.tasks.models import FollowUp, FollowUpQuerySet
from portal.accounts.models import Role, Team, User
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.services import record_each

IN_SALES = (Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD)


@dataclass(frozen=True)
class PassedOn:
    """What found a new owner."""

    leads: Sequence[int]
    follow_ups: Sequence[int]


def gone_from(team: Team) -> QuerySet[User]:
    """Return who was deactivated and is this team's to look after: its members.

    Sales people of no team at all are the default team's.
    """
    theirs = Q(memberships__team=team)
    if team.is_default:
        theirs |= Q(memberships=None, role__in=IN_SALES)
    return User.objects.filter(theirs, is_active=False)


def left_leads(team: Team) -> QuerySet[Lead]:
    """Return the SQLs whose owner has left before an opportunity was opened."""
    gone = gone_from(team).values("pk")
    return Lead.objects.listed().filter(stage=Stage.SQL, owner__in=gone, opportunities=None)


def left_follow_ups(team: Team) -> FollowUpQuerySet:
    """Return the open follow-ups of people who have left."""
    return FollowUp.objects.open().filter(assignee__in=gone_from(team).values("pk"))


@transaction.atomic
def pass_on_what_is_left(
    *,
    team: Team,
    lead_ids: Collection[int],
    follow_up_ids: Collection[int],
    to: User,
    by: User,
    at: datetime,
) -> PassedOn:
    """Give SQLs and follow-ups of people who have left to somebody who is there.

    The follow-ups of those who have left go with the SQL that they are about. Records
    ``lead.passed_on`` and ``follow_up.passed_on`` for each, in a fixed number of statements.

    Raises NotAllowed unless a sales lead of the team or an admin asks, DomainError when ``to`` has
    left as well or takes no SQLs, Conflict when somebody else has passed all of it on. Locks the
    leads with their standings, then the follow-ups, lowest first.
    """
    at = whole_second(at)
    check_manages(by, team.pk)
    _check_can_take(to, with_leads=bool(lead_ids))
    lock_leads(left_leads(team).filter(pk__in=lead_ids).values_list("pk", flat=True))
    leads = list(left_leads(team).filter(pk__in=lead_ids).order_by("pk"))
    wanted = left_follow_ups(team).filter(Q(pk__in=follow_up_ids) | Q(lead__in=leads))
    rows = FollowUp.objects.filter(pk__in=wanted.values("pk")).order_by("pk")
    follow_ups = list(rows.select_for_update(no_key=True, of=("self",)))
    if not leads and not follow_ups:
        raise Conflict(_("Somebody else has passed this on already."))
    _give(leads, follow_ups, to=to, by=by, at=at)
    return PassedOn([one.pk for one in leads], [one.pk for one in follow_ups])


def _check_can_take(to: User, *, with_leads: bool) -> None:
    if not to.is_active:
        raise DomainError(_("%(who)s has left. Choose somebody else.") % {"who": to})
    if with_leads and to.role not in TAKES_SQLS:
        raise DomainError(_("%(user)s takes no SQLs. Choose an account executive.") % {"user": to})


def _give(
    leads: Sequence[Lead], follow_ups: Sequence[FollowUp], *, to: User, by: User, at: datetime
) -> None:
    ids = [one.pk for one in leads]
    Lead.objects.filter(pk__in=ids).update(owner=to)
    Standing.objects.filter(pk__in=ids).update(owner=to)
    FollowUp.objects.filter(pk__in=[one.pk for one in follow_ups]).update(assignee=to)
    record_each(
        "lead.passed_on",
        [(one, {"from": one.owner_id, "to": to.pk}) for one in leads],
        actor=by,
        at=at,
    )
    record_each(
        "follow_up.passed_on",
        [(one, {"from": one.assignee_id, "to": to.pk}) for one in follow_ups],
        actor=by,
        at=at,
    )
