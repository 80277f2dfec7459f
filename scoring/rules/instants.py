"""Instants as whole seconds: scoring compares integers, callers pass aware datetimes."""

from datetime import UTC, datetime, timedelta

DAY = 86_400  # seconds; a day in a rule is this, whatever a clock change does
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // SECOND


def seconds(at: datetime) -> int:
    """Return ``at`` in whole seconds since 1970 UTC, a fraction cut off; ValueError if naive."""
    if at.tzinfo is None:
        raise ValueError("scoring needs an aware instant")
    return (at - EPOCH) // SECOND


def instant(at: int) -> datetime | None:
    """Return the UTC datetime of ``at`` seconds, or None past the last one a datetime can hold."""
    return EPOCH + timedelta(seconds=at) if at <= LATEST else None
