"""The order of the day: breached, at risk, on time; inside each the best score, then the oldest.

Everything is bound to one instant. Each part is a condition on the row alone, so that the partial
indexes on open handoffs serve it; what needs another table is read first, and is a few ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from leads.activities.theirs import lead_did_something_since
from leads.handoffs.models import Handoff, HandoffQuerySet
from leads.handoffs.rota import Rota, rota_of
from leads.handoffs.skip_models import Skip
from portal.accounts.models import Role, User
from portal.accounts.today import midnight
from portal.core.errors import NotAllowed

ORDER = ("-rank", "pk")  # keys rise with age: the lower one waited longer
WORKS_THE_DESK = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})
STATES = ("breached", "at_risk", "on_time")
NEAR = 100  # open handoffs of one desk that are ordered here; of more, the database orders them
KEYS = (
    "pk", "owner_id", "team_id", "rank", "due_at", "warn_at", "held_by_id", "held_until",
    "snoozed_until", "wakes_on_activity",
)  # fmt: skip
MOST = 200  # skipped or snoozed ones that are told apart; far more than one person puts aside


class Key(NamedTuple):
    """What one open handoff is ordered by, and who has it."""

    pk: int
    owner: int | None
    team: int | None
    rank: int
    due_at: datetime | None
    warn_at: datetime | None
    holder: int | None
    held_until: datetime | None
    snoozed_until: datetime | None
    wakes_on_activity: bool

    def state(self, at: datetime) -> str:
        """How its nearest clock stands: what ``by_state`` says in SQL."""
        if self.due_at is not None and self.due_at < at:
            return "breached"
        if self.due_at is not None and self.warn_at is not None and self.warn_at <= at:
            return "at_risk"
        return "on_time"

    def is_free_for(self, user: User, at: datetime) -> bool:
        """Whether nobody else has it on the desk."""
        is_over = self.held_until is None or self.held_until <= at
        return is_over or self.holder == user.pk or self.owner not in {None, self.holder}


@dataclass(frozen=True)
class Day:
    """What one person's order rests on at one instant, read once.

    ``skipped`` are the open handoffs they passed over today, the longest ago first; ``asleep``
    the snoozed ones of their desk, the first to wake first; ``woken`` those whose lead did
    something before the time. ``near`` has the keys of all that is awake on the desk, the best
    score first, or is None where that are more than ``NEAR``: then the database orders them.
    """

    user: User
    at: datetime
    rota: Rota
    skipped: list[int] = field(default_factory=list)
    asleep: list[int] = field(default_factory=list)
    woken: list[int] = field(default_factory=list)
    near: list[Key] | None = None

    @property
    def desk(self) -> HandoffQuerySet:
        """All open handoffs that this person may decide."""
        return on_desk_of(self.user, self.rota.teams)

    @property
    def awake(self) -> Q:
        """The condition, on the row alone, for what is not snoozed."""
        over = Q(snoozed_until=None) | Q(snoozed_until__lte=self.at)
        return over | Q(pk__in=self.woken) if self.woken else over

    def offered(self) -> HandoffQuerySet:
        """What play mode gives them: their own, and what nobody has where it is their turn."""
        theirs = Q(owner=self.user) | Q(owner=None, team__in=self.rota.mine)
        return Handoff.objects.open().filter(theirs).filter(self.awake)

    def is_offered(self, key: Key) -> bool:
        if key.owner is None:
            return key.team in self.rota.mine
        return key.owner == self.user.pk

    def bands(self, near: Sequence[Key]) -> dict[str, list[Key]]:
        """Part the keys of a desk by state; what was skipped today comes last.

        An SDR's order sets apart what it is others' turn to take; managers oversee it all.
        """
        bands: dict[str, list[Key]] = {state: [] for state in STATES}
        skipped = {pk: place for place, pk in enumerate(self.skipped)}
        is_sdr = self.user.role == Role.SDR
        for key in near:
            if key.pk not in skipped:
                is_mine = not is_sdr or self.is_offered(key)
                state = key.state(self.at) if is_mine else "their_turn"
                bands.setdefault(state, []).append(key)
        if passed := [key for key in near if key.pk in skipped]:
            bands["skipped"] = sorted(passed, key=lambda key: skipped[key.pk])
        return bands


def day_of(user: User, *, at: datetime) -> Day:
    """Read what the order of this person's day rests on. Five queries, six with snoozed ones."""
    rota = rota_of(user, at=at)
    desk, skipped = on_desk_of(user, rota.teams), skipped_today(rota)
    near = _near(user, rota.teams)
    if len(near) > NEAR:
        asleep, woken = _snoozed(desk.filter(snoozed_until__gt=at))
        return Day(user, at, rota, skipped, asleep, woken)
    aside = [key.pk for key in near if key.snoozed_until is not None and key.snoozed_until > at]
    asleep, woken = _snoozed(Handoff.objects.filter(pk__in=aside)) if aside else ([], [])
    awake = [key for key in near if key.pk not in asleep]
    return Day(user, at, rota, skipped, asleep, woken, awake)


