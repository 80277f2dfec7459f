"""How far the column cache has read, and whether it read this database.

Ids commit out of order, so a mark lies at what was recorded ten minutes ago.
"""

from datetime import datetime, timedelta

from django.db.models import Max
from django.db.models.functions import Coalesce

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, Lead
from portal.events.models import Event
from scoring.engine.manifest import Manifest
from scoring.rules.instants import seconds

AGAIN = timedelta(minutes=10)
SLACK = 1_000  # ids below the mark that are read again too
TABLES = {"activity": Activity, "snapshot": FactSnapshot}


def marks_at(at: datetime) -> dict[str, int]:
    """Return the id of each table up to which nothing can be committed any more."""
    cutoff, marks = at - AGAIN, {}
    for name, rows, column in (
        ("activity", Activity._base_manager.all(), "recorded_at"),
        ("snapshot", FactSnapshot._base_manager.all(), "recorded_at"),
        ("event", Event.objects.all(), "at"),
    ):
        # Walks back from the newest id. The expression keeps a database from sorting by time.
        old = rows.annotate(when=Coalesce(column, column)).filter(when__lt=cutoff)
        newest = old.order_by("-pk").values_list("pk", flat=True).first()
        marks[name] = max((newest or 0) - SLACK, 0)
    marks["lead"] = Lead.objects.aggregate(last=Max("pk"))["last"] or 0
    return marks


def newest_rows() -> dict[str, list[int]]:
    """Return the newest row of each table and the second in which it was recorded."""
    found = {}
    for name, model in TABLES.items():
        newest = model._base_manager.order_by("-pk").values_list("pk", "recorded_at").first()
        found[name] = [newest[0], seconds(newest[1])] if newest else []
    return found


def is_same_database(manifest: Manifest) -> bool:
    """Whether the newest rows seen are still there: they are not in one that was restored."""
    for name, model in TABLES.items():
        if manifest.last.get(name):
            pk, recorded = manifest.last[name]
            row = model._base_manager.filter(pk=pk).values_list("recorded_at", flat=True).first()
            if row is None or seconds(row) != recorded:
                return False
    return True
