"""Counting knocks atomically. Library throttles read, then write, and let a crowd through."""

from datetime import datetime

from django.db import connection

from portal.core.models import RateCount

MINUTE = 60
KEPT_MINUTES = 60
_COUNT = (
    'INSERT INTO portal_ratecount ("key", "window", "count") VALUES (%s, %s, 1) '
    'ON CONFLICT ("key", "window") DO UPDATE SET "count" = portal_ratecount."count" + 1 '
    'RETURNING "count"'
)


def count_knock(key: str, *, at: datetime) -> int:
    """Count one request of ``key`` in the minute of ``at`` and return how many there were.

    One ``INSERT ... ON CONFLICT ... RETURNING``: parallel callers each get their own number.
    """
    window = int(at.timestamp()) // MINUTE
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            # One way there and back, and no wait for the disk: a count that is lost harms nobody.
            cursor.execute(f"SET LOCAL synchronous_commit TO off; {_COUNT}", [key[:120], window])
            cursor.nextset()
        else:
            cursor.execute(_COUNT, [key[:120], window])
        row = cursor.fetchone()
    return int(row[0])


def forget_old_counts(*, at: datetime) -> int:
    """Delete the counts of minutes that nobody asks about any more; return how many."""
    oldest = int(at.timestamp()) // MINUTE - KEPT_MINUTES
    return RateCount.objects.filter(window__lt=oldest).delete()[0]