def _near(user: User, teams: tuple[int, ...]) -> list[Key]:
    """Return the keys of up to ``NEAR`` handoffs of a desk in order; of more, some one more.

    An SDR's own and what waits for their teams are read apart: each is in order in an index, so
    that a long queue is not read whole to learn that it is long.
    """
    found: list[Key] = []
    for part in _parts(user, teams):
        rows = part.order_by(*ORDER).values_list(*KEYS)
        found += [Key(*row) for row in rows[: NEAR + 1 - len(found)]]
        if len(found) > NEAR:
            break
    return sorted(found, key=lambda key: (-key.rank, key.pk))


def _parts(user: User, teams: tuple[int, ...]) -> list[HandoffQuerySet]:
    if user.role != Role.SDR:
        return [on_desk_of(user, teams)]
    own = Handoff.objects.open().filter(owner=user)
    return [own, Handoff.objects.open().filter(owner=None, team__in=teams)] if teams else [own]


def _snoozed(rows: HandoffQuerySet) -> tuple[list[int], list[int]]:
    """Tell which of the snoozed sleep on, the first to wake first, and which woke. One query."""
    found = list(
        rows.annotate(acted=lead_did_something_since("snoozed_at"))
        .order_by("snoozed_until", "pk")
        .values_list("pk", "wakes_on_activity", "acted")[:MOST]
    )
    woken = [pk for pk, wakes, acted in found if wakes and acted]
    return [pk for pk, wakes, acted in found if not (wakes and acted)], woken


def skipped_today(rota: Rota) -> list[int]:
    """Return the open handoffs this person passed over today, the longest ago first."""
    rows = Skip.objects.filter(by=rota.user, at__gte=midnight(rota.now))
    last = rows.filter(handoff__is_decided=False).values("handoff").annotate(last=Max("at"))
    return list(last.order_by("last", "handoff").values_list("handoff", flat=True)[:MOST])


def on_desk_of(user: User, teams: tuple[int, ...] | None = None) -> HandoffQuerySet:
    """Return the open handoffs a person may decide, part of those they see.

    An SDR's own and the unassigned ones of their teams; a sales lead's teams'; an admin's all.
    The teams are read first, so that the indexes on owner and team serve the rest.
    """
    handoffs = Handoff.objects.open()
    if user.role == Role.ADMIN:
        return handoffs
    if teams is None:
        teams = tuple(user.memberships.values_list("team", flat=True))
    if user.role == Role.SALES_LEAD:
        return handoffs.filter(team__in=teams)
    return handoffs.filter(Q(owner=user) | Q(owner=None, team__in=teams))


def by_state(rows: HandoffQuerySet, *, at: datetime) -> Mapping[str, HandoffQuerySet]:
    """Part open handoffs by how their nearest clock stands at ``at``, the most urgent first."""
    in_time = rows.filter(due_at__gte=at)
    late, risky = rows.filter(due_at__lt=at), in_time.filter(warn_at__lte=at)
    on_time = rows.filter(Q(due_at=None) | Q(due_at__gte=at, warn_at__gt=at))
    parts = zip(STATES, (late, risky, on_time), strict=True)
    return {state: part.order_by(*ORDER) for state, part in parts}


def check_works_on(handoff: Handoff, by: User) -> None:
    """Raise NotAllowed unless this open handoff is theirs to work on."""
    seen = Handoff.objects.open().visible_to(by).filter(pk=handoff.pk)
    if by.role not in WORKS_THE_DESK or not seen.exists():
        raise NotAllowed(
            _("This handoff is not on your desk. Ask a sales lead of the team to pass it to you.")
        )
