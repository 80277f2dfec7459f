"""Counting knocks atomically. Library throttles read, then write, and let a crowd through."""

from datetime import datetime

from django.db import connection

from portal.core.models import RateCount

MINUTE = 60
KEPT_MINUTES = 60


def count_knock(key: str, *, at: datetime) -> int:
    """Count one request of ``key`` in the minute of ``at`` and return how many there were.

    One ``INSERT ... ON CONFLICT ... RETURNING``: parallel callers each get their own number.
    """
    window = int(at.timestamp()) // MINUTE
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO portal_ratecount ("key", "window", "count") VALUES (%s, %s, 1) '
            'ON CONFLICT ("key", "window") DO UPDATE SET "count" = portal_ratecount."count" + 1 '
            'RETURNING "count"',
            [key[:120], window],
        )
        row = cursor.fetchone()
    return int(row[0])


def forget_old_counts(*, at: datetime) -> int:
    """Delete the counts of minutes that nobody asks about any more; return how many."""
    oldest = int(at.timestamp()) // MINUTE - KEPT_MINUTES
    return RateCount.objects.filter(window__lt=oldest).delete()[0]
