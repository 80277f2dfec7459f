"""The small company that the guards of every address visit: one person of each role, one team.

Whatever an address needs in its path is a ``cached_property`` here, made when first asked for
and visible to everybody whom the table lets in.
"""

import itertools
from functools import cached_property
from typing import Any

from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Membership, Role, Team, User

ANONYMOUS = "anonymous"
IN_THE_TEAM = {Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD}


class World:
    """People and things of one test; everything is made through the product's own services."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @cached_property
    def team(self) -> Team:
        return Team.objects.create(name="Inbound", is_default=True)

    @cached_property
    def people(self) -> dict[str, User]:
        """One active person of each role; sales people belong to the team."""
        people = {
            str(role): User.objects.create_user(
                f"{role}@example.test", "a-password-of-tests", name=role.label, role=role
            )
            for role in Role
        }
        for role in IN_THE_TEAM:
            Membership.objects.create(team=self.team, user=people[str(role)])
        return people

    @cached_property
    def token(self) -> str:
        """What an invitation's link carries."""
        return self.invite(self.people["admin"], 1)

    def invite(self, by: User, count: int) -> str:
        """Invite so many people who are not here yet; return the last one's token."""
        for _ in range(count):
            email = f"invited{next(self._numbers)}@example.test"
            _, token = invitations.invite(
                email=email,
                name="Ina Vited",
                role=Role.SDR,
                team=self.team,
                by=by,
                at=timezone.now(),
            )
        return token

    def log_in(self, client: Any, role: str) -> None:
        """Make the client this role's browser, or nobody's."""
        client.logout()
        if role != ANONYMOUS:
            client.force_login(self.people[role])
