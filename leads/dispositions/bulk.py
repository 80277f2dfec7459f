"""Deciding many handoffs at once, in sets: who can be decided, deciding them, taking it back.

Each handoff has its own disposition, event and undo, as if it had been decided alone; the
statements are the same few for one handoff and for five hundred.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.dispositions import bulk_effects, effects, needs
from leads.dispositions.bulk_checks import Refused, check_each
from leads.dispositions.errors import Incomplete, decided_words
from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.handoffs.holding import AWAKE, FREE
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.events.services import record_each

MOST = 500


@dataclass(frozen=True)
class Choice:
    """What is to be done with all of them. ``owner`` None: each goes to who is next."""

    outcome: Outcome
    reason: Reason | None = None
    note: str = ""
    recycle_on: date | None = None
    owner: User | None = None


@dataclass(frozen=True)
class Preview:
    """Those that can be decided, and the others with the sentence that says why not."""

    can: list[Handoff]
    cannot: list[Refused]
    choice: Choice


@dataclass(frozen=True)
class Bulk:
    """What was done. ``key`` is the first disposition's, by which all of it is taken back."""

    decided: list[Disposition] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def key(self) -> int | None:
        return self.decided[0].pk if self.decided else None


def preview(handoff_ids: Sequence[int], choice: Choice, *, by: User, at: datetime) -> Preview:
    """Say which of these handoffs can be decided so, and why the others cannot; changes nothing.

    Raises Incomplete as ``decide`` does, DomainError for more than MOST.
    """
    at = whole_second(at)
    choice = checked(choice, handoff_ids, at=at)
    rows = Handoff.objects.within_reach_of(by).filter(pk__in=set(handoff_ids))
    can, cannot = check_each(_in_order(rows), choice.outcome, choice.reason, by=by, at=at)
    return Preview(can, cannot, choice)


@transaction.atomic
def decide(handoff_ids: Sequence[int], choice: Choice, *, by: User, at: datetime) -> Bulk:
    """Decide those of these handoffs that can be decided so; the others are refused by name.

    Raises Incomplete (with the form's field) when the reason or what it needs is missing, or is a
    duplicate's, DomainError for more than MOST. Locks the leads, then the handoffs. Two at once:
    the unique index is the judge, and who was slower is told who was faster.
    """
    at = whole_second(at)
    choice = checked(choice, handoff_ids, at=at)
    reach = Handoff.objects.within_reach_of(by).filter(pk__in=set(handoff_ids))
    ids = dict(reach.values_list("pk", "lead_id"))
    lock_leads(ids.values())
    rows = Handoff.objects.filter(pk__in=ids).select_for_update(no_key=True, of=("self",))
    can, refused = check_each(_in_order(rows), choice.outcome, choice.reason, by=by, at=at)
    if not can:
        return Bulk(refused=refused)
    owners = bulk_effects.owners_for(can, choice.owner, at=at) if _accepts(choice) else {}
    decided, late = _store(can, choice, owners, by=by, at=at)
    _close(decided, choice.outcome, by=by, at=at)
    if _accepts(choice):
        bulk_effects.become_sqls(decided, owners, by=by, at=at)
    elif choice.reason is not None:
        bulk_effects.apply_reason(decided, choice.reason, by=by, at=at)
    record_each(
        f"handoff.{choice.outcome.value}",
        [(one.handoff, _payload(one, choice)) for one in decided],
        actor=by,
        at=at,
    )
    return Bulk(decided, [*refused, *late])


def checked(choice: Choice, handoff_ids: Sequence[int], *, at: datetime) -> Choice:
    """Return the choice with its date and cleaned words. Raises what ``decide`` raises."""
    if not handoff_ids:
        raise DomainError(_("Choose at least one handoff."))
    if len(set(handoff_ids)) > MOST:
        raise DomainError(
            ngettext(
                "At most %(most)d handoff is decided at once. Choose fewer.",
                "At most %(most)d handoffs are decided at once. Choose fewer.",
                MOST,
            )
            % {"most": MOST}
        )
    note = needs.check_note(choice.note)
    if _accepts(choice):
        if choice.owner is not None:
            bulk_effects.check_owner(choice.owner)
        return Choice(choice.outcome, None, note, None, choice.owner)
    reason = needs.check_reason(choice.reason)
    if reason.effect == Effect.DUPLICATE:
        raise Incomplete(
            "reason", _("Each duplicate is another lead’s: reject duplicates one by one.")
        )
    needs.check_words(reason, note)
    day = needs.recycle_date(reason, choice.recycle_on, at=at)
    return Choice(choice.outcome, reason, note, day)


def _accepts(choice: Choice) -> bool:
    return choice.outcome == Outcome.ACCEPTED


def _in_order(rows: Any) -> list[Handoff]:
    related = ("lead__company", "lead__owner", "owner", "held_by", "source")
    return list(rows.select_related(*related).order_by("-rank", "pk"))


def _store(
    handoffs: Sequence[Handoff],
    choice: Choice,
    owners: Mapping[int, int | None],
    *,
    by: User,
    at: datetime,
) -> tuple[list[Disposition], list[Refused]]:
    """Insert a disposition for each; return those that count, and who was too late."""
    bulk, stage = uuid4().hex, effects.became(choice.outcome, choice.reason)
    Disposition.objects.bulk_create(
        [
            Disposition(
                handoff=one,
                origin=one.origin,
                outcome=choice.outcome,
                reason=choice.reason,
                note=choice.note,
                recycle_on=choice.recycle_on,
                decided_by=by,
                decided_at=at,
                was=effects.before(one.lead)
                | {
                    "became": stage,
                    "new_owner": owners.get(one.pk, one.lead.owner_id),
                    "bulk": bulk,
                },
            )
            for one in handoffs
        ],
        ignore_conflicts=True,
    )
    by_id = {one.pk: one for one in handoffs}
    standing = Disposition.objects.standing().filter(handoff__in=by_id)
    decided, late = [], []
    for row in standing.select_related("decided_by", "reason").order_by("pk"):
        row.handoff = by_id[row.handoff_id]
        if row.was.get("bulk") == bulk:
            decided.append(row)
        else:
            late.append(Refused(row.handoff, decided_words(row, at=at)))
    return decided, late


def _close(decided: Sequence[Disposition], outcome: Outcome, *, by: User, at: datetime) -> None:
    """Copy the decisions to their handoffs; who decides an unassigned one has taken it."""
    ids = [one.handoff_id for one in decided]
    taken = {"rule": "taken", "user": by.pk}
    Handoff.objects.filter(pk__in=ids, owner=None).update(owner=by, routed_at=at, routing=taken)
    left = {**FREE, **AWAKE}
    Handoff.objects.filter(pk__in=ids).update(
        is_decided=True, decided_at=at, outcome=outcome, **left
    )


def _payload(one: Disposition, choice: Choice) -> dict[str, Any]:
    payload: dict[str, Any] = {"disposition": one.pk, "bulk": one.was["bulk"]}
    if choice.reason is not None:
        return payload | {"reason": choice.reason.code}
    return payload | {"owner": one.was["new_owner"]}


def effects_of(found: Preview, *, at: datetime) -> list[effects.EffectLine]:
    """Say in the present tense what deciding them does, counted."""
    return bulk_effects.summary(found.can, found.choice, at=at)
