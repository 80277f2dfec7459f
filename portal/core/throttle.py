"""Counting knocks atomically. Library throttles read, then write, and let a crowd through."""

from datetime import datetime

from django.db import connection


def count_knock(key: str, *, at: datetime, seconds: int = 60) -> int:
    """Count one request of ``key`` in the window of ``at`` and return how many there were.

    One ``INSERT ... ON CONFLICT ... RETURNING``: parallel callers each get their own number.
    """
    window = int(at.timestamp()) // seconds
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO portal_ratecount ("key", "window", "count") VALUES (%s, %s, 1) '
            'ON CONFLICT ("key", "window") DO UPDATE SET "count" = portal_ratecount."count" + 1 '
            'RETURNING "count"',
            [key[:120], window],
        )
        row = cursor.fetchone()
    return int(row[0])
