"""How the sales lead has set the team up: a trainee's half weight, a rota, somebody's holiday."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from leads.routing.absence import go_away
from leads.routing.members import Terms, change_members
from portal.accounts.models import Membership
from portal.demo.people import Cast

MONDAY_TO_THURSDAY, MONDAY_TO_FRIDAY = 0b000_1111, 0b001_1111
TRAINEE, PART_TIME, ON_HOLIDAY = "Clara Rossi", "Tomas Novak", "Mei Tanaka"


def set_up_team(cast: Cast, at: datetime) -> None:
    """Set caps, weights and the rota, and plan an absence, as the sales lead would."""
    places = Membership.objects.filter(team=cast.team, user__in=cast.sdrs).select_related("user")
    by_name = {place.user.name: place for place in places}
    seen = {place.pk: Terms.of(place) for place in by_name.values()}
    wanted = {pk: replace(terms, rota_days=MONDAY_TO_FRIDAY) for pk, terms in seen.items()}
    trainee, part_time = by_name[TRAINEE].pk, by_name[PART_TIME].pk
    wanted[trainee] = replace(wanted[trainee], cap=15, weight=50)
    wanted[part_time] = replace(wanted[part_time], weight=80, rota_days=MONDAY_TO_THURSDAY)
    change_members(team_id=cast.team.pk, wanted=wanted, seen=seen, by=cast.sales_lead, at=at)
    go_away(
        place=by_name[ON_HOLIDAY],
        away_from=_morning(at, days=3),
        away_until=_morning(at, days=10),
        keeps=False,
        seen=(None, None),
        by=cast.sales_lead,
        at=at,
    )


def _morning(at: datetime, *, days: int) -> datetime:
    zone = ZoneInfo("Europe/Berlin")
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone)
