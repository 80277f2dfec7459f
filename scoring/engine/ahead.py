"""Settling one lead where nothing but its score changes: read and evaluated before any lock.

SQLite has one writer at a time: whoever reads and evaluates while holding the lock keeps everybody
waiting. Here the lock is taken by the one statement that writes, and only if what was read still
holds; else the lead is settled under its lock, as everywhere.
"""

from django.db import connection
from django.db.models import Max, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, Stage, StaleCause, Standing
from leads.database.standing import set_standing_if
from portal.core.prepared import Prepared
from scoring.engine.following import HANDOFF_GATES, Setting
from scoring.engine.judging import Judged, judge, standing_row
from scoring.engine.reading import read_histories

_MADE_OF = (Activity, FactSnapshot)  # none of them is ever changed or put in between
_NEWEST = ", ".join(
    f"coalesce((SELECT max(id) FROM {model._meta.db_table} WHERE lead_id = %s), 0)"  # noqa: S608 - our own names
    for model in _MADE_OF
)


def _newest(model: type[Model]) -> Coalesce:
    of_lead = model._default_manager.filter(lead=OuterRef("pk")).order_by().values("lead")
    return Coalesce(Subquery(of_lead.annotate(last=Max("pk")).values("last")), 0)


_stale = Prepared(
    lambda pk: Standing.objects.filter(pk=pk, is_listed=True, stale_since__isnull=False).annotate(
        last_activity=_newest(Activity), last_snapshot=_newest(FactSnapshot)
    ),
    int,
)


def settle_ahead(lead_id: int, setting: Setting) -> bool:
    """Score one stale lead without keeping others waiting; whether that was all there is to do.

    False: something follows, somebody was quicker, or the database has locks for rows.
    """
    if connection.vendor != "sqlite":
        return False
    found = _stale(lead_id)
    if not found or not _is_usual(found[0]):
        return False
    (seen,) = found  # its newest rows were read before what is judged: later ones are noticed
    histories = read_histories([lead_id], setting.in_force.definitions)
    (one,) = judge(found, histories, setting.in_force, at=setting.at)
    if something_follows(one) or _is_newer(one.record, setting):
        return False
    return set_standing_if(
        standing_row(one, one.valid_until),
        at=setting.at,
        seen=seen,
        condition=f"({_NEWEST}) = (%s, %s)",
        params=[lead_id, lead_id, seen.last_activity, seen.last_snapshot],
    )


def _is_usual(seen: Standing) -> bool:
    """Whether it is worth trying. What is scored for the first time has mostly just come in."""
    is_new = seen.scored_at is None
    return not is_new and seen.stage == Stage.KNOWN and seen.stale_cause == StaleCause.LIVE


def something_follows(one: Judged) -> bool:
    """Whether more than the score of a lead at its first stage changes: a gate is or was open."""
    return bool(one.standing.mql or one.handoff_gate or one.record.gates & HANDOFF_GATES)


def _is_newer(record: Standing, setting: Setting) -> bool:
    """Whether somebody has scored the lead later than this, or by a version not known here."""
    return record.scored_at is not None and record.scored_at > setting.at
