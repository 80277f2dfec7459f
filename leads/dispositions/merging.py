"""Two leads that are one person become one lead, and two again on the same day.

The lead that stays has then what one lead would have that had been there from the start: every
activity, what was known at every instant, and the score that follows. docs/reference/merging.md
says what becomes of each kind of row.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.database.lead_rows import store_words_of
from leads.database.models import Lead, Stage, StaleCause, Standing
from leads.database.stages import move_leads
from leads.database.standing import mark_stale
from leads.dispositions.merge_checks import (
    address_taken,
    check_may_merge,
    check_may_unmerge,
    in_the_way,
    obstacles,
    stage_apart,
)
from leads.dispositions.merge_facts import weave_into
from leads.dispositions.merge_preview import MergePreview, preview
from leads.dispositions.merge_values import Choice, changed, choices_of
from leads.dispositions.merge_ways import CAUSE, move_all, move_back
from leads.dispositions.models import Disposition, Merge
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Release
from portal.accounts.models import User
from portal.core.errors import Conflict
from portal.core.instants import whole_second
from portal.events.services import record

WAITS_FOR_RELEASE = frozenset({Stage.KNOWN, Stage.MQL, Stage.RECYCLED})
__all__ = ["MergePreview", "gather", "merge", "merge_of", "preview", "take_apart", "unmerge"]

UNDONE = "lead.unmerged"
DATES = ("recycle_on", "mend_since", "created_at")


@transaction.atomic
def merge(
    *, kept: Lead, gone: Lead, by: User, at: datetime, disposition: Disposition | None = None
) -> Merge:
    """Make ``gone`` part of ``kept`` and return what was done.

    ``disposition`` is the rejection that closed ``gone`` as a duplicate, already stored; without
    one ``by`` must be of MERGES. Raises NotAllowed for others, Conflict with a sentence when the
    two cannot become one (``obstacles``). Locks both leads, lowest first. A fixed number of
    statements, whatever the leads hold.
    """
    at = whole_second(at)
    kept, gone = _locked(kept, gone)
    if disposition is None:
        check_may_merge(by, kept, gone)
    for sentence in obstacles(kept, gone, is_closed=disposition is not None):
        raise Conflict(sentence)
    was = disposition.was["stage"] if disposition else gone.stage
    stage = stage_apart(gone, stage=was, is_closed=disposition is not None)
    choices = choices_of(kept, gone, gone_stage=stage)
    row = Merge(kept=kept, gone=gone, disposition=disposition, by=by, at=at)
    row.moved = {"was": _text(_before(gone, ("stage", *DATES[:2])))}
    _close(gone, into=kept, by=by, at=at)
    row.moved |= _store_values(kept, choices, by=by, at=at)
    moved, ended = move_all(gone.pk, kept.pk, at=at)
    if waiting := _end_release(kept, at=at):
        ended.setdefault("leads.Release.lead", []).extend(waiting)
    row.moved |= {"rows": moved, "ended": ended}
    row.save()
    row.moved["woven"] = weave_into(kept, at=at)
    row.save(update_fields=["moved"])
    counts = {label: len(ids) for label, ids in moved.items()}
    payload = {"merge": row.pk, "kept": kept.pk, "gone": gone.pk, "moved": counts}
    record(CAUSE, subject=kept, actor=by, at=at, payload=payload, leads=[kept.pk, gone.pk])
    mark_stale([kept.pk], cause=StaleCause.LIVE, at=at)
    return row


@transaction.atomic
def unmerge(*, merge: Merge, by: User, at: datetime) -> Merge:
    """Make two leads of one again, on the day on which they became one.

    What moved goes back where it was; what came to the lead that stays since then stays there.
    Raises NotAllowed for people who may not, Conflict with a sentence for a merge that a
    decision made (take the decision back), on another day, or when something stands in the way.
    Locks both leads.
    """
    kept, gone = _locked(merge.kept, merge.gone)
    row = Merge.objects.select_related("disposition", "undone_by").get(pk=merge.pk)
    check_may_unmerge(row, by)
    if row.disposition is not None and row.disposition.withdrawn_at is None:
        raise Conflict(_("A decision made these two one. Take the decision back instead."))
    take_apart(row, kept, gone, by=by, at=whole_second(at))
    was = row.moved["was"]
    try:
        with transaction.atomic():
            Lead.objects.filter(pk=gone.pk).update(
                duplicate_of=None, revision=gone.revision + 1, **_dates(was, DATES[:2])
            )
    except IntegrityError as clash:
        raise address_taken(row, gone) from clash
    Standing.objects.filter(pk=gone.pk).update(is_listed=True)
    move_leads([gone.pk], to=Stage(was["stage"]), by=by, at=whole_second(at), cause=UNDONE)
    mark_stale([gone.pk], cause=StaleCause.LIVE, at=whole_second(at))
    return row


def take_apart(row: Merge, kept: Lead, gone: Lead, *, by: User, at: datetime) -> None:
    """Give ``gone`` its rows again and ``kept`` its own values; the caller reopens ``gone``.

    Raises Conflict as ``unmerge`` does. Call it with both leads locked.
    """
    for sentence in in_the_way(row, kept, gone, at=at):
        raise Conflict(sentence)
    row.undone_by, row.undone_at = by, at
    row.save(update_fields=["undone_by", "undone_at"])
    _restore_values(row, kept, by=by, at=at)
    move_back(row.moved["rows"], row.moved["ended"], gone=gone.pk)
    row.moved["woven"] += weave_into(Lead.objects.get(pk=kept.pk), at=at)
    row.save(update_fields=["moved"])
    store_words_of([kept.pk, gone.pk])
    payload = {"merge": row.pk, "kept": kept.pk, "gone": gone.pk}
    record(UNDONE, subject=kept, actor=by, at=at, payload=payload, leads=[kept.pk, gone.pk])
    mark_stale([kept.pk], cause=StaleCause.LIVE, at=at)


@transaction.atomic
def gather(row: Merge, *, at: datetime) -> None:
    """Move what came to the lead that went since the merge, if it still stands; harmless again.

    Records ``lead.merged`` once more when there was something. Locks both leads.
    """
    kept, gone = _locked(row.kept, row.gone)
    row = Merge.objects.get(pk=row.pk)
    if row.undone_at is not None or gone.duplicate_of_id != kept.pk:
        return
    moved, ended = move_all(gone.pk, kept.pk, at=at)
    woven = weave_into(kept, at=at)
    if moved or ended or woven:
        for label, ids in moved.items():
            row.moved["rows"].setdefault(label, []).extend(ids)
        for label, ids in ended.items():
            row.moved["ended"].setdefault(label, []).extend(ids)
        row.moved["woven"] += woven
        row.save(update_fields=["moved"])
        counts = {label: len(ids) for label, ids in moved.items()}
        payload = {"merge": row.pk, "kept": kept.pk, "gone": gone.pk, "moved": counts}
        record(CAUSE, subject=kept, actor=None, at=at, payload=payload, leads=[kept.pk, gone.pk])
        mark_stale([kept.pk], cause=StaleCause.LIVE, at=at)


def merge_of(disposition: Disposition) -> Merge | None:
    """Return the merge that a rejection made and that still stands."""
    standing = Merge.objects.filter(disposition=disposition, undone_at=None)
    return standing.select_related("kept", "gone", "undone_by").first()


def _locked(kept: Lead, gone: Lead) -> tuple[Lead, Lead]:
    lock_leads([kept.pk, gone.pk])
    rows = Lead.objects.select_related("duplicate_of").in_bulk([kept.pk, gone.pk])
    return rows[kept.pk], rows[gone.pk]


def _close(gone: Lead, *, into: Lead, by: User, at: datetime) -> None:
    """Take the lead that goes out of lists and counts; a rejection has done it already."""
    move_leads([gone.pk], to=Stage.DISQUALIFIED, by=by, at=at, cause=CAUSE)
    Lead.objects.filter(pk=gone.pk).update(
        duplicate_of=into, recycle_on=None, mend_since=None, revision=gone.revision + 1
    )
    Standing.objects.filter(pk=gone.pk).update(is_listed=False)


def _store_values(
    kept: Lead, choices: Sequence[Choice], *, by: User, at: datetime
) -> dict[str, dict[str, Any]]:
    """Write what the lead that stays takes over; return its columns before and after."""
    new = changed(kept, choices)
    before = _before(kept, list(new))
    _write(kept, new, by=by, at=at, cause=CAUSE)
    return {"before": _text(before), "after": _text(new)}


def _restore_values(row: Merge, kept: Lead, *, by: User, at: datetime) -> None:
    """Put back what the merge changed; what somebody changed since then stays."""
    before, after = row.moved["before"], row.moved["after"]
    now = _text(_before(kept, list(after)))
    mine = {name: before[name] for name in after if now[name] == after[name]}
    _write(kept, mine | _dates(mine, DATES), by=by, at=at, cause=UNDONE)


def _write(lead: Lead, values: dict[str, Any], *, by: User, at: datetime, cause: str) -> None:
    columns = dict(values)
    if stage := columns.pop("stage", None):
        move_leads([lead.pk], to=Stage(stage), by=by, at=at, cause=cause)
    Lead.objects.filter(pk=lead.pk).update(**columns, revision=lead.revision + 1)
    if copies := {n: columns[n] for n in ("owner_id", "source_id") if n in columns}:
        Standing.objects.filter(pk=lead.pk).update(**copies)


def _end_release(kept: Lead, *, at: datetime) -> list[int]:
    """A lead that sales has waits on no release list."""
    waiting = Release.objects.waiting().filter(lead=kept)
    ids = list(waiting.exclude(lead__stage__in=WAITS_FOR_RELEASE).values_list("pk", flat=True))
    if ids:
        Release.objects.filter(pk__in=ids).update(closed_at=at, end=Release.End.CLOSED)
    return ids


def _before(lead: Lead, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in names}


def _text(values: dict[str, Any]) -> dict[str, Any]:
    return {n: v.isoformat() if isinstance(v, date) else v for n, v in values.items()}


def _dates(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return what ``_text`` wrote of these columns as what it was."""
    read = {"recycle_on": date.fromisoformat}
    return {
        name: read.get(name, datetime.fromisoformat)(values[name]) if values[name] else None
        for name in names
        if name in values
    }
