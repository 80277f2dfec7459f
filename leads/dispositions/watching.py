"""The watch over sources: most of what one brought lately was rejected."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import Lead, LeadQuerySet
from leads.dispositions.models import Disposition, Effect, Outcome, Reason
from leads.handoffs.models import Origin
from portal.core.sightings import Figures, Limits, Sighting, Watch

PERIOD = timedelta(days=90)  # what was decided before says nothing of the source today


def find(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See each source of whose last ``of`` decided handoffs ``limit`` or more were rejected.

    Live ones of the last 90 days; duplicates judge no source. Two statements.
    """
    rows = (
        Disposition.objects.standing()
        .filter(origin=Origin.LIVE, decided_at__gt=at - PERIOD, decided_at__lte=at)
        .filter(Q(reason=None) | ~Q(reason__effect=Effect.DUPLICATE))
        .filter(handoff__source__isnull=False)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=F("handoff__source"),
                order_by=[F("decided_at").desc(), F("pk").desc()],
            )
        )
        .filter(place__lte=limits.of)
        .values_list(
            "handoff__source", "handoff__source__name", "handoff", "outcome", "reason", "decided_at"
        )
    )
    of_source: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        of_source[row[0]].append(row)
    seen = [
        (source, last)
        for source, last in sorted(of_source.items())
        if len(last) >= limits.of
        and sum(one[3] == Outcome.REJECTED for one in last) >= limits.limit
    ]
    labels = dict(Reason.objects.values_list("code", "label")) if seen else {}
    return [_sighting(source, last, labels) for source, last in seen]


def _sighting(source: int, last: Sequence[Any], labels: dict[str, str]) -> Sighting:
    reasons = Counter(labels[one[4]] for one in last if one[3] == Outcome.REJECTED)
    return Sighting(
        f"source:{source}",
        {
            "source": source,
            "name": last[0][1],
            "n": len(last),
            "rejected": reasons.total(),
            "reasons": sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:3],
            "handoffs": sorted(one[2] for one in last),
            "since": min(one[5] for one in last).isoformat(),
        },
    )


def says(figures: Figures) -> str:
    """Put the figures into a sentence."""
    reasons = ", ".join(f"{label} ({n})" for label, n in figures["reasons"])
    words = {**figures, "reasons": reasons}
    return (
        _("Sales rejected %(rejected)d of the last %(n)d leads from %(name)s: %(reasons)s.") % words
    )


def behind(figures: Figures) -> LeadQuerySet:
    """Return the leads of these handoffs."""
    return Lead.objects.filter(handoffs__pk__in=figures["handoffs"]).distinct()


SOURCE_REJECTED = Watch(
    key="source_rejected",
    title=gettext_lazy("A source is being rejected"),
    find=find,
    says=says,
    todo=gettext_lazy(
        "Read the reasons, then mend the campaign behind it, or pause it until you have."
    ),
    url=lambda figures: (
        f"{reverse('rejected-leads')}?source={figures['source']}&since={figures['since'][:10]}"
    ),
    default=Limits(limit=7, of=10),
    limit_means=gettext_lazy("rejected leads"),
    of_means=gettext_lazy("of so many last decided ones"),
    behind=behind,
    is_instant=True,
)
