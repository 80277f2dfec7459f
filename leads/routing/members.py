"""The members of a team: what they hold, how much they take, on which days; changed in sets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.dispositions.errors import ago
from leads.handoffs.locks import lock_team
from leads.handoffs.models import Handoff
from leads.routing.choose import Member
from portal.accounts.models import EVERY_DAY, Membership, Role, User
from portal.core.bulk import update_rows
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.prepared import Prepared
from portal.events.models import Event
from portal.events.services import record_each

MOST_OPEN, HEAVIEST = 1000, 1000
NAMES: dict[str, Promise] = {
    "cap": gettext_lazy("most open handoffs"),
    "weight": gettext_lazy("weight"),
    "takes_handoffs": gettext_lazy("takes handoffs"),
    "rota_days": gettext_lazy("days on the rota"),
}


@dataclass(frozen=True)
class Terms:
    """How much a member takes: what a sales lead sets, all of it at once."""

    cap: int
    weight: int
    takes_handoffs: bool
    rota_days: int

    @classmethod
    def of(cls, place: Membership) -> "Terms":
        return cls(place.cap, place.weight, place.takes_handoffs, place.rota_days)


@dataclass(frozen=True)
class Clash:
    """One value that two people changed at once: as both opened it, and what each made of it."""

    place: Membership
    field: str
    seen: Any
    theirs: Any
    yours: Any
    by: User | None
    when: datetime | None

    @property
    def label(self) -> Promise:
        return NAMES[self.field]

    @property
    def seen_words(self) -> str:
        return value_words(self.field, self.seen)

    @property
    def theirs_words(self) -> str:
        return value_words(self.field, self.theirs)

    @property
    def yours_words(self) -> str:
        return value_words(self.field, self.yours)


def value_words(field: str, value: Any) -> str:
    """Return a value as people read it: days by their names, a tick as yes or no."""
    if field == "rota_days":
        days = [str(WEEKDAYS_ABBR[day]) for day in range(7) if value >> day & 1]
        return " ".join(days) or _("none")
    if field == "takes_handoffs":
        return _("yes") if value else _("no")
    return f"{value}\N{NO-BREAK SPACE}%" if field == "weight" else str(value)


class ChangedMeanwhile(Conflict):
    """Somebody changed the same values since the page was opened; ``clashes`` hold both."""

    def __init__(self, clashes: list[Clash], *, at: datetime) -> None:
        first = clashes[0]
        words = {
            "by": first.by or _("Somebody"),
            "when": ago(first.when, at=at),
            "count": len(clashes),
        }
        told = ngettext(
            "%(by)s changed this %(when)s, while you were editing. Save again to have it your way.",
            "%(by)s changed %(count)d of these %(when)s, while you were editing. "
            "Save again to have them your way.",
            len(clashes),
        )
        super().__init__(told % words)
        self.clashes = clashes


def members_of(team_id: int, *, at: datetime) -> list[Member]:
    """Return the team's members with their loads in this team. One query.

    Exact only while the caller holds the team's lock.
    """
    return members_at(PLACES(team_id), at=at)


def _places(team_id: int) -> QuerySet[Membership]:
    given = Handoff.objects.live().filter(owner=OuterRef("user"))
    held = given.open().filter(team=OuterRef("team")).values("owner").annotate(n=Count("pk"))
    last = given.filter(routed_at__isnull=False).order_by("-routed_at").values("routed_at")
    return (
        Membership.objects.filter(team=team_id)
        .select_related("user")
        .annotate(load=Coalesce(Subquery(held.values("n")), 0), last=Subquery(last[:1]))
        .order_by("user_id")
    )


PLACES = Prepared(_places, int)  # with load and last; asked together with what else is locked


def members_at(places: Iterable[Any], *, at: datetime) -> list[Member]:
    """Return the members that ``PLACES`` found, as they are at this instant."""
    return [
        Member(
            user_id=place.user_id,
            load=place.load,
            cap=place.cap,
            last_routed=place.last,
            takes=place.takes_handoffs and place.user.is_active and place.user.role == Role.SDR,
            is_away=place.is_away(at),
            weight=place.weight,
        )
        for place in places
    ]


def check_manages(by: User, team_id: int) -> None:
    """Raise NotAllowed unless ``by`` is a sales lead of the team or an admin."""
    is_lead = by.role == Role.SALES_LEAD and by.memberships.filter(team=team_id).exists()
    if by.role != Role.ADMIN and not is_lead:
        raise NotAllowed(_("Members are changed by a sales lead of their team or an admin."))


@transaction.atomic
def change_members(
    *,
    team_id: int,
    wanted: Mapping[int, Terms],
    seen: Mapping[int, Terms],
    by: User,
    at: datetime,
) -> list[Membership]:
    """Set what members of a team take, by the key of their membership; return those changed.

    ``seen`` is what each was when the page was opened: only what differs from it is written, so
    two people who change different things lose nothing. Each change records ``member.changed``,
    after which what waits is routed anew. Raises NotAllowed unless a sales lead of the team or an
    admin asks, DomainError for numbers out of bounds, ChangedMeanwhile when somebody else set the
    same thing. Locks the team, then its members, lowest first.
    """
    at = whole_second(at)
    check_manages(by, team_id)
    for terms in wanted.values():
        _check_bounds(terms)
    lock_team(team_id)
    rows = Membership.objects.filter(team=team_id, pk__in=wanted).select_related("user")
    places = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    changes = {one.pk: _changed(wanted[one.pk], seen[one.pk]) for one in places}
    if clashes := _clashes(places, changes, seen):
        raise ChangedMeanwhile(clashes, at=at)
    changed = [one for one in places if _apply(one, changes[one.pk])]
    update_rows(
        Membership,
        [{"id": one.pk, **asdict(Terms.of(one))} for one in changed],
        key="id",
    )
    record_each(
        "member.changed",
        [(one, _payload(one, changes[one.pk])) for one in changed],
        actor=by,
        at=at,
    )
    return changed


def _check_bounds(terms: Terms) -> None:
    if not 0 <= terms.cap <= MOST_OPEN:
        raise DomainError(_("Choose at most %(most)d open handoffs.") % {"most": MOST_OPEN})
    if not 1 <= terms.weight <= HEAVIEST:
        raise DomainError(_("A weight is between 1 and 1000 per cent."))
    if not 0 <= terms.rota_days <= EVERY_DAY:
        raise ValueError("rota days are seven bits")


def _changed(wanted: Terms, seen: Terms) -> dict[str, Any]:
    before = asdict(seen)
    return {name: value for name, value in asdict(wanted).items() if value != before[name]}


def _apply(place: Membership, changes: Mapping[str, Any]) -> bool:
    """Set what is new on the row; tell whether anything was."""
    new = {name: value for name, value in changes.items() if getattr(place, name) != value}
    for name, value in new.items():
        setattr(place, name, value)
    return bool(new)


def _payload(place: Membership, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": place.user_id, "team": place.team_id, "changed": sorted(changes)}


def _clashes(
    places: Collection[Membership],
    changes: Mapping[int, Mapping[str, Any]],
    seen: Mapping[int, Terms],
) -> list[Clash]:
    found = [
        (place, name, getattr(seen[place.pk], name), value)
        for place in places
        for name, value in changes[place.pk].items()
        if getattr(place, name) not in {getattr(seen[place.pk], name), value}
    ]
    if not found:
        return []
    last = last_changes({place.pk for place, *_rest in found})
    return [
        Clash(
            place, name, was, getattr(place, name), yours, *last.get((place.pk, name), (None, None))
        )
        for place, name, was, yours in found
    ]


def last_changes(
    membership_ids: Collection[int],
) -> dict[tuple[int, str], tuple[User | None, datetime]]:
    """Return who changed each value of these members last, and when. One query."""
    events = Event.objects.filter(
        kind="member.changed", subject_type="portal.membership", subject_id__in=membership_ids
    )
    return {
        (event.subject_id, name): (event.actor, event.at)
        for event in events.select_related("actor").order_by("at", "pk")
        for name in event.payload.get("changed", ())
    }
