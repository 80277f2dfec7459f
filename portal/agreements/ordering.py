"""The order in which segments are tried: one side asks for another, the other side agrees.

Which definition scores a lead hangs on it, so it takes both sides, like a signature. Leadership
may agree for either.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Role, Side, User
from portal.agreements.models import Agreement
from portal.agreements.ordering_models import Ordering
from portal.agreements.registry import kind_named
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record

LONGEST_WORDS = 2_000


def segments_of(kind: str) -> list[Agreement]:
    """Return the agreements of a kind that are for a segment, as they are tried."""
    return list(Agreement.objects.filter(kind=kind, position__gt=0).order_by("position", "pk"))


def asked_ordering(kind: str) -> Ordering | None:
    """Return the order that waits for the other side's word."""
    asked = Ordering.objects.filter(kind=kind, answered_at=None)
    return asked.select_related("asked_by").first()


@transaction.atomic
def ask_order(*, kind: str, order: Sequence[int], words: str, by: User, at: datetime) -> Ordering:
    """Ask for another order: every segment's agreement once, the first tried first.

    Raises NotAllowed unless a leader asks, DomainError without words or for an order that is
    none, Conflict while another one waits.
    """
    _require_leader(by)
    at, words = whole_second(at), words.replace("\x00", "").strip()
    standing = [one.pk for one in segments_of(kind)]
    if sorted(order) != sorted(standing):
        raise DomainError(_("Name every segment once. Reload the page: one may have been added."))
    if list(order) == standing:
        raise DomainError(_("That is the order in which they are tried already."))
    if problems := kind_named(kind).check_order(order):
        raise DomainError(" ".join(str(one.sentence) for one in problems[:3]))
    if not words or len(words) > LONGEST_WORDS:
        raise DomainError(_("Say in words why. The other side reads it before it agrees."))
    if Ordering.objects.select_for_update().filter(kind=kind, answered_at=None).exists():
        raise Conflict(_("Another order waits for an answer already. Answer it first."))
    asked = Ordering.objects.create(
        kind=kind, order=list(order), words=words, asked_by=by, asked_at=at
    )
    first = Agreement.objects.filter(kind=kind, position=0).get()
    payload = {"ordering": asked.pk, "order": asked.order}
    record("agreement.order_asked", subject=first, actor=by, at=at, payload=payload)
    return asked


@transaction.atomic
def agree_order(*, ordering: Ordering, by: User, at: datetime) -> Ordering:
    """Let the order hold from now on. Raises NotAllowed for the side that asked, Conflict when it
    was answered or a segment was added meanwhile. Locks the kind's agreements.
    """
    ordering = _lock(ordering)
    if not may_agree(ordering, by):
        raise NotAllowed(_("The other side agrees to an order, or leadership. Ask one of them."))
    at = whole_second(at)
    rows = Agreement.objects.select_for_update().filter(kind=ordering.kind).order_by("pk")
    by_id = {one.pk: one for one in rows}
    segments = sorted(pk for pk, one in by_id.items() if one.position > 0)
    if segments != sorted(ordering.order):
        raise Conflict(_("A segment was added since. Turn this order down and ask for another."))
    for position, pk in enumerate(ordering.order, start=1):
        by_id[pk].position = position
    for one in by_id.values():
        one.ordered_at = at
    Agreement.objects.bulk_update(by_id.values(), ["position", "ordered_at"])
    first = next(one for one in by_id.values() if one.position == 0)
    return _answer(ordering, first, by=by, at=at, is_agreed=True)


@transaction.atomic
def turn_down_order(*, ordering: Ordering, by: User, at: datetime) -> Ordering:
    """Leave the order as it is; who asked may take it back so. Raises NotAllowed, Conflict."""
    _require_leader(by)
    ordering = _lock(ordering)
    first = Agreement.objects.filter(kind=ordering.kind, position=0).get()
    return _answer(ordering, first, by=by, at=whole_second(at), is_agreed=False)


def may_order(user: User) -> bool:
    """Tell whether this person speaks for a side, or for both."""
    return user.signs_for is not None or user.role == Role.LEADERSHIP


def may_agree(ordering: Ordering, user: User) -> bool:
    """Tell whether this person's word is the other side's. Leadership's is, but to its own."""
    if user.pk == ordering.asked_by_id or not may_order(user):
        return False
    sides: set[Side | None] = {user.signs_for, ordering.asked_by.signs_for}
    return len(sides) == 2


def _require_leader(by: User) -> None:
    if not may_order(by):
        raise NotAllowed(_("The marketing lead, sales leads and leadership order segments."))


def _lock(ordering: Ordering) -> Ordering:
    rows = Ordering.objects.select_for_update(of=("self",)).select_related("asked_by")
    row = rows.get(pk=ordering.pk)
    if row.answered_at is not None:
        raise Conflict(_("This order was answered already. Reload to see how."))
    return row


def _answer(
    ordering: Ordering, first: Agreement, *, by: User, at: datetime, is_agreed: bool
) -> Ordering:
    ordering.answered_by, ordering.answered_at, ordering.is_agreed = by, at, is_agreed
    ordering.save(update_fields=["answered_by", "answered_at", "is_agreed"])
    kind = "agreement.ordered" if is_agreed else "agreement.order_declined"
    payload = {"ordering": ordering.pk, "order": ordering.order}
    record(kind, subject=first, actor=by, at=at, payload=payload)
    return ordering
