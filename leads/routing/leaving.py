"""What becomes of handoffs whose owner has left: the team, or the company."""

from datetime import datetime

from django.db import transaction

from leads.handoffs.holding import FREE
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.instants import whole_second
from portal.events.services import record_each


@transaction.atomic
def take_back(
    *,
    user_id: int,
    at: datetime,
    team_id: int | None = None,
    by: User | None = None,
    cause: str = "left",
) -> list[int]:
    """Have the open handoffs of somebody, of one team or of all, wait again; return their ids.

    Each records ``handoff.returned`` with its ``cause`` ("left", "away"), after which it is routed
    anew; its clocks run on, and nobody has it on the desk. Harmless when repeated. Locks the
    teams, lowest first, then the handoffs.
    """
    held = Handoff.objects.open().filter(owner=user_id)
    if team_id is not None:
        held = held.filter(team=team_id)
    teams = held.filter(team__isnull=False).order_by("team").values_list("team", flat=True)
    for team in teams.distinct():
        lock_team(team)
    handoffs = list(held.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    Handoff.objects.filter(pk__in=[one.pk for one in handoffs]).update(
        owner=None, routing={}, **FREE
    )
    record_each(
        "handoff.returned",
        [(one, {"from": user_id, "cause": cause}) for one in handoffs],
        actor=by,
        at=whole_second(at),
    )
    return [one.pk for one in handoffs]
