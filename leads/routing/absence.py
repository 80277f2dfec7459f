"""Out of office: what is open with somebody moves when they go, and clocks run on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leads.dispositions.errors import ago
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff
from leads.routing.choose import deal
from leads.routing.leaving import take_back
from leads.routing.members import check_manages, members_of
from leads.routing.services import route_handoffs
from portal.accounts.models import Membership, User
from portal.core.claims import claim
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.models import Event
from portal.events.services import record

BATCH = 100  # absences of one team that one sweep begins
KINDS = ("absence.planned", "absence.ended")
Span = tuple[datetime | None, datetime | None]  # away from, away until; None: no absence


@dataclass(frozen=True)
class Moving:
    """What an absence does with ``count`` open handoffs: so many find one of ``people``."""

    count: int
    moves: int
    people: int

    @property
    def waits(self) -> int:
        return self.count - self.moves


class AbsenceChanged(Conflict):
    """Somebody else wrote the absence down in between; ``place`` is as they left it."""

    def __init__(self, place: Membership, *, at: datetime) -> None:
        last = (
            Event.objects.filter(
                kind__in=KINDS, subject_type="portal.membership", subject_id=place.pk
            )
            .select_related("actor")
            .order_by("-pk")
            .first()
        )
        words = {
            "by": (last and last.actor) or _("Somebody"),
            "when": ago(last.at if last else None, at=at),
        }
        told = _("%(by)s changed this absence %(when)s, while you were editing.") % words
        super().__init__(told)
        self.place = place


def foresee(place: Membership, *, at: datetime) -> Moving:
    """Return what would become of a member's open handoffs if they went now. Three queries."""
    count = Handoff.objects.open().filter(owner=place.user_id, team=place.team_id).count()
    others = [one for one in members_of(place.team_id, at=at) if one.user_id != place.user_id]
    choices = deal(others, count)
    return Moving(count, len(choices), len({one.user_id for one in choices}))


@transaction.atomic
def go_away(
    *,
    place: Membership,
    away_from: datetime | None,
    away_until: datetime,
    keeps: bool,
    seen: Span,
    by: User,
    at: datetime,
) -> Moving | None:
    """Write down that a member is away; return what moved, None when nothing moves now.

    ``away_from`` None, or an instant gone by, means from now on: what is open with them moves in
    this transaction, otherwise when the sweep begins the absence. With ``keeps`` it stays with
    them. Clocks run on in either case. ``seen`` is the absence as the page showed it. Records
    ``absence.planned``, and ``absence.began`` when handoffs move.

    Raises NotAllowed unless a sales lead of the team or an admin asks, DomainError for an absence
    that is over or ends before it begins, AbsenceChanged when somebody else changed it. Locks the
    team, the membership, then the handoffs.
    """
    at = whole_second(at)
    begins = max(whole_second(away_from or at), at)
    until = whole_second(away_until)
    if until <= at:
        raise DomainError(_("Choose a day to come, or say that they are back."))
    if until <= begins:
        raise DomainError(_("An absence ends after it begins. Choose a later day to come back."))
    locked = _locked(place, seen, by=by, at=at)
    locked.away_from, locked.away_until = begins, until
    locked.hands_over_at = None if keeps or begins <= at else begins
    _save(locked)
    payload: dict[str, Any] = {
        "from": begins.isoformat(),
        "until": until.isoformat(),
        "keeps": keeps,
    }
    record("absence.planned", subject=locked, actor=by, at=at, payload=_named(locked, payload))
    if keeps or begins > at:
        return None
    return _hand_over(locked, by=by, at=at)


@transaction.atomic
def come_back(*, place: Membership, seen: Span, by: User, at: datetime) -> Membership:
    """Say that a member is back, or will not go: they are dealt new handoffs from now on.

    What moved stays where it is. Records ``absence.ended``, after which what waits is routed.
    Raises NotAllowed and AbsenceChanged as ``go_away`` does, Conflict when they are not away.
    Locks the team, then the membership.
    """
    at = whole_second(at)
    locked = _locked(place, seen, by=by, at=at)
    if locked.away_until is None or locked.away_until <= at:
        raise Conflict(_("%(who)s is back already.") % {"who": locked.user})
    locked.away_from = locked.away_until = locked.hands_over_at = None
    _save(locked)
    record("absence.ended", subject=locked, actor=by, at=at, payload=_named(locked, {}))
    return locked


def begin_absences(*, at: datetime) -> int:
    """Move what is open with members whose planned absence has begun; return how many they are.

    One transaction for each team. An absence is claimed, so that it is begun once, whoever asks
    and however often; one that is over by now moves nothing.
    """
    at = whole_second(at)
    due = Membership.objects.filter(hands_over_at__lte=at)
    teams = due.order_by("team").values_list("team", flat=True).distinct()
    return sum(_begin_in_team(team_id, at=at) for team_id in list(teams))


@transaction.atomic
def _begin_in_team(team_id: int, *, at: datetime) -> int:
    lock_team(team_id)
    due = Membership.objects.filter(hands_over_at__lte=at, team=team_id).order_by("pk")
    ids = claim(due, limit=BATCH, hands_over_at=None)
    begun = [one for one in Membership.objects.filter(pk__in=ids) if one.is_away(at)]
    for place in begun:
        _hand_over(place, by=None, at=at)
    return len(begun)


def _locked(place: Membership, seen: Span, *, by: User, at: datetime) -> Membership:
    check_manages(by, place.team_id)
    lock_team(place.team_id)
    rows = Membership.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("user", "team").get(pk=place.pk)
    if span_of(locked, at=at) != seen:
        raise AbsenceChanged(locked, at=at)
    return locked


def span_of(place: Membership, *, at: datetime) -> Span:
    """Return the absence that is on or to come; one that is over is none."""
    if place.away_until is None or place.away_until <= at:
        return None, None
    return place.away_from, place.away_until


def _save(place: Membership) -> None:
    place.save(update_fields=["away_from", "away_until", "hands_over_at"])


def _hand_over(place: Membership, *, by: User | None, at: datetime) -> Moving:
    ids = take_back(user_id=place.user_id, team_id=place.team_id, at=at, by=by, cause="away")
    routed = route_handoffs(ids, at=at)
    takers = Handoff.objects.filter(pk__in=routed).values("owner").distinct().count()
    moving = Moving(len(ids), len(routed), takers)
    payload = {"moved": moving.moves, "waiting": moving.waits}
    record("absence.began", subject=place, actor=by, at=at, payload=_named(place, payload))
    return moving


def _named(place: Membership, payload: dict[str, Any]) -> dict[str, Any]:
    return {"user": place.user_id, "team": place.team_id, **payload}
