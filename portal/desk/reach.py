"""Who works at the desk, and which handoffs an address there may mean."""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.http import user_of

DESK = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})
LOADED = (
    "lead__company", "lead__source", "lead__owner", "lead__standing", "owner", "team", "held_by",
)  # fmt: skip
# What an act asks of its handoff before the service locks and reads it anew.
ACTED_ON = (
    "public_id", "origin", "team", "owner", "is_decided", "made_at", "due_at", "snoozed_until",
    "wakes_on_activity", "lead__public_id", "lead__name", "lead__email", "lead__external_source",
    "lead__external_id",
)  # fmt: skip


def at_the_desk(request: HttpRequest) -> User:
    """Return the person who asks; for roles without a desk there is no such page."""
    user = user_of(request)
    if user.role not in DESK:
        raise Http404
    return user


def to_see(user: User, public_id: UUID) -> Handoff:
    """Find a live handoff that this person sees, with what a case shows of it."""
    rows = Handoff.objects.live().select_related(*LOADED)
    handoff = get_object_or_404(rows, public_id=public_id)
    waits = user.role == Role.SDR and handoff.waits_for(user)
    if not waits and not Handoff.objects.visible_to(user).filter(pk=handoff.pk).exists():
        raise Http404
    return handoff


def to_act_on(user: User, public_id: UUID) -> Handoff:
    """Find a live handoff within reach: who is too late is told who was faster.

    It holds what an act needs, not what a case shows: ``whole`` reads that. One query for an
    SDR's own, two for their team's.
    """
    light = Handoff.objects.live().select_related("lead").only(*ACTED_ON)
    handoff = get_object_or_404(light, public_id=public_id)
    if user.role == Role.SDR and _is_near(handoff, user):
        return handoff
    if not Handoff.objects.live().within_reach_of(user).filter(pk=handoff.pk).exists():
        raise Http404
    return handoff


def _is_near(handoff: Handoff, sdr: User) -> bool:
    """Whether it is theirs or their team's: what ``within_reach_of`` says, but for old ones."""
    if handoff.is_open and handoff.owner_id == sdr.pk:
        return True
    team = handoff.team_id
    return team is not None and sdr.memberships.filter(team=team).exists()


def whole(handoff: Handoff) -> Handoff:
    """Read a handoff that somebody acted on with all that a case shows of it."""
    return Handoff.objects.select_related(*LOADED).get(pk=handoff.pk)
