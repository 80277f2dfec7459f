"""Instants as the portal stores them: aware, UTC, whole seconds."""

from datetime import UTC, datetime


def whole_second(at: datetime) -> datetime:
    """Return ``at`` in UTC with its fraction of a second cut off. Naive instants are refused."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return at.astimezone(UTC).replace(microsecond=0)
