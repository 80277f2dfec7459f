"""Recording what leads did: one statement for one activity or a thousand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from leads.activities.models import Activity, TrackedObject
from leads.activities.queries import activities_of
from leads.database.models import Lead, StaleCause, Standing
from leads.database.registry import KINDS_BY_NAME, OBJECT_KINDS
from leads.database.standing import mark_stale, mark_stale_rows
from portal.accounts.models import User
from portal.core.bulk import insert_rows
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.prepared import Prepared
from portal.core.text import clean_text, composed, fold
from portal.events.services import record

__all__ = [
    "ActivityInput",
    "Recorded",
    "activities_of",
    "mark_bots",
    "record_activities",
    "retag",
]

OBJECT_KIND_NAMES = frozenset(kind for kind, _label in OBJECT_KINDS)
ONCE = ("source", "external_id", "occurred_at")
STORED = ("pk", "lead_id", "external_id", "occurred_at")


@dataclass(frozen=True)
class ActivityInput:
    """One dated thing that a lead did, or that we did to it.

    ``external_id`` makes it the same thing when it is sent again; blank makes it a new one.
    """

    lead_id: int
    kind: str
    occurred_at: datetime
    external_id: str
    object_kind: str = ""
    object_key: str = ""
    object_title: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    is_bot: bool = False
    received_at: datetime | None = None  # the instant of recording when not given


@dataclass(frozen=True)
class Recorded:
    lead_id: int
    is_new: bool
    activity_id: int


def record_activities(
    items: Sequence[ActivityInput],
    *,
    source: str,
    by: User | None,
    at: datetime,
    history: bool = False,
    marked: Collection[int] = (),
) -> list[Recorded]:
    """Store activities, ignoring those known already, and mark the leads of new ones stale.

    ``marked`` are leads that this transaction has marked so already.

    ``source`` says who told us ("form:demo", "api:3", "import:crm", "desk"). ``history``: they
    count as received when they happened, and their leads never hand off at once. An activity is
    its own event. Statements do not grow with ``items``. Raises DomainError for an unknown kind.
    """
    at = whole_second(at)
    objects = _objects(items)  # before the transaction: an object that nobody met harms nobody
    rows = [_row(item, objects, source=source, by=by, at=at, history=history) for item in items]
    with transaction.atomic(savepoint=False):
        keys = insert_rows(Activity, rows, unless_known=ONCE)
        if len(keys) == len(rows):
            found = [
                Recorded(row["lead_id"], is_new=True, activity_id=pk)
                for row, pk in zip(rows, keys, strict=True)
            ]
        else:
            found = _with_known(rows, set(keys), source)
        cause = StaleCause.IMPORT if history else StaleCause.LIVE
        stale = {one.lead_id for one in found if one.is_new}
        mark_stale(stale.difference(marked), cause=cause, at=at)
    return found


def _with_known(rows: Sequence[Mapping[str, Any]], new: set[int], source: str) -> list[Recorded]:
    """Return what stands for each row when some were known before."""
    stored = Activity.objects.filter(
        source=source, external_id__in={row["external_id"] for row in rows}
    )
    known = {(each, when): (pk, lead) for pk, lead, each, when in stored.values_list(*STORED)}
    found = []
    for row in rows:
        pk, lead_id = known[row["external_id"], row["occurred_at"]]
        found.append(Recorded(lead_id, pk in new, pk))
        new.discard(pk)  # sent twice in one batch: new once
    return found


def _row(
    item: ActivityInput,
    objects: Mapping[tuple[str, str], int],
    *,
    source: str,
    by: User | None,
    at: datetime,
    history: bool,
) -> dict[str, Any]:
    kind = KINDS_BY_NAME.get(item.kind)
    if kind is None:
        kinds = ", ".join(KINDS_BY_NAME)
        raise DomainError(
            _("There is no kind of activity “%(kind)s”. Use one of: %(kinds)s.")
            % {"kind": item.kind, "kinds": kinds}
        )
    occurred_at = whole_second(item.occurred_at)
    return {
        "lead_id": item.lead_id,
        "kind": kind.code,
        "object_id": objects.get(_object_key(item)),
        "occurred_at": occurred_at,
        "received_at": occurred_at if history else whole_second(item.received_at or at),
        "recorded_at": at,
        "source": source,
        "external_id": item.external_id or uuid4().hex,
        "actor_id": by.pk if by else None,
        "is_bot": item.is_bot,
        "properties": composed(item.properties),
    }


def _object_key(item: ActivityInput) -> tuple[str, str]:
    return item.object_kind, composed(clean_text(item.object_key))[:300]


def _objects(items: Sequence[ActivityInput]) -> dict[tuple[str, str], int]:
    """Return the id of each object that ``items`` are about; unknown ones are made, untagged."""
    titles = {
        _object_key(item): composed(clean_text(item.object_title))[:200]
        for item in items
        if item.object_kind and clean_text(item.object_key)
    }
    if not titles:
        return {}
    if wrong := {kind for kind, _key in titles} - OBJECT_KIND_NAMES:
        raise DomainError(
            _("There is no kind of object “%(kind)s”. Use one of: %(kinds)s.")
            % {"kind": min(wrong), "kinds": ", ".join(sorted(OBJECT_KIND_NAMES))}
        )
    found = _objects_found(titles)
    missing = sorted(titles.keys() - found.keys())
    if missing:
        TrackedObject.objects.bulk_create(
            (TrackedObject(kind=kind, key=key, title=titles[kind, key]) for kind, key in missing),
            ignore_conflicts=True,
        )
        found = _objects_found(titles)
    return found


_of_keys = Prepared(
    lambda keys: (
        TrackedObject.objects.filter(key__among=keys).order_by().values_list("pk", "kind", "key")
    ),
    list[str],
)


def _objects_found(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {(kind, key): pk for pk, kind, key in _of_keys(list({key for _kind, key in wanted}))}


@transaction.atomic
def retag(*, object: TrackedObject, tags: Iterable[str], by: User, at: datetime) -> TrackedObject:
    """Give an object these tags, and mark every lead that met it stale, in one statement.

    A lead whose gate this opens waits on the release list. Locks the object.
    """
    tracked = TrackedObject.objects.select_for_update().get(pk=object.pk)
    wanted = sorted({folded for tag in tags if (folded := fold(composed(clean_text(tag))))})
    if wanted == tracked.tags:
        return tracked
    before, tracked.tags = tracked.tags, wanted
    tracked.save(update_fields=["tags"])
    met = Activity.objects.filter(object=tracked).values("lead")
    mark_stale_rows(Standing.objects.filter(pk__in=met), cause=StaleCause.IMPORT, at=at)
    payload = {"before": before, "after": wanted}
    record("object.tagged", subject=tracked, actor=by, payload=payload, at=at)
    return tracked


@transaction.atomic
def mark_bots(
    *, ids: Iterable[int], by: User | None, at: datetime, is_bot: bool = True
) -> list[int]:
    """Mark activities as a machine's (or take the mark away); return the ids that changed.

    Every rule ignores them from then on, at every instant, history included.
    """
    rows = Activity.objects.filter(pk__in=set(ids), is_bot=not is_bot).order_by("pk")
    changed = dict(rows.select_for_update().values_list("pk", "lead_id"))
    if not changed:
        return []
    Activity.objects.filter(pk__in=changed).update(is_bot=is_bot)
    mark_stale(changed.values(), cause=StaleCause.IMPORT, at=at)
    touched = sorted(set(changed.values()))
    record(
        "activities.marked",
        subject=Lead(pk=touched[0]),
        actor=by,
        payload={"activities": sorted(changed), "is_bot": is_bot},
        at=at,
        leads=touched,
    )
    return sorted(changed)
