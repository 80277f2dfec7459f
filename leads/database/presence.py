"""Who has which lead open right now. It fades by itself a minute after the last sign of life."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from leads.database.models import Presence
from portal.accounts.models import User
from portal.core.instants import whole_second

FADES = timedelta(seconds=60)
SHOWN = ("lead", "user__name", "user__email")
FORGET = timedelta(days=1)


def be_present(user: User, lead_id: int, *, at: datetime) -> None:
    """Say that this person has the lead open now. One statement; it is nobody's history: no event.

    The same second seen twice, from two windows, is one row.
    """
    Presence.objects.bulk_create(
        [Presence(user=user, lead_id=lead_id, seen_at=whole_second(at))],
        update_conflicts=True,
        unique_fields=["user", "lead"],
        update_fields=["seen_at"],
    )


def present_on(lead_ids: Collection[int], *, at: datetime, but: User) -> dict[int, list[User]]:
    """Return who else has each of these leads open, by lead; leads nobody has are left out.

    One query, none without leads.
    """
    found: dict[int, list[User]] = defaultdict(list)
    if lead_ids:
        seen = Presence.objects.filter(lead__in=list(lead_ids), seen_at__gt=at - FADES)
        light = seen.exclude(user=but).select_related("user").only(*SHOWN)
        for one in light.order_by("user__name", "pk"):
            found[one.lead_id].append(one.user)
    return dict(found)


def forget_presence(*, at: datetime) -> int:
    """Delete what faded a day ago; return how many rows."""
    return Presence.objects.filter(seen_at__lt=at - FORGET).delete()[0]
