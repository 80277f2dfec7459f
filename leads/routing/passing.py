"""A sales lead's own word on who has an open handoff: one or several at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.dispositions.errors import ago
from leads.dispositions.services import already_decided
from leads.handoffs.holding import FREE
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff, Origin
from leads.routing import reasons
from leads.routing.members import members_of
from portal.accounts.models import Membership, Role, Team, User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record_each


@dataclass(frozen=True)
class Passed:
    """What became of a wish: ``moved``, and ``missed``, which were decided in between."""

    moved: Sequence[Handoff]
    missed: Sequence[Handoff]


class NeedsWord(Conflict):
    """It can be done all the same, if the sales lead insists. ``despite`` names the obstacles."""

    def __init__(self, obstacles: Mapping[str, str]) -> None:
        super().__init__(" ".join(obstacles.values()))
        self.despite = tuple(obstacles)


@transaction.atomic
def pass_on(
    *,
    team: Team,
    wishes: Mapping[int, int | None],
    to: User,
    by: User,
    at: datetime,
    anyway: bool = False,
) -> Passed:
    """Pass open handoffs of a team to one of its members, on a sales lead's word.

    ``wishes`` maps the handoffs' ids to who had each when that was asked for (None: nobody). Each
    that moves records ``handoff.routed`` with the person it came from; its clocks keep what they
    used. What was decided in between stays, and is told. Statements do not grow with handoffs.

    Raises NotAllowed for people who do not lead the team, AlreadyDecided when nothing is open any
    more, Conflict when ``to`` has all of them, DomainError when they take none. An obstacle that
    the sales lead may overrule raises NeedsWord unless ``anyway``: a full or absent person, one
    who has it on the desk right now, a handoff that somebody else has passed on in between.
    Locks the team, then the handoffs, lowest first.
    """
    at = whole_second(at)
    if not by.manages_sales or not _leads(by, team):
        raise NotAllowed(_("Handoffs are passed on by a sales lead of their team."))
    lock_team(team.pk)
    rows = Handoff.objects.filter(team=team, pk__in=wishes).order_by("pk")
    locked = rows.select_for_update(no_key=True, of=("self",))
    found = list(locked.select_related("lead", "owner", "held_by"))
    _check_open(found, at)
    there = [one for one in found if not one.is_decided and one.owner_id != to.pk]
    if not there:
        raise Conflict(_("%(who)s has this handoff already.") % {"who": to})
    obstacles = _obstacles(there, wishes, to=to, by=by, at=at)
    if obstacles and not anyway:
        raise NeedsWord(obstacles)
    _move(there, to=to, by=by, at=at, despite=tuple(obstacles))
    return Passed(there, [one for one in found if one.is_decided])


def _leads(by: User, team: Team) -> bool:
    return by.role == Role.ADMIN or by.memberships.filter(team=team).exists()


def _check_open(found: Sequence[Handoff], at: datetime) -> None:
    if any(one.origin != Origin.LIVE for one in found):
        raise NotAllowed(_("Imported handoffs are history: nobody passes them on."))
    if found and all(one.is_decided for one in found):
        raise already_decided(found[0], at=at)


def _obstacles(
    handoffs: Sequence[Handoff],
    wishes: Mapping[int, int | None],
    *,
    to: User,
    by: User,
    at: datetime,
) -> dict[str, str]:
    """Return what speaks against it, as sentences by their codes; raise for what forbids it."""
    team_id = handoffs[0].team_id or 0
    members = {one.user_id: one for one in members_of(team_id, at=at)}
    member = members.get(to.pk)
    if member is None or not member.takes:
        raise DomainError(
            _("%(who)s takes no handoffs of this team. Choose another member.") % {"who": to}
        )
    found = {}
    if member.is_away:
        place = Membership.objects.get(team=team_id, user=to)
        until = date_format(timezone.localtime(place.away_until), "j F")
        found["away"] = _("%(who)s is away until %(day)s.") % {"who": to, "day": until}
    if member.load + len(handoffs) > member.cap:
        found["cap"] = _full_words(to, member.load, member.cap, len(handoffs))
    moved = [one for one in handoffs if one.owner_id != wishes.get(one.pk)]
    if moved:
        found["moved"] = _moved_words(moved, at=at)
    held = [one for one in handoffs if _is_held(one, but={to.pk, by.pk}, at=at)]
    if held:
        found["held"] = _held_words(held)
    return found


def _full_words(to: User, load: int, cap: int, count: int) -> str:
    words = {"who": to, "load": load, "cap": cap, "room": max(cap - load, 0), "count": count}
    if load >= cap:
        return _("%(who)s is full: %(load)d of at most %(cap)d open handoffs.") % words
    return _("%(who)s has room for %(room)d of these %(count)d.") % words


def _moved_words(moved: Sequence[Handoff], *, at: datetime) -> str:
    first = moved[0]
    words = {
        "lead": first.lead.label,
        "who": first.owner or _("nobody"),
        "when": ago(first.routed_at, at=at),
    }
    told = _("%(lead)s went to %(who)s %(when)s, after you opened this page.") % words
    if first.owner is None:
        told = _("Nobody has %(lead)s any more, since you opened this page.") % words
    return _and_others(told, len(moved))


def _is_held(handoff: Handoff, *, but: Collection[int], at: datetime) -> bool:
    return handoff.is_held(at) and handoff.held_by_id not in but


def _held_words(held: Sequence[Handoff]) -> str:
    words = {"who": held[0].held_by, "lead": held[0].lead.label}
    return _and_others(_("%(who)s has %(lead)s on the desk right now.") % words, len(held))


def _and_others(told: str, count: int) -> str:
    if count < 2:
        return told
    more = ngettext(
        "So it is with %(n)d other.", "So it is with %(n)d others.", count - 1
    ) % {"n": count - 1}  # fmt: skip
    return f"{told} {more}"


def _move(
    handoffs: Sequence[Handoff], *, to: User, by: User, at: datetime, despite: tuple[str, ...]
) -> None:
    why = reasons.of_person(to=to, by=by, despite=despite)
    rows = Handoff.objects.filter(pk__in=[one.pk for one in handoffs])
    act = uuid4().hex  # what goes together is taken back together
    payloads = [(one, {**why, "from": one.owner_id, "act": act}) for one in handoffs]
    broken = [
        (one, {"from": one.held_by_id}) for one in handoffs if _is_held(one, but={to.pk}, at=at)
    ]
    rows.update(owner=to, routed_at=at, routing=why)
    rows.exclude(held_by=to).update(**FREE)
    for one in handoffs:
        one.owner, one.routed_at, one.routing = to, at, why
    record_each("handoff.hold_broken", broken, actor=by, at=at)
    record_each("handoff.routed", payloads, actor=by, at=at)
