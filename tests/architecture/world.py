"""The small company that the guards of every address visit: one person of each role, one team.

Whatever an address needs in its path is a ``cached_property`` here, made when first asked for
and visible to everybody whom the table lets in.
"""

from functools import cached_property
from typing import Any

from portal.accounts.models import Membership, Role, Team, User

ANONYMOUS = "anonymous"
IN_THE_TEAM = {Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD}


class World:
    """People and things of one test; everything is made through the product's own models."""

    @cached_property
    def team(self) -> Team:
        return Team.objects.create(name="Inbound", is_default=True)

    @cached_property
    def people(self) -> dict[str, User]:
        """One active person of each role; sales people belong to the team."""
        people = {
            str(role): User.objects.create_user(f"{role}@example.test", name=role.label, role=role)
            for role in Role
        }
        for role in IN_THE_TEAM:
            Membership.objects.create(team=self.team, user=people[str(role)])
        return people

    def log_in(self, client: Any, role: str) -> None:
        """Make the client this role's browser, or nobody's."""
        client.logout()
        if role != ANONYMOUS:
            client.force_login(self.people[role])
