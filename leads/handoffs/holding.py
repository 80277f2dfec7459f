"""Who has a handoff on the desk: a lease that ends by itself, taken by one claim.

A hold counts until ``held_until``, and only while the handoff is open and its holder's or
nobody's: what expires, is decided or passes to somebody else needs no sweep to be free.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.handoffs.models import Handoff, HandoffQuerySet
from leads.handoffs.order import Day, by_state, day_of
from portal.accounts.models import Role, User
from portal.core.claims import claim
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record, record_each

LEASE = timedelta(minutes=10)
HOLDS = frozenset({Role.SDR, Role.SALES_LEAD})  # admins oversee; they hold nothing up
FREE: dict[str, Any] = {"held_by": None, "held_since": None, "held_until": None}
AWAKE: dict[str, Any] = {"snoozed_at": None, "snoozed_until": None, "wakes_on_activity": False}


class Held(Conflict):
    """Somebody else has the handoff on the desk: ``holder``, ``until`` when."""

    code = "held"

    def __init__(self, holder: User | None, until: datetime) -> None:
        words = {
            "who": holder or _("Somebody"),
            "until": date_format(timezone.localtime(until), "H:i"),
        }
        super().__init__(
            _("%(who)s has this on the desk until %(until)s. Wait until then, or let a sales lead "
              "of the team break the hold.") % words
        )  # fmt: skip
        self.holder, self.until = holder, until


@transaction.atomic
def take_hold(*, handoff_id: int, by: User, at: datetime) -> bool:
    """Put an open handoff on the desk of ``by`` for ten minutes; tell whether it is there now.

    Free is what nobody holds, whose hold is over, and one's own, which is extended. Only the
    owner may hold, or a member of its team while nobody has it. Whoever takes one gives up the
    others. Records ``handoff.held`` when it changes hands.
    """
    if by.role not in HOLDS:
        return False
    return _claim(held_only_by(by).filter(pk=handoff_id), by, whole_second(at)) is not None


@transaction.atomic
def extend_hold(*, handoff_id: int, by: User, at: datetime) -> bool:
    """Hold on to what one has for ten minutes more; never takes what was broken or passed on."""
    mine = held_only_by(by).filter(pk=handoff_id, held_by=by)
    return _claim(mine, by, whole_second(at)) is not None


@transaction.atomic
def next_for(
    user: User, *, at: datetime, but: Collection[int] = (), day: Day | None = None
) -> int | None:
    """Return the id of the next handoff of play mode, held by ``user``; None if nothing is free.

    Breached, at risk, on time, each by score and age at ``at``; what they skipped today comes
    last, what is snoozed not at all. What nobody has yet is offered to those whose turn it is.
    ``day`` is their day at ``at``, where the caller has read it.
    """
    at = whole_second(at)
    if user.role not in HOLDS:
        return None
    day = day or day_of(user, at=at)
    for rows in _free_near(day, but) if day.near is not None else _free_parts(day, but):
        if (taken := _claim(rows, user, at)) is not None:
            return taken
    return None


def _free_near(day: Day, but: Collection[int]) -> Iterator[HandoffQuerySet]:
    """Yield what is offered and free, one by one, in the order that was read with the day."""
    mine = held_only_by(day.user)
    for keys in day.bands([key for key in day.near or () if day.is_offered(key)]).values():
        for key in keys:
            if key.pk not in but and key.is_free_for(day.user, day.at):
                yield mine.filter(pk=key.pk)


def _free_parts(day: Day, but: Collection[int]) -> Iterator[HandoffQuerySet]:
    """Yield what is offered and free by state, as the database orders it."""
    free = day.offered().filter(_free_for(day.user, day.at)).exclude(pk__in=list(but))
    parts = [*by_state(free.exclude(pk__in=day.skipped), at=day.at).values()]
    parts += [free.filter(pk=pk) for pk in day.skipped]
    yield from (rows for rows in parts if rows[:1].exists())


def held_only_by(user: User) -> HandoffQuerySet:
    """Return the open handoffs this person may hold: their own, unassigned ones of their teams."""
    teams = user.memberships.values("team")
    return Handoff.objects.open().filter(Q(owner=user) | Q(owner=None, team__in=teams))


def _free_for(user: User, at: datetime) -> Q:
    over = Q(held_until=None) | Q(held_until__lte=at)
    passed_on = Q(owner__isnull=False) & ~Q(owner=F("held_by"))
    return over | Q(held_by=user) | passed_on


def _claim(rows: HandoffQuerySet, by: User, at: datetime) -> int | None:
    """Hold the first free one of ``rows``; rows that others are writing at this instant are not.

    Never waits for a lock, so that it may give up others while it holds one (``_let_go``).
    """
    before = dict(Handoff.objects.open().filter(held_by=by).values_list("pk", "held_until"))
    taken = claim(
        rows.filter(_free_for(by, at)),
        limit=1,
        held_by=by,
        held_since=Case(When(held_by=by, held_until__gt=at, then=F("held_since")), default=at),
        held_until=at + LEASE,
    )
    if not taken:
        return None
    (pk,) = taken
    others = {one: held for one, held in before.items() if one != pk}
    if others:
        _let_go(others, by)
    until = before.get(pk)
    if until is None or until <= at:
        held = Handoff.objects.only("lead_id").get(pk=pk)
        record("handoff.held", subject=held, actor=by, at=at, payload={"gave_up": [*others]})
    return pk


def _let_go(held: Mapping[int, datetime | None], by: User) -> None:
    """Free these, which ``by`` holds until the instants given.

    What others are writing at this instant, if only to be told who holds it, is freed once this
    transaction is over: a wait inside it could be for somebody who waits for us.
    """
    rows = Handoff.objects.filter(pk__in=[*held], held_by=by)
    freed = claim(rows, limit=len(held), **FREE)
    for pk in held.keys() - set(freed):
        late = Handoff.objects.filter(pk=pk, held_by=by, held_until=held[pk])
        transaction.on_commit(partial(late.update, **FREE), robust=True)


@transaction.atomic
def give_up(*, by: User, at: datetime, handoff_id: int | None = None) -> None:
    """Take what ``by`` holds off their desk, or one handoff. Records ``handoff.let_go``."""
    at = whole_second(at)
    mine = Handoff.objects.open().filter(held_by=by).only("lead_id", "held_until")
    if handoff_id is not None:
        mine = mine.filter(pk=handoff_id)
    rows = {one.pk: one for one in mine}
    if rows:
        _let_go({pk: one.held_until for pk, one in rows.items()}, by)
    running = [one for one in rows.values() if (one.held_until or at) > at]
    record_each("handoff.let_go", [(one, {}) for one in running], actor=by, at=at)


@transaction.atomic
def break_hold(*, handoff: Handoff, by: User, at: datetime) -> None:
    """Take a handoff off somebody's desk, on a sales lead's or an admin's word.

    Records ``handoff.hold_broken``, after which the holder is told. Nobody holding it any more is
    what was wanted. Raises NotAllowed for other people. Locks the handoff.
    """
    at = whole_second(at)
    seen = Handoff.objects.visible_to(by).filter(pk=handoff.pk)
    if not by.manages_sales or not seen.exists():
        raise NotAllowed(_("A hold is broken by a sales lead of the team."))
    locked = Handoff.objects.select_for_update(no_key=True, of=("self",)).get(pk=handoff.pk)
    if not locked.is_held(at):
        return
    holder = locked.held_by_id
    Handoff.objects.filter(pk=locked.pk).update(**FREE)
    record("handoff.hold_broken", subject=locked, actor=by, at=at, payload={"from": holder})


def check_not_held(handoff: Handoff, by: User, at: datetime) -> None:
    """Raise Held while somebody else has the handoff on the desk.

    For services that hold its lock. A manager who wants to decide breaks the hold first.
    """
    if handoff.is_held(at) and handoff.held_by_id != by.pk and handoff.held_until is not None:
        raise Held(handoff.held_by, handoff.held_until)


def leave_the_desk(handoff: Handoff) -> list[str]:
    """End hold and snooze of a handoff that is being decided; return the fields to save."""
    left = {**FREE, **AWAKE}
    for name, value in left.items():
        setattr(handoff, name, value)
    return list(left)
