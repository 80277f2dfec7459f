"""The organisation's day: recycle dates, skips and the rota count by it, whoever reads."""

from datetime import datetime
from zoneinfo import ZoneInfo

from portal.accounts.models import Organisation


def local_now(at: datetime) -> datetime:
    """Return the instant in the organisation's zone. One query."""
    return at.astimezone(ZoneInfo(Organisation.current().zone))


def midnight(local: datetime) -> datetime:
    """Return the beginning of the day of a local instant."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
