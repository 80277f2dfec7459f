"""The order in which the lifecycle locks rows: lead, standing, handoff; and team, handoff.

Whoever changes what becomes of a lead locks the lead first; whoever deals out handoffs locks the
team first. Nobody locks a lead or a team while holding a handoff, so nobody waits in a circle.
"""

from leads.database.fact_rows import lock_leads
from portal.accounts.models import Team

__all__ = ["lock_leads", "lock_team"]


def lock_team(team_id: int) -> Team:
    """Lock the team: whoever deals out its handoffs holds this row until the commit."""
    return Team.objects.select_for_update(no_key=True).get(pk=team_id)
