"""How good the reasons are: words instead of reasons, one reason for all, decided in no time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from django.db.models import Count, F, Q, QuerySet

from leads.dispositions.models import Appeal, Disposition, Reason
from portal.accounts.models import User
from portal.core.intervals import ENOUGH, Interval, wilson
from scoring.feedback.decided import UNKNOWN, Decided, read_decided
from scoring.feedback.statistics import entropy

QUICK = 3  # seconds in which nobody reads a case
OTHER = "other"


@dataclass
class PersonQuality:
    """One SDR's rejections."""

    id: int | None
    name: str
    reasons: Counter[str] = field(default_factory=Counter)
    decided: int = 0
    timed: int = 0
    quick: int = 0

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    @property
    def has_enough(self) -> bool:
        return self.rejected >= ENOUGH

    @property
    def other(self) -> Interval | None:
        return wilson(self.reasons[OTHER], self.rejected) if self.has_enough else None

    @property
    def bits(self) -> float | None:
        """How mixed the reasons are, in bits; None under 30 rejections."""
        return entropy(list(self.reasons.values())) if self.has_enough else None

    @property
    def quick_share(self) -> Interval | None:
        return wilson(self.quick, self.timed) if self.timed >= ENOUGH else None

    @property
    def commonest(self) -> tuple[str, int]:
        return self.reasons.most_common(1)[0] if self.reasons else ("", 0)


@dataclass(frozen=True)
class Appeals:
    """What became of contested rejections."""

    contested: int
    granted: int
    refused: int
    waiting: int


@dataclass(frozen=True)
class Quality:
    """Everything of the page; ``everybody`` sums the people."""

    people: list[PersonQuality]
    everybody: PersonQuality
    appeals: Appeals
    labels: dict[str, str]


def quality_of(rows: QuerySet[Disposition], columns: Decided | None = None) -> Quality:
    """Read the reasons of these dispositions by person; ``columns`` of them save a statement.

    A disposition is timed where somebody had the handoff open on the desk: from the beginning of
    that hold to the decision. Those decided without a hold (in bulk, by the API) are not timed.
    """
    people = _people(columns if columns is not None else read_decided(rows))
    _count_quick(rows, people)
    everybody = PersonQuality(None, "")
    for one in people.values():
        everybody.reasons += one.reasons
        everybody.decided += one.decided
        everybody.timed += one.timed
        everybody.quick += one.quick
    return Quality(
        people=sorted(people.values(), key=lambda one: (-one.rejected, one.name)),
        everybody=everybody,
        appeals=_appeals(rows),
        labels=dict(Reason.objects.values_list("code", "label")),
    )


def _people(columns: Decided) -> dict[int | None, PersonQuality]:
    """Count each person's reasons; no person is one nobody knows."""
    if not len(columns):
        return {}
    pairs, counts = np.unique(np.stack([columns.sdr, columns.reason]), axis=1, return_counts=True)
    names = dict(User.objects.filter(pk__in=set(pairs[0].tolist())).values_list("pk", "name"))
    people: dict[int | None, PersonQuality] = {}
    for (sdr, reason), n in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        pk = None if sdr == UNKNOWN else sdr
        one = people.setdefault(pk, PersonQuality(pk, names.get(sdr, "")))
        one.decided += n
        if reason:
            one.reasons[columns.reasons[reason - 1]] += n
    return people


def _count_quick(rows: QuerySet[Disposition], people: dict[int | None, PersonQuality]) -> None:
    """Time from the start of the hold that the decision ended, in whole seconds."""
    held = rows.filter(
        handoff__held_since__isnull=False,
        handoff__held_by=F("decided_by"),
        decided_at__gte=F("handoff__held_since"),
    ).order_by()
    quick = Q(decided_at__lt=F("handoff__held_since") + timedelta(seconds=QUICK))
    sums = held.values("decided_by").annotate(n=Count("pk"), quick=Count("pk", filter=quick))
    for person, n, quick_ones in sums.values_list("decided_by", "n", "quick"):
        if person in people:
            people[person].timed, people[person].quick = n, quick_ones


def _appeals(rows: QuerySet[Disposition]) -> Appeals:
    sums = Appeal.objects.filter(disposition__in=rows.order_by().values("pk")).aggregate(
        contested=Count("pk"),
        granted=Count("pk", filter=Q(is_granted=True)),
        refused=Count("pk", filter=Q(is_granted=False)),
        waiting=Count("pk", filter=Q(is_granted=None)),
    )
    return Appeals(**sums)
