"""The scoreboard's figures asked of the rows themselves: what packed days are compared with."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth

from leads.activities.models import Activity
from leads.database.facts import known_facts
from leads.database.models import FactSnapshot
from leads.database.registry import KINDS_BY_NAME
from leads.dispositions.models import NOT_STATED, Disposition, Effect, Outcome
from leads.handoffs.models import Cause, Handoff, HandoffQuerySet
from portal.agreements.models import Override, Version
from sla.scoreboard.counted import Month
from sla.scoreboard.figures import Delivered
from sla.terms.queries import KIND
from sla.terms.text import CountedTerms, PromiseKind, parse_terms

BATCH = 2000
UNRESPONSIVE = "unresponsive"
CONTACT_FILLED = {
    "name": ~Q(lead__name=""),
    "email": ~Q(lead__email=""),
    "phone": ~Q(lead__phone=""),
    "company": Q(lead__company__isnull=False),
}


def counted(
    handoffs: HandoffQuerySet,
    *,
    since: datetime | None,
    before: datetime | None,
    zone: ZoneInfo,
    at: datetime,
) -> list[tuple[str, int, int, int, tuple[Month, ...]]]:
    """Return each promise in force: its key and version, how many kept it of how many, months."""
    return [
        (promise.key, version.number, *_count(promise, part, zone, at))
        for version, promise, part in _by_version(handoffs, since, before, at)
    ]


def _stretches(
    since: datetime | None, before: datetime | None, at: datetime
) -> tuple[dict[Version, Q], dict[Version, Q]]:
    """Return when handoffs of the period were made under each version; and as if none stood in."""
    stand_ins = Override.objects.filter(version__agreement__kind=KIND, at__lte=at)
    instead = list(stand_ins.select_related("version").order_by("at", "pk"))
    versions = list(Version.objects.of_kind(KIND).signed().order_by("effective_from", "pk"))
    ends: Iterable[datetime | None] = [*(each.effective_from for each in versions[1:]), None]
    through: dict[Version, Q] = {}
    for version, end in zip(versions, ends, strict=False):  # no version, no end
        begin = version.effective_from
        is_before = before is not None and begin is not None and begin >= before
        is_over = since is not None and end is not None and end <= since
        if begin is not None and begin <= at and not is_before and not is_over:
            through[version] = Q(made_at__gte=begin) & (Q(made_at__lt=end) if end else Q())
    days = [Q(made_at__gte=one.at, made_at__lt=one.ends_at) for one in instead]
    when = {each: reduce(and_, (~one for one in days), whole) for each, whole in through.items()}
    for one, stretch in zip(instead, days, strict=True):
        if (before is None or one.at < before) and (since is None or one.ends_at > since):
            known = when.get(one.version)
            when[one.version] = stretch if known is None else known | stretch
    return when, through


def _by_version(
    handoffs: HandoffQuerySet, since: datetime | None, before: datetime | None, at: datetime
) -> Iterator[tuple[Version, CountedTerms, HandoffQuerySet]]:
    """Yield the promises of each version in force in the period, with the handoffs they count.

    What stood in for a version for a few days has the handoffs of these days; only a number of a
    month, which no few days can keep, is counted through under the version.
    """
    when, through = _stretches(since, before, at)
    for version in sorted(when, key=lambda each: each.number):
        for promise in parse_terms(version.signed_text).others:
            is_volume = promise.kind == PromiseKind.VOLUME
            if part := through.get(version) if is_volume else when[version]:
                yield version, promise, handoffs.filter(part)


def _count(
    promise: CountedTerms, handoffs: HandoffQuerySet, zone: ZoneInfo, at: datetime
) -> tuple[int, int, tuple[Month, ...]]:
    about = handoffs.order_by().filter(_applies(promise))
    parts = _of_segment(promise, about) if promise.applies.segment else [about]
    if promise.kind == PromiseKind.VOLUME:
        return 0, 0, _months(parts, zone, at)
    met = n = 0
    for part in parts:
        kept, all_of_them = _shares(promise, part)
        met, n = met + kept, n + all_of_them
    return met, n, ()


def _applies(promise: CountedTerms) -> Q:
    asked, found = promise.applies, Q()
    if asked.grades:
        found &= Q(grade__in=asked.grades)
    if asked.fast_track is not None:
        is_fast = Q(cause=Cause.FAST_TRACK)
        found &= is_fast if asked.fast_track else ~is_fast
    if asked.sources:
        found &= Q(source__key__in=asked.sources)
    return found


def _of_segment(promise: CountedTerms, handoffs: HandoffQuerySet) -> Iterator[HandoffQuerySet]:
    """Yield the handoffs whose lead was in the segment when it was handed over, in batches."""
    rows = list(handoffs.values_list("pk", "lead_id", "made_at", "grade", "cause", "source__key"))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        known = known_facts({lead for _pk, lead, *_rest in batch})
        keys = []
        for pk, lead, made_at, grade, cause, source in batch:
            by_then = [one for one in known.get(lead, ()) if made_at and one.known_from <= made_at]
            if promise.applies.to(
                grade=grade,
                fast_track=cause == Cause.FAST_TRACK,
                source=source or "",
                facts=by_then[-1].values if by_then else {},
            ):
                keys.append(pk)
        yield Handoff.objects.filter(pk__in=keys)


def _months(parts: Iterable[HandoffQuerySet], zone: ZoneInfo, at: datetime) -> tuple[Month, ...]:
    found: dict[datetime, int] = {}
    for part in parts:
        by_month = part.annotate(month=TruncMonth("made_at", tzinfo=zone))
        for month, made in by_month.values_list("month").annotate(n=Count("pk")):
            found[month] = found.get(month, 0) + made
    this = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return tuple(Month(month, found[month], month < this) for month in sorted(found))


def _shares(promise: CountedTerms, handoffs: HandoffQuerySet) -> tuple[int, int]:
    """Return how many kept the promise, of how many; one statement."""
    if promise.kind == PromiseKind.PACKET:
        return _both(handoffs, carried(promise))
    if promise.kind == PromiseKind.HIGH_INTENT:
        codes = [KINDS_BY_NAME[name].code for name in promise.signals]
        done = Activity.objects.filter(
            lead=OuterRef("lead"), kind__in=codes, is_bot=False,
            occurred_at__lte=OuterRef("made_at"),
        )  # fmt: skip
        return _both(handoffs, Exists(done))
    said = Disposition.objects.standing().filter(handoff__in=handoffs.values("pk"))
    if promise.kind == PromiseKind.ACCEPTANCE_RATE:
        judged = said.exclude(reason__effect__in=[Effect.DUPLICATE, Effect.MEND])
        return _both(judged, Q(outcome=Outcome.ACCEPTED))
    rejected = said.filter(outcome=Outcome.REJECTED)
    if promise.kind == PromiseKind.REASON_REQUIRED:
        return _both(rejected, Q(reason__isnull=False) & ~Q(reason=NOT_STATED))
    return _both(
        rejected.filter(reason=UNRESPONSIVE).annotate(attempts=_attempts(promise)),
        Q(attempts__gte=promise.at_least),
    )


def _both(rows: QuerySet[Any], met: Q | Exists) -> tuple[int, int]:
    sums = rows.order_by().aggregate(n=Count("pk"), met=Count("pk", filter=met))
    return sums["met"], sums["n"]


def carried(promise: CountedTerms) -> Q:
    """Return the condition for handoffs that carried what the packet promises when made."""
    found = Q()
    facts = [name for name in promise.fields if name not in CONTACT_FILLED]
    for name in promise.fields:
        found &= CONTACT_FILLED.get(name, Q())
    if facts:
        known = FactSnapshot.objects.filter(
            lead=OuterRef(OuterRef("lead")), known_from__lte=OuterRef(OuterRef("made_at"))
        )
        newest = known.order_by("-known_from", "-pk").values("pk")[:1]
        has_all = FactSnapshot.objects.filter(
            pk=Subquery(newest), **{f"{name}__isnull": False for name in facts}
        )
        found &= Q(Exists(has_all))
    evidence = {
        "source": Q(source__isnull=False),
        "campaign": Q(campaign__isnull=False),
        "score": Q(total__isnull=False),
        "activity": Q(
            Exists(
                Activity.objects.filter(
                    lead=OuterRef("lead"), is_bot=False, occurred_at__lte=OuterRef("made_at")
                )
            )
        ),
    }
    for name in promise.evidence:
        found &= evidence[name]
    return found


def _attempts(promise: CountedTerms) -> Subquery:
    codes = [KINDS_BY_NAME[name].code for name in promise.touch.kinds if name in KINDS_BY_NAME]
    tried = Activity.objects.filter(
        lead=OuterRef("handoff__lead"),
        kind__in=codes,
        is_bot=False,
        occurred_at__gte=OuterRef("handoff__made_at"),
        occurred_at__lte=OuterRef("decided_at"),
    )
    counts = tried.order_by().values("lead").annotate(n=Count("pk")).values("n")
    return Subquery(counts)


def delivered(handoffs: HandoffQuerySet) -> Delivered:
    """Count live handoffs and their standing dispositions; two statements."""
    sums = handoffs.order_by().aggregate(
        made=Count("pk"), by_hand=Count("pk", filter=Q(cause=Cause.BY_HAND))
    )
    rows = (
        Disposition.objects.standing()
        .filter(handoff__in=handoffs.order_by().values("pk"))
        .order_by()
        .values_list("outcome", "reason__effect")
        .annotate(n=Count("pk"))
    )
    counts: dict[str, int] = {}
    for outcome, effect, count in rows:
        apart = effect if effect in {Effect.DUPLICATE, Effect.MEND} else outcome
        counts[apart] = counts.get(apart, 0) + count
    return Delivered(
        **sums,
        accepted=counts.get(Outcome.ACCEPTED, 0),
        rejected=counts.get(Outcome.REJECTED, 0),
        duplicates=counts.get(Effect.DUPLICATE, 0),
        to_mend=counts.get(Effect.MEND, 0),
    )


def handoffs_made(
    handoffs: HandoffQuerySet, *, since: datetime | None, before: datetime | None, team: Any
) -> HandoffQuerySet:
    """Return the live handoffs of a period, of one team where it is given."""
    period = Q(made_at__gte=since) if since else Q()
    period &= Q(made_at__lt=before) if before else Q()
    return handoffs.live().filter(period, **({"team": team} if team else {}))
