"""Second opinions: a sample of rejections that another person judges without knowing of them.

One rejection in ten is in the sample, by a sum over the handoff's number: nobody chooses, and a
decision taken back and made again is in it or not as before. The second person reads what was
known at the handoff, without a name and without the decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.intervals import ENOUGH, Interval, wilson
from portal.core.mirrors import FROZEN, LIVE
from portal.core.text import clean_text
from portal.events.services import record
from scoring.feedback.decided import Decided
from scoring.feedback.models import DecidedHandoff, SecondOpinion
from scoring.feedback.statistics import kappa

GIVERS = frozenset({Role.SDR, Role.SALES_LEAD})
RECENT = timedelta(days=30)  # older rejections are not asked about any more
SHARE, BUCKETS, SPREAD = 0.1, 65_536, 40_503
LONGEST_WORDS = 500


class GivenAlready(Conflict):
    """Somebody has given the second opinion on this handoff."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else gave this second opinion just now. Here is the next."))


@dataclass(frozen=True)
class Agreement:
    """How often two people say the same of one handoff; ``kappa`` is over the reasons."""

    n: int
    rejected: int  # the second rejected it, too
    same_reason: int
    waiting: int
    kappa: Interval | None

    @property
    def share(self) -> Interval | None:
        return wilson(self.rejected, self.n) if self.n >= ENOUGH else None

    @property
    def reason_share(self) -> Interval | None:
        return wilson(self.same_reason, self.n) if self.n >= ENOUGH else None


def is_sampled(handoff_id: int) -> bool:
    """Tell whether the rejection of this handoff is in the sample."""
    return handoff_id * SPREAD % BUCKETS < SHARE * BUCKETS


def sampled(rows: QuerySet[Disposition]) -> QuerySet[Disposition]:
    """Return the rejections among ``rows`` that a second person is asked about.

    Live ones with frozen evidence, not duplicates: those are a question of data.
    """
    number = Cast(F("handoff_id"), BigIntegerField()) * Value(SPREAD)
    found: QuerySet[Disposition] = (
        rows.filter(withdrawn_at=None)
        .filter(outcome=Outcome.REJECTED, origin=Origin.LIVE, handoff__evidence__kind="frozen")
        .exclude(reason__effect=Effect.DUPLICATE)
        .annotate(bucket=number % Value(BUCKETS))
        .filter(bucket__lt=int(SHARE * BUCKETS) + 1)
    )
    return found


def waiting_for(user: User, *, at: datetime) -> QuerySet[Disposition]:
    """Return what this person may be asked about, the oldest first: their teams', not their own.

    Neither what they decided, nor what was theirs, nor a lead they have decided on before.
    """
    if user.role not in GIVERS:
        return Disposition.objects.none()
    own = Disposition.objects.filter(decided_by=user).values("handoff__lead")
    return (
        sampled(Disposition.objects.all())
        .filter(decided_at__gt=at - RECENT, handoff__second_opinion=None)
        .filter(handoff__team__in=user.teams.all())
        .exclude(Q(decided_by=user) | Q(handoff__owner=user) | Q(handoff__lead__in=own))
        .order_by("decided_at", "pk")
    )


@transaction.atomic
def give_opinion(
    *, handoff: Handoff, outcome: str, reason: Reason | None, words: str, by: User, at: datetime
) -> SecondOpinion:
    """Store what a second person says; the first one who says it counts.

    Raises NotAllowed for a handoff that is not theirs to judge, GivenAlready when somebody was
    first, DomainError when a rejection has no reason. The same form sent twice is one opinion.
    """
    at, words = whole_second(at), clean_text(words)
    if outcome not in Outcome.values or (outcome == Outcome.REJECTED) != (reason is not None):
        raise DomainError(_("Say whether you would accept it, or reject it with a reason."))
    if len(words) > LONGEST_WORDS:
        raise DomainError(_("Say it in at most 500 characters."))
    given = SecondOpinion.objects.filter(handoff=handoff).first()
    if given is not None:
        if given.by_id == by.pk:
            return given
        raise GivenAlready
    first = waiting_for(by, at=at).filter(handoff=handoff).first()
    if first is None or first.reason_id is None or first.decided_by_id is None:
        raise NotAllowed(_("This handoff is not yours to judge a second time."))
    try:
        with transaction.atomic():
            made = SecondOpinion.objects.create(
                handoff=handoff, first_reason_id=first.reason_id, first_by_id=first.decided_by_id,
                outcome=outcome, reason=reason, words=words, by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise GivenAlready from None
    payload = {"disposition": first.pk, "outcome": outcome}
    record("second_opinion.given", subject=handoff, actor=by, at=at, payload=payload)
    return made


def agreement_of(rows: QuerySet[DecidedHandoff], columns: Decided) -> Agreement:
    """Return how far second opinions on these handoffs agree with the first; one statement.

    ``columns`` are those of ``rows``: they say whom the sample still asks about.
    """
    theirs = rows.filter(handoff=OuterRef("handoff"))
    given = SecondOpinion.objects.filter(Exists(theirs))
    found = list(given.values_list("handoff", "first_reason", "reason"))
    pairs = [(first, second) for _handoff, first, second in found]
    return Agreement(
        n=len(pairs),
        rejected=sum(second is not None for _first, second in pairs),
        same_reason=sum(first == second for first, second in pairs),
        waiting=_asked(columns, [handoff for handoff, _first, _second in found]),
        kappa=kappa([(first, second or "") for first, second in pairs]),
    )


def _asked(columns: Decided, answered: list[int]) -> int:
    """Count the rejections that ``sampled`` chooses and nobody has answered, out of columns."""
    is_in = columns.handoff * SPREAD % BUCKETS < SHARE * BUCKETS
    live = columns.has(LIVE) & columns.has(FROZEN) & ~columns.accepted
    codes = set(Reason.objects.filter(effect=Effect.DUPLICATE).values_list("code", flat=True))
    gone = [n for n, code in enumerate(columns.reasons, start=1) if code in codes]
    asked = is_in & live & ~np.isin(columns.reason, gone)
    return int((asked & ~np.isin(columns.handoff, np.array(answered, dtype=np.int64))).sum())
