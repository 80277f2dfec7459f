"""Transactions that are open, and waiting until those that might have missed something are over.

Two transactions that run at once do not see each other's rows, so what one should have told of
the other's, neither tells. Whoever acts on rows that others write together asks here first: once
everybody has ended who was at work when the rows could be seen, nothing about them is still to
come unseen. SQLite lets one transaction write at a time, so there nobody ever misses anything.
"""

from datetime import timedelta
from time import monotonic, sleep

from django.db import connection

PATIENCE = timedelta(seconds=10)
_PAUSE = 0.05  # seconds between two looks
_SNAPSHOT = "SELECT pg_current_snapshot()::text"
# Each transaction that writes holds a lock on its number. Who is in another database of the
# server does not matter; a prepared transaction, which nobody holds in hand, may be in ours.
_OPEN = """
SELECT l.transactionid::text FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
AND l.pid IS DISTINCT FROM pg_backend_pid()
AND (a.datname IS NULL OR a.datname = current_database())
"""


def seen_by_all(*, patience: timedelta = PATIENCE) -> str | None:
    """Return a snapshot whose rows everybody who still writes has seen, for PostgreSQL's functions.

    Waits for who was writing when it was taken, at most ``patience``; None when somebody still is.
    On SQLite it is empty: what can be seen there, all have seen. Call it outside a transaction.
    """
    if connection.vendor != "postgresql":
        return ""
    until = monotonic() + patience.total_seconds()
    (snapshot,) = _asked(_SNAPSHOT)
    waited_for = set(_asked(_OPEN))
    while waited_for and monotonic() < until:
        sleep(_PAUSE)
        waited_for &= set(_asked(_OPEN))
    return None if waited_for else snapshot


def _asked(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [value for (value,) in cursor.fetchall()]
