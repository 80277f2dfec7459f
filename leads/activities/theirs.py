"""What a lead did itself, as distinct from what we did to it."""

from django.db.models import Exists, OuterRef

from leads.activities.models import Activity
from leads.database.registry import OUR_CODES


def lead_did_something_since(instant: str) -> Exists:
    """Return whether the lead of a row did anything that we received after the row's ``instant``.

    For querysets of rows with a ``lead``; robots and our own touches and mails do not count.
    """
    since = Activity.objects.filter(lead=OuterRef("lead"), received_at__gt=OuterRef(instant))
    return Exists(since.filter(is_bot=False).exclude(kind__in=OUR_CODES))
