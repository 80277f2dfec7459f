"""Who belongs to a person's teams: a sales lead sees what any of them has."""

from typing import Any

from django.db.models import QuerySet

from portal.accounts.models import Membership, User


def members_beside(user: User) -> QuerySet[Any, Any]:
    """Return the ids of everybody in this person's teams: whose handoffs a sales lead sees."""
    teams = user.memberships.values("team")
    return Membership.objects.filter(team__in=teams).values_list("user", flat=True)
