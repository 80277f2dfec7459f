"""The order in which the lifecycle locks rows: lead, standing, handoff; and team, handoff.

Whoever changes what becomes of a lead locks lead and standing first; whoever deals out handoffs
locks the team first. Nobody locks a lead, a standing or a team while holding a handoff, so nobody
waits in a circle.
"""

from collections.abc import Iterable
from typing import cast

from leads.database import fact_rows
from leads.database.models import Standing
from portal.accounts.models import Team
from portal.core.prepared import Prepared


def lock_leads(lead_ids: Iterable[int]) -> list[int]:
    """Lock these leads and their standings, lowest first, and return the ids that exist."""
    ids = fact_rows.lock_leads(lead_ids)
    rows = Standing.objects.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    return ids


def lock_team(team_id: int) -> Team:
    """Lock the team: whoever deals out its handoffs holds this row until the commit."""
    (team,) = TEAM_LOCK(team_id)
    return cast("Team", team)


TEAM_LOCK = Prepared(
    lambda team_id: Team.objects.select_for_update(no_key=True).filter(pk=team_id).order_by(), int
)
