"""Erasing a person: the one act that changes evidence and what events say.

What is known of the person and every word about them goes, and nobody can be found by what stays:
a numbered lead with its activities, handoffs and decisions, so that what was counted stays so.
``erased_fields`` lists every field. The column caches drop their shards when they next look.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import Lead, Stage, StaleCause
from leads.database.stages import move_leads
from leads.database.standing import mark_stale
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Release
from leads.handoffs.services import close_releases
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.core.models import Unlock
from portal.events.models import Event, EventLead
from portal.events.services import record
from scoring.engine.erased_fields import BLANKED, DELETED, EVIDENCE, LEAD, PAYLOAD
from scoring.engine.models import Evidence

KIND = "lead.erased"
SOURCE = "erased"  # the external source of a lead that nobody can be found by
WORD = "(erased)"  # stands where somebody had written something


class Why(models.TextChoices):
    """Why a person is erased. Codes, for words could name them again."""

    ASKED = "asked", gettext_lazy("They asked for it")
    NO_GROUND = "no_ground", gettext_lazy("We have no ground to keep them any more")
    MISTAKE = "mistake", gettext_lazy("They should never have come in")


@dataclass(frozen=True)
class Erasure:
    """What was erased: the leads that were this person, and how many rows of each kind."""

    lead_ids: Sequence[int]
    rows: dict[str, int]


@transaction.atomic
def erase_person(*, lead: Lead, why: str, by: User, at: datetime) -> Erasure:
    """Erase who this lead is, with every lead that was merged with it.

    Raises NotAllowed unless an admin asks, Conflict when it is done already or ``why`` is no code
    of ``Why``. Locks the leads and their standings. Records ``lead.erased``, linked to each lead.
    """
    if by.role != Role.ADMIN:
        raise NotAllowed(_("An admin erases people. Ask one of them."))
    if why not in Why.values:
        raise Conflict(_("Say why this person is erased."))
    at, ids = whole_second(at), lock_leads(_same_person(lead))
    if Lead.objects.filter(pk=lead.pk, external_source=SOURCE).exists():
        raise Conflict(_("This person is erased already."))
    unlock = Unlock.objects.create(reason="erasure")
    rows: Counter[str] = Counter()
    for label, path in DELETED.items():
        rows[label] += _rows(label, path, ids).delete()[0]
    for label, (path, fields) in BLANKED.items():
        rows[label] += _blank(label, path, fields, ids)
    rows["scoring.Evidence"] += _scrub_evidence(ids)
    rows["portal.Event"] += _scrub_events(ids)
    unlock.delete()
    _forget(ids, by=by, at=at)
    found = {label: count for label, count in sorted(rows.items()) if count}
    payload = {"why": why, "rows": found}
    record(KIND, subject=lead, actor=by, at=at, payload=payload, leads=ids)
    mark_stale(ids, cause=StaleCause.IMPORT, at=at)
    return Erasure(ids, found)


def _same_person(lead: Lead) -> list[int]:
    """Return this lead with all that were merged into the same one, however often."""
    top, found = lead.pk, set[int]()
    while above := Lead.objects.values_list("duplicate_of", flat=True).get(pk=top):
        top = above
    new = {top}
    while new:
        found |= new
        new = set(Lead.objects.filter(duplicate_of__in=new).values_list("pk", flat=True)) - found
    return sorted(found)


def _rows(label: str, path: str, ids: Sequence[int]) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = apps.get_model(label)._base_manager.all()
    return rows.filter(**{f"{path}__in": ids})


def _blank(label: str, path: str, fields: Sequence[str], ids: Sequence[int]) -> int:
    model = apps.get_model(label)
    values = {name: _empty(model._meta.get_field(name)) for name in fields}
    keys = list(_rows(label, path, ids).values_list("pk", flat=True))
    return model._base_manager.filter(pk__in=keys).update(**values) if keys else 0


def _empty(field: Any) -> Any:
    """Return what takes a field's place: a text says that something stood there."""
    if isinstance(field, models.JSONField):
        return Value({}, field)
    blank = When(**{field.name: ""}, then=Value(""))
    if field.name == "external_id":  # told apart still, for no two rows may share one
        return Case(blank, default=Concat(Value(f"{SOURCE} "), Cast("pk", CharField())))
    return Case(blank, default=Value(WORD), output_field=CharField())


def _scrub_evidence(ids: Sequence[int]) -> int:
    found = list(Evidence.objects.filter(handoff__lead__in=ids))
    for one in found:
        one.document |= {key: {} for key in EVIDENCE}
        one.document["lines"] = [
            line | {key: [] for key in EVIDENCE} for line in one.document.get("lines", [])
        ]
    Evidence.objects.bulk_update(found, ["document"], batch_size=200)
    return len(found)


def _scrub_events(ids: Sequence[int]) -> int:
    linked = EventLead.objects.filter(lead_id__in=ids).values("event_id")
    told = Event.objects.filter(kind="facts.changed")
    found = [
        one
        for one in told.filter(pk__in=linked)
        | told.filter(subject_type=Lead._meta.label_lower, subject_id__in=ids)
        if any(one.payload.get(name) for name in PAYLOAD)
    ]
    for one in found:
        one.payload |= {key: [] for key in PAYLOAD}
    Event.objects.bulk_update(found, ["payload"], batch_size=200)
    return len(found)


def _forget(ids: Sequence[int], *, by: User, at: datetime) -> None:
    """Make numbered leads of them that nobody writes to, calls, hands over or finds."""
    values: dict[str, Any] = {**dict.fromkeys(LEAD, ""), "extra": {}, "external_source": SOURCE}
    Lead.objects.filter(pk__in=ids).update(
        **values | {"external_id": Cast("pk", CharField())},
        company=None,
        do_not_email=True,
        do_not_call=True,
        revision=F("revision") + 1,
    )
    close_releases(ids, end=Release.End.CLOSED, by=by, at=at)
    before = [Stage.KNOWN, Stage.MQL, Stage.RECYCLED]
    move_leads(ids, to=Stage.DISQUALIFIED, by=by, at=at, cause=KIND, only_from=before)
