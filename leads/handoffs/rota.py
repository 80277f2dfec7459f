"""Whose turn the handoffs are that nobody has yet."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from portal.accounts.models import Membership, Role, User
from portal.accounts.today import local_now

PLACE = (
    "team", "takes_handoffs", "rota_days", "away_from", "away_until", "user__name", "user__role",
    "user__is_active",
)  # fmt: skip


@dataclass(frozen=True)
class Rota:
    """One person's teams today. ``turns`` names who is on the rota, by team.

    A team of which nobody is on it, or all on it are away, is everybody's turn: it has no entry.
    """

    user: User
    now: datetime  # local, in the organisation's zone
    teams: tuple[int, ...] = ()
    turns: dict[int, dict[int, str]] = field(default_factory=dict)

    @property
    def mine(self) -> list[int]:
        """The teams whose unassigned handoffs are offered to this person today."""
        return [pk for pk in self.teams if self.is_turn_of(self.user.pk, pk)]

    @property
    def others(self) -> list[int]:
        """The teams in which it is somebody else's turn."""
        return [pk for pk in self.teams if not self.is_turn_of(self.user.pk, pk)]

    @property
    def names(self) -> list[str]:
        """Who is on the rota in those teams where it is somebody else's turn."""
        return sorted({name for pk in self.others for name in self.turns[pk].values()})

    def is_turn_of(self, user_id: int, team_id: int) -> bool:
        return team_id not in self.turns or user_id in self.turns[team_id]


def rota_of(user: User, *, at: datetime) -> Rota:
    """Return the rota of this person's teams at ``at``. Two queries.

    On it are active SDRs who take handoffs, whose weekday it is and who are not away.
    """
    now = local_now(at)
    rows = Membership.objects.filter(team__memberships__user=user).select_related("user")
    light = rows.only(*PLACE)
    teams: set[int] = set()
    turns: dict[int, dict[int, str]] = defaultdict(dict)
    for place in light:
        teams.add(place.team_id)
        takes = place.takes_handoffs and place.user.is_active and place.user.role == Role.SDR
        if takes and place.is_on_rota(now.weekday()) and not place.is_away(at):
            turns[place.team_id][place.user_id] = place.user.name
    return Rota(user, now, tuple(sorted(teams)), dict(turns))
