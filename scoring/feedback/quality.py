"""How good the reasons are: words instead of reasons, one reason for all, decided in no time."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from leads.dispositions.models import Appeal, Reason
from portal.accounts.models import User
from portal.core.intervals import ENOUGH, Interval, wilson
from portal.core.mirrors import QUICK, TIMED
from scoring.feedback.decided import UNKNOWN, Decided
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.statistics import entropy

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


def quality_of(rows: QuerySet[DecidedHandoff], columns: Decided) -> Quality:
    """Count the reasons of these handoffs by person; ``columns`` are theirs.

    A decision is timed where somebody had the handoff open on the desk: from the beginning of
    that hold to the decision. Those made without a hold (in bulk, by the API) are not timed.
    """
    people = _people(columns)
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
    """Count each person's reasons and how fast they were; no person is one nobody knows."""
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
    for pk, one in people.items():
        theirs = columns.sdr == (UNKNOWN if pk is None else pk)
        one.timed = int((theirs & columns.has(TIMED)).sum())
        one.quick = int((theirs & columns.has(QUICK)).sum())
    return people


def _appeals(rows: QuerySet[DecidedHandoff]) -> Appeals:
    theirs = rows.filter(
        handoff=OuterRef("disposition__handoff"), disposition=OuterRef("disposition")
    )
    sums = Appeal.objects.filter(Exists(theirs)).aggregate(
        contested=Count("pk"),
        granted=Count("pk", filter=Q(is_granted=True)),
        refused=Count("pk", filter=Q(is_granted=False)),
        waiting=Count("pk", filter=Q(is_granted=None)),
    )
    return Appeals(**sums)
