"""Writing the score rows: the only module that does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Greatest

from leads.database.models import UNSCORED, StaleCause, Standing
from portal.core.bulk import update_rows
from portal.events.bells import ring_after_commit

TICK = timedelta(microseconds=1)


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
    rows: Sequence[StandingRow], *, at: datetime, seen_stale: Mapping[int, datetime | None]
) -> None:
    """Store scores in one statement and take the stale marks away that were seen when reading.

    ``seen_stale`` is each lead's ``stale_since`` as it was read before its facts and activities
    were; a mark that came later stays, and the lead is settled again.
    """
    update_rows(
        Standing,
        [
            {
                **asdict(row),
                "rank": UNSCORED if row.total is None else row.total,
                "scored_at": at,
                "stale_since_seen": seen_stale.get(row.lead_id),
            }
            for row in rows
        ],
        key="lead_id",
        more=("stale_since_seen",),
        special={
            column: f'CASE WHEN t."stale_since" = v."stale_since_seen" THEN {cleared} '
            f'ELSE t."{column}" END'
            for column, cleared in (("stale_since", "NULL"), ("stale_cause", "0"))
        },
    )


def mark_stale(lead_ids: Iterable[int], *, cause: StaleCause, at: datetime) -> None:
    """Say that these leads' scores may have changed, and ring for those somebody waits for."""
    ids = sorted(set(lead_ids))
    if ids:
        mark_stale_rows(Standing.objects.filter(pk__in=ids), cause=cause, at=at)
        if cause == StaleCause.LIVE:
            ring_after_commit("lead.stale", ids, at=at)


def mark_stale_rows(rows: QuerySet[Standing], *, cause: StaleCause, at: datetime) -> int:
    """Mark ``rows`` in one statement; return how many.

    Each mark differs from the one before, if only by a microsecond: who settles must be able to
    tell whether another one came while they were reading. Locks the rows in the order of their
    leads, as everybody does who locks several.
    """
    locked = rows.order_by("pk").select_for_update(no_key=True, of=("self",))
    return Standing.objects.filter(pk__in=locked.values("pk")).update(
        stale_since=Case(When(stale_since__gte=at, then=F("stale_since") + TICK), default=at),
        stale_cause=Greatest(F("stale_cause"), int(cause)),
    )
