"""Reading activities."""

from collections.abc import Iterable
from datetime import datetime

from leads.activities.models import Activity


def activities_of(
    lead_ids: Iterable[int], *, until: datetime | None = None
) -> dict[int, list[Activity]]:
    """Return each lead's activities with their objects, oldest first; one query.

    ``until``: only those known then, that is happened and received by that instant. Bot-marked
    ones are among them. A lead without any has an empty list.
    """
    found: dict[int, list[Activity]] = {pk: [] for pk in lead_ids}
    rows = Activity.objects.filter(lead__in=found).select_related("object")
    if until is not None:
        rows = rows.filter(occurred_at__lte=until, received_at__lte=until)
    for row in rows.order_by("occurred_at", "pk"):
        found[row.lead_id].append(row)
    return found
