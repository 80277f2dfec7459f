"""Taking back that handoffs were passed on: a slip of the hand costs one key."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leads.handoffs.holding import FREE
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff
from leads.routing import reasons
from leads.routing.members import check_manages
from portal.accounts.models import Team, User
from portal.core.errors import Conflict
from portal.core.instants import whole_second
from portal.events.models import Event
from portal.events.services import record_each

WITHIN = timedelta(minutes=10)


def passes_of(event: Event) -> list[Event]:
    """Return everything that was passed on by the act that ``event`` is part of. One query."""
    rows = Event.objects.filter(kind="handoff.routed", at=event.at, actor=event.actor_id)
    act = event.payload.get("act")  # a quick hand passes on twice within one second
    return [one for one in rows.order_by("pk") if is_pass(one) and one.payload.get("act") == act]


def is_pass(event: Event) -> bool:
    """Tell whether a sales lead passed something on, and not back."""
    return event.payload.get("rule") == "by_hand" and "undoes" not in event.payload


@transaction.atomic
def pass_back(*, team: Team, event: Event, by: User, at: datetime) -> list[Handoff]:
    """Give what was passed on by one act back to whom it came from; return what went back.

    Records ``handoff.routed`` for what somebody had, ``handoff.returned`` for what nobody had,
    after which it is routed anew. What was decided or passed on since then stays.

    Raises NotAllowed unless a sales lead of the team or an admin asks, Conflict when nothing can
    go back any more. Locks the team, then the handoffs, lowest first.
    """
    at = whole_second(at)
    check_manages(by, team.pk)
    lock_team(team.pk)
    acts = {one.subject_id: one for one in passes_of(event)}
    rows = Handoff.objects.open().filter(team=team, pk__in=acts).order_by("pk")
    found = list(rows.select_for_update(no_key=True, of=("self",)).select_related("lead"))
    there = [one for one in found if one.owner_id == acts[one.pk].payload["user"]]
    if not there or at - event.at > WITHIN:
        raise Conflict(_("This cannot be taken back any more. Pass it on anew."))
    people = User.objects.in_bulk([acts[one.pk].payload["from"] for one in there])
    to = {one.pk: people.get(acts[one.pk].payload["from"]) for one in there}
    _return([one for one in there if to[one.pk] is None], event, by=by, at=at)
    for person in sorted(people.values(), key=lambda each: each.pk):
        _give([one for one in there if to[one.pk] == person], person, event, by=by, at=at)
    return there


def _return(handoffs: Sequence[Handoff], event: Event, *, by: User, at: datetime) -> None:
    rows = Handoff.objects.filter(pk__in=[one.pk for one in handoffs])
    rows.update(owner=None, routing={}, **FREE)
    payload = {"cause": "taken_back", "undoes": event.pk}
    record_each(
        "handoff.returned",
        [(one, {"from": one.owner_id, **payload}) for one in handoffs],
        actor=by,
        at=at,
    )


def _give(handoffs: Sequence[Handoff], to: User, event: Event, *, by: User, at: datetime) -> None:
    why = reasons.of_person(to=to, by=by)
    rows = Handoff.objects.filter(pk__in=[one.pk for one in handoffs])
    rows.update(owner=to, routed_at=at, routing=why, **FREE)
    payload = {**why, "undoes": event.pk}
    record_each(
        "handoff.routed",
        [(one, {**payload, "from": one.owner_id}) for one in handoffs],
        actor=by,
        at=at,
    )
