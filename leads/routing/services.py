"""Dealing out handoffs: each to the least loaded available member of its team, under its cap."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leads.dispositions.services import already_decided
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff, HandoffQuerySet, Origin
from leads.handoffs.services import default_team
from leads.routing import reasons
from leads.routing.choose import Member, deal
from portal.accounts.models import Membership, Role, User
from portal.core.bulk import update_rows
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record, record_each

BATCH = 500  # waiting handoffs looked at by one sweep


@transaction.atomic
def route_handoffs(handoff_ids: Collection[int], *, at: datetime) -> list[int]:
    """Route the waiting ones of these handoffs; return the ids of those that found somebody.

    Nearest due first, then the highest score. Each stores why it went to whom and records
    ``handoff.routed``; for those that wait on, why nobody could take them, and
    ``handoff.waiting`` when that is news. Statements grow with teams, not with handoffs. Locks
    each team in turn, lowest first: loads are counted under that lock, so no cap is passed.
    """
    at = whole_second(at)
    wanted = Handoff.objects.waiting().filter(pk__in=handoff_ids)
    found: set[int | None] = set(wanted.values_list("team_id", flat=True).distinct())
    teams = {pk for pk in found if pk is not None}
    if None in found:
        teams |= _give_to_default_team(wanted.filter(team=None), at)
    routed: list[int] = []
    for team_id in sorted(teams):
        routed += _route_in_team(team_id, wanted, at)
    return routed


def _give_to_default_team(homeless: HandoffQuerySet, at: datetime) -> set[int]:
    team = default_team()
    if team is None:
        _wait_on(list(homeless), reasons.of_no_team(), at)
        return set()
    homeless.update(team=team)
    return {team.pk}


def _route_in_team(team_id: int, wanted: HandoffQuerySet, at: datetime) -> list[int]:
    lock_team(team_id)
    waiting = list(
        wanted.filter(team=team_id)
        .select_for_update(no_key=True, of=("self",))
        .order_by(F("due_at").asc(nulls_last=True), "-rank", "pk")
    )
    if not waiting:
        return []
    members = members_of(team_id, at=at)
    choices = deal(members, len(waiting))
    given, left = waiting[: len(choices)], waiting[len(choices) :]
    stored = [reasons.of_choice(choice) for choice in choices]
    update_rows(
        Handoff,
        [
            {"id": one.pk, "owner_id": why["user"], "routed_at": at, "routing": why}
            for one, why in zip(given, stored, strict=True)
        ],
        key="id",
    )
    record_each(
        "handoff.routed",
        [(one, why) for one, why in zip(given, stored, strict=True)],
        actor=None,
        at=at,
    )
    _wait_on(left, reasons.of_nobody(members), at)
    return [one.pk for one in given]


def _wait_on(waiting: Sequence[Handoff], why: dict[str, Any], at: datetime) -> None:
    """Store why these wait, where it is not what they wait for already."""
    news = [one for one in waiting if one.routing != why]
    Handoff.objects.filter(pk__in=[one.pk for one in news]).update(routing=why)
    record_each("handoff.waiting", [(one, why) for one in news], actor=None, at=at)


def members_of(team_id: int, *, at: datetime) -> list[Member]:
    """Return the team's members with their loads in this team. One query.

    Exact only while the caller holds the team's lock.
    """
    given = Handoff.objects.live().filter(owner=OuterRef("user"))
    held = given.open().filter(team=OuterRef("team")).values("owner").annotate(n=Count("pk"))
    last = given.filter(routed_at__isnull=False).order_by("-routed_at").values("routed_at")
    places = (
        Membership.objects.filter(team=team_id)
        .select_related("user")
        .annotate(load=Coalesce(Subquery(held.values("n")), 0), last=Subquery(last[:1]))
        .order_by("user_id")
    )
    return [
        Member(
            user_id=place.user_id,
            load=place.load,
            cap=place.cap,
            last_routed=place.last,
            takes=place.takes_handoffs and place.user.is_active and place.user.role == Role.SDR,
            is_away=place.is_away(at),
        )
        for place in places
    ]


def route_waiting(
    *, at: datetime, team_ids: Collection[int] | None = None, limit: int = BATCH
) -> list[int]:
    """Route up to ``limit`` of what waits in each team, oldest first; return what found somebody.

    One transaction for each team, so that a full one holds up nobody. Safe to repeat and to run
    twice at once: what is routed no longer waits.
    """
    waiting = Handoff.objects.waiting()
    if team_ids is not None:
        waiting = waiting.filter(Q(team__in=team_ids) | Q(team=None))
    teams: set[int | None] = set(waiting.values_list("team_id", flat=True).distinct())
    routed: list[int] = []
    for team_id in sorted(teams, key=lambda pk: pk or 0):
        oldest = waiting.filter(team=team_id).order_by("made_at", "pk")
        routed += route_handoffs(list(oldest.values_list("pk", flat=True)[:limit]), at=at)
    return routed


@transaction.atomic
def reassign(*, handoff: Handoff, to: User, by: User, at: datetime) -> Handoff:
    """Pass an open handoff to another member of its team, on a sales lead's word.

    Raises NotAllowed for other people, AlreadyDecided when it is no longer open, Conflict when
    ``to`` is full or has it already, DomainError when they take no handoffs or are away. Locks
    the team, then the handoff.
    """
    at = whole_second(at)
    if handoff.team_id is None:
        raise DomainError(_("No team takes handoffs yet. An admin marks one as the default team."))
    if not by.manages_sales or not Handoff.objects.visible_to(by).filter(pk=handoff.pk).exists():
        raise NotAllowed(_("Handoffs are passed on by a sales lead of their team."))
    lock_team(handoff.team_id)
    locked = Handoff.objects.select_for_update(no_key=True, of=("self",)).get(pk=handoff.pk)
    if locked.origin != Origin.LIVE:
        raise NotAllowed(_("Imported handoffs are history: nobody passes them on."))
    if locked.is_decided:
        raise already_decided(locked, at=at)
    _check_can_take(to, locked, at)
    locked.owner, locked.routed_at = to, at
    locked.routing = reasons.of_person(to=to, by=by)
    payload = {**locked.routing, "from": handoff.owner_id}
    locked.save(update_fields=["owner", "routed_at", "routing"])
    record("handoff.routed", subject=locked, actor=by, at=at, payload=payload)
    return locked


def _check_can_take(to: User, handoff: Handoff, at: datetime) -> None:
    named = {"who": to.name}
    if handoff.owner_id == to.pk:
        raise Conflict(_("%(who)s has this handoff already.") % named)
    members = {one.user_id: one for one in members_of(handoff.team_id or 0, at=at)}
    member = members.get(to.pk)
    if member is None or not member.takes:
        raise DomainError(
            _("%(who)s takes no handoffs of this team. Choose another member.") % named
        )
    if member.is_away:
        raise DomainError(_("%(who)s is away. Choose somebody who is there.") % named)
    if not member.has_room:
        raise Conflict(
            _("%(who)s has %(load)d of at most %(cap)d open handoffs. "
              "Choose somebody with room, or raise the cap first.")
            % {**named, "load": member.load, "cap": member.cap}
        )  # fmt: skip


@transaction.atomic
def change_member(
    *,
    membership: Membership,
    by: User,
    at: datetime,
    cap: int | None = None,
    takes_handoffs: bool | None = None,
    away_until: datetime | None = None,
    is_back: bool = False,
) -> Membership:
    """Change how much a member takes, or until when they are away (``is_back``: they are there).

    Records ``member.changed``, after which what waits is routed anew. Raises NotAllowed unless a
    sales lead of the team or an admin asks, DomainError for an absence that is over already.
    """
    at = whole_second(at)
    leads_team = by.role == Role.SALES_LEAD and by.memberships.filter(team=membership.team_id)
    if by.role != Role.ADMIN and not (leads_team and leads_team.exists()):
        raise NotAllowed(_("Members are changed by a sales lead of their team or an admin."))
    if away_until is not None and away_until <= at:
        raise DomainError(_("Choose a day to come, or say that they are back."))
    changes: dict[str, Any] = {}
    if cap is not None:
        changes["cap"] = cap
    if takes_handoffs is not None:
        changes["takes_handoffs"] = takes_handoffs
    if away_until is not None or is_back:
        changes["away_until"] = None if is_back else away_until
    Membership.objects.filter(pk=membership.pk).update(**changes)
    membership.refresh_from_db()
    payload = {"user": membership.user_id, "team": membership.team_id, "changed": sorted(changes)}
    record("member.changed", subject=membership, actor=by, at=at, payload=payload)
    return membership
