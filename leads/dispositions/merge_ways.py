"""How every kind of row that belongs to a lead merges: one line for each, none forgotten.

``relations()`` walks all models, so that a new table cannot be overlooked: a test fails until it
has its way here. Rows move in one statement for each table, however many they are; which ones is
kept, so that they can go back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.sql import UpdateQuery

from leads.database.models import Lead
from leads.handoffs.models import Release
from portal.core.bulk import update_rows

CAUSE = "lead.merged"
AT = "at"  # stands for the instant of the merge


@dataclass(frozen=True)
class Way:
    """What becomes of the rows of one relation when their lead is merged into another.

    ``why`` says why they stay where they are; without it they move. ``only`` limits which move.
    ``once`` names the columns that tell a row from the kept lead's own: its like stays behind.
    Of what meets ``running`` a lead has one: where both have, the one that comes is ended with
    ``ended``, and ``begun`` takes that back.
    """

    why: str = ""
    only: Q = field(default_factory=Q)
    once: Sequence[str] = ()
    running: Q | None = None
    ended: Mapping[str, Any] = field(default_factory=dict)
    begun: Mapping[str, Any] = field(default_factory=dict)


WAYS: Mapping[str, Way] = {
    "leads.Activity.lead": Way(),
    "leads.Consent.lead": Way(),
    "leads.Disposition.duplicate_of": Way(why="it says what was decided then"),
    "leads.FactSnapshot.lead": Way(why="the facts are woven anew (leads.database.weaving)"),
    "leads.FollowUp.lead": Way(),
    "leads.Handoff.lead": Way(),  # with its dispositions, evidence, clocks, call sheet and skips
    "leads.Lead.duplicate_of": Way(),  # who was merged into this one before
    "leads.LeadWord.lead": Way(once=["word"]),
    "leads.Meeting.lead": Way(),
    "leads.Merge.gone": Way(why="it says what was done then"),
    "leads.Merge.kept": Way(why="it says what was done then"),
    "leads.Note.lead": Way(),
    "leads.Nurture.lead": Way(
        running=Q(ended_at=None),
        ended={"ended_at": AT, "end": CAUSE},
        begun={"ended_at": None, "end": ""},
    ),
    "leads.Opportunity.lead": Way(),
    "leads.Presence.lead": Way(once=["user"]),
    "leads.Release.lead": Way(
        running=Q(closed_at=None),
        ended={"closed_at": AT, "end": Release.End.CLOSED},
        begun={"closed_at": None, "end": ""},
    ),
    "leads.StageChange.lead": Way(only=Q(left_at__isnull=False)),  # each is in a stage of its own
    "leads.Standing.lead": Way(why="each has its own; the kept lead's is worked out anew"),
    "leads.Submission.lead": Way(),
    "scoring.ActivationMove.lead": Way(why="it says what was found then"),
    "scoring.Mover.lead": Way(why="it says what was found then"),
    "scoring.Replayed.lead": Way(why="it says what was found then"),
    "portal.EventLead.lead_id": Way(once=["event"]),
    "portal.Notification.lead_id": Way(),
}


@cache
def relations() -> dict[str, tuple[type[models.Model], str]]:
    """Return every column that names a lead, hidden and bare ones too: label to (model, field)."""
    return {
        f"{model._meta.label}.{column.name}": (model, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if column.related_model is Lead or (column.name == "lead_id" and not column.is_relation)
    }


def move_all(gone: int, kept: int, *, at: datetime) -> tuple[dict[str, list[int]], dict[str, Any]]:
    """Move what is of ``gone`` to ``kept``; return the ids that moved and those that were ended.

    Costs at most two statements for each table. Call it with both leads locked.
    """
    moved, ended = {}, {}
    for label, (model, column) in relations().items():
        way = WAYS[label]
        if way.why:
            continue
        if way.running is not None and (ids := _end(way, model, column, gone, kept, at)):
            ended[label] = ids
        if ids := _change(_moving(way, model, column, gone, kept), **{column: kept}):
            moved[label] = ids
    return moved, ended


def move_back(
    moved: Mapping[str, Sequence[int]], ended: Mapping[str, Sequence[int]], *, gone: int
) -> None:
    """Give ``gone`` its rows again, and let go on what a merge ended."""
    known = relations()
    for label, ids in moved.items():
        model, column = known[label]
        named = cast("models.Field[Any, Any]", model._meta.get_field(column)).attname
        key = str(model._meta.pk.column)
        update_rows(model, [{key: pk, named: gone} for pk in ids], key=key)
    for label, ids in ended.items():
        known[label][0]._default_manager.filter(pk__in=ids).update(**WAYS[label].begun)


def count_moving(labels: Sequence[str], *, gone: int, kept: int) -> dict[str, int]:
    """Count how many rows of these relations a merge would move."""
    known = relations()
    return {
        label: _moving(WAYS[label], *known[label], gone, kept).count()
        for label in labels
        if label in known
    }


def _moving(way: Way, model: Any, column: str, gone: int, kept: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._default_manager.filter(way.only, **{column: gone})
    if way.once:
        same = {name: OuterRef(name) for name in way.once}
        rows = rows.filter(~Exists(model._default_manager.filter(**{column: kept}, **same)))
    return rows


def _end(way: Way, model: Any, column: str, gone: int, kept: int, at: datetime) -> list[int]:
    """End what runs for the lead that goes, where the one that stays has it running too."""
    rows = model._default_manager.filter(way.running)
    both = Exists(rows.filter(**{column: kept}))
    ended = {name: at if value == AT else value for name, value in way.ended.items()}
    return _change(rows.filter(both, **{column: gone}), **ended)


def _change(rows: QuerySet[Any], **changes: Any) -> list[int]:
    """Update and return the ids of what was changed, in one statement."""
    update: Any = rows.order_by().query.chain(UpdateQuery)
    update.add_update_values(changes)
    sql, params = update.get_compiler(rows.db).as_sql()
    key = connection.ops.quote_name(str(rows.model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {key}", params)
        return sorted(row[0] for row in cursor.fetchall())
