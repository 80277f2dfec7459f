"""Play mode: which handoff opens next, and who has it on the desk then."""

from django.utils import timezone

from leads.database.presence import be_present
from leads.handoffs.holding import LEASE, next_for, take_hold
from leads.handoffs.models import Handoff
from leads.handoffs.order import Day, day_of
from portal.accounts.models import Role, User
from portal.core.instants import whole_second
from portal.desk.queue import queue_of
from portal.desk.reach import LOADED


def day_now(user: User) -> Day:
    """Return this person's day at the instant to which everything on a page is bound."""
    return day_of(user, at=whole_second(timezone.now()))


def open_next(day: Day) -> Handoff | None:
    """Return the handoff with which the desk opens, on their desk if it is theirs to hold.

    Managers oversee what is everybody's: theirs opens with the first that nobody has at hand.
    """
    loaded = Handoff.objects.select_related(*LOADED)
    if day.user.role == Role.SDR:
        pk = next_for(day.user, at=day.at, day=day)
        handoff = None if pk is None else loaded.get(pk=pk)
        if handoff is not None:
            be_present(day.user, handoff.lead_id, at=day.at)
        return handoff
    rows = queue_of(day.user, at=day.at, day=day, asleep=False)
    pk = next((one.pk for one in rows if not one.is_held(day.at)), None)
    return None if pk is None else put_on_desk(loaded.get(pk=pk), day=day)


def put_on_desk(handoff: Handoff, *, day: Day) -> Handoff:
    """Hold an open handoff that is free and theirs, and show that they look at its lead."""
    user, at = day.user, day.at
    be_present(user, handoff.lead_id, at=at)
    if handoff.is_open and take_hold(handoff_id=handoff.pk, by=user, at=at):
        handoff.held_by, handoff.held_since, handoff.held_until = user, at, at + LEASE
    return handoff
