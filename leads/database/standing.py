"""Writing the score rows: the only module that does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Greatest

from leads.database.models import UNSCORED, StaleCause, Standing
from portal.core.bulk import update_rows
from portal.core.prepared import PreparedUpdate
from portal.events.bells import ring_after_commit


@dataclass(frozen=True)
class StandingRow:
    """What a lead's score has come to. Fit and engagement in hundredths, total whole points."""

    lead_id: int
    version_id: int
    fit: int
    engagement: int
    total: int | None
    grade: str
    gates: int
    fired: int
    valid_until: datetime | None


def set_standing(
    rows: Sequence[StandingRow], *, at: datetime, seen_marks: Mapping[int, int]
) -> None:
    """Store scores in one statement and take the stale marks away that were seen when reading.

    ``seen_marks`` is each lead's ``stale_marks`` as it was read before its facts and activities
    were; a mark that came later stays, and the lead is settled again.
    """
    update_rows(
        Standing,
        [
            {
                **vars(row),
                "rank": UNSCORED if row.total is None else row.total,
                "scored_at": at,
                "stale_marks_seen": seen_marks[row.lead_id],
            }
            for row in rows
        ],
        key="lead_id",
        more=("stale_marks_seen",),
        special={
            column: f'CASE WHEN t."stale_marks" = v."stale_marks_seen" THEN {cleared} '
            f'ELSE t."{column}" END'
            for column, cleared in (("stale_since", "NULL"), ("stale_cause", "0"))
        },
    )


def set_standing_if(
    row: StandingRow, *, at: datetime, seen: Standing, condition: str, params: Sequence[Any]
) -> bool:
    """Store one score in one statement where its row is as it was ``seen``; whether it was.

    ``condition`` is SQL with ``params``: what else must hold when it is written.
    """
    was = {
        column: getattr(seen, column)
        for column in ("version_id", "stale_since", "stale_marks", "scored_at", "stage")
    }
    new = {
        **vars(row),
        "rank": UNSCORED if row.total is None else row.total,
        "scored_at": at,
        "stale_since": None,
        "stale_cause": 0,
    }
    del new["lead_id"]
    sets = ", ".join(f"{column} = %s" for column in new)
    same = " AND ".join(f"{column} IS %s" for column in was)
    stored = [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in (*new.values(), row.lead_id, *was.values())
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Standing._meta.db_table} SET {sets} "  # noqa: S608 - our own names
            f"WHERE lead_id = %s AND is_listed AND {same} AND {condition}",
            [*stored, *params],
        )
        return bool(cursor.rowcount)


def mark_stale(lead_ids: Iterable[int], *, cause: StaleCause, at: datetime) -> None:
    """Say that these leads' scores may have changed, and ring for those somebody waits for."""
    ids = sorted(set(lead_ids))
    if ids:
        _mark(ids, at, int(cause))
        if cause == StaleCause.LIVE:
            ring_after_commit("lead.stale", ids, at=at)


def mark_stale_rows(rows: QuerySet[Standing], *, cause: StaleCause, at: datetime) -> int:
    """Mark ``rows`` in one statement; return how many.

    Each mark is counted: who settles must be able to tell whether another one came while they
    were reading, also after a third has settled it. Locks the rows in the order of their leads, as
    everybody does who locks several.
    """
    marked, changes = _marking(rows, cause=int(cause), at=at)
    return marked.update(**changes)


def _marking(
    rows: QuerySet[Standing], *, cause: int, at: datetime
) -> tuple[QuerySet[Standing], dict[str, Any]]:
    locked = rows.order_by("pk").select_for_update(no_key=True, of=("self",))
    changes = {
        "stale_since": Case(When(stale_since__gte=at, then=F("stale_since")), default=at),
        "stale_cause": Greatest(F("stale_cause"), cause),
        "stale_marks": F("stale_marks") + 1,
    }
    return Standing.objects.filter(pk__in=locked.values("pk")), changes


_mark = PreparedUpdate(
    lambda ids, at, cause: _marking(Standing.objects.filter(pk__among=ids), cause=cause, at=at),
    list[int],
    datetime,
    int,
)
