"""Which account executive takes an SQL."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leads.database.models import Lead, Stage
from leads.dispositions.errors import Incomplete
from portal.accounts.models import Membership, Role, User, away

OPEN_STAGES = (Stage.SQL, Stage.OPPORTUNITY)
TAKES_SQLS = frozenset({Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD})


@dataclass(frozen=True)
class Executive:
    """An account executive with the number of their open SQLs and opportunities."""

    user: User
    load: int


def executives_by_load(*, at: datetime, team_id: int | None = None) -> list[Executive]:
    """Return the active account executives, the one to ask first at the front.

    Those who are there come before those away, those of the team before others, then the fewest
    open SQLs and opportunities, then the longest known. One query.
    """
    places = Membership.objects.filter(user=OuterRef("pk"))
    theirs = Lead.objects.filter(owner=OuterRef("pk"), stage__in=OPEN_STAGES).values("owner")
    # Count("*") asks for no column beside those of leads_open_sqls_of: no lead's row is read.
    held = Subquery(theirs.annotate(n=Count("*")).values("n"))
    found = (
        User.objects.filter(role=Role.ACCOUNT_EXECUTIVE, is_active=True)
        .annotate(
            is_elsewhere=~Exists(places.filter(team=team_id)),
            is_away=Exists(places.filter(away(at))),
            load=Coalesce(held, 0),
        )
        .order_by("is_away", "is_elsewhere", "load", "pk")
        .only("name", "email", "role", "is_active")
    )
    return [Executive(user, user.load) for user in found]


def owner_for(lead: Lead, asked: User | None, *, team_id: int | None, at: datetime) -> User | None:
    """Return who takes the lead as an SQL: the one asked for, who has it already, or the next.

    None when there is no account executive at all. Raises Incomplete for a person who takes none.
    """
    if asked is not None:
        if asked.role not in TAKES_SQLS or not asked.is_active:
            raise Incomplete(
                "owner", _("%(user)s takes no SQLs. Choose an account executive.") % {"user": asked}
            )
        return asked
    has = lead.owner
    if has is not None and has.role == Role.ACCOUNT_EXECUTIVE and has.is_active:
        return has
    return next((one.user for one in executives_by_load(at=at, team_id=team_id)), None)
