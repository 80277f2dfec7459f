"""The watches over rules and gates: a rule accepted less than it was, a gate that was lowered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import Lead, LeadQuerySet
from leads.dispositions.models import Disposition
from leads.handoffs.models import Origin
from portal.agreements.models import Version
from portal.core.intervals import ENOUGH, Z95, wilson
from portal.core.mirrors import LIVE
from portal.core.sightings import NIGHTLY, Figures, Limits, Sighting, Watch
from scoring.definitions.services import KIND, parsed
from scoring.engine.models import Evidence
from scoring.feedback.behind import behind as narrowed
from scoring.feedback.behind import judging
from scoring.feedback.decided import UNKNOWN, Bools, Decided, read_decided
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.panels import Known, known_rules
from scoring.feedback.statistics import Counts, false_discovery, katz_many, two_sided
from scoring.feedback.totals import gate_total

BEFORE = 3  # the time before is so many times as long
CALLED = 0.05  # false discoveries over all rules


def _live(since: datetime, until: datetime) -> QuerySet[Disposition]:
    return Disposition.objects.standing().filter(
        origin=Origin.LIVE,
        handoff__evidence__kind=Evidence.Kind.FROZEN,
        decided_at__gt=since,
        decided_at__lte=until,
    )


def _decided(since: datetime, until: datetime) -> Decided:
    """Return the same handoffs as ``_live`` as columns."""
    rows = DecidedHandoff.objects.filter(
        is_frozen=True, decided__gt=int(since.timestamp()), decided__lte=int(until.timestamp())
    )
    decided = read_decided(rows)
    return decided.only(decided.has(LIVE))


def find_fallen(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See each rule accepted less in the last ``of`` days than in three times as many before.

    The ratio of the two shares is tested on its logarithm (Katz), at 5 % false discoveries over
    all rules with at least ``limit`` handoffs in either time; its whole interval lies below 1.
    """
    days = timedelta(days=limits.of)
    decided = _decided(at - (BEFORE + 1) * days, at).judging
    if not len(decided):
        return ()
    ids = set(np.unique(decided.version).tolist()) - {UNKNOWN}
    versions = {one.pk: parsed(one).rules for one in Version.objects.filter(pk__in=ids)}
    known = known_rules(decided, versions)
    late = decided.decided > int((at - days).timestamp())
    least = max(ENOUGH, limits.limit)
    return _fallen(decided, known, late, least, at=at, days=limits.of)


def _fallen(
    decided: Decided, known: Known, late: Bools, least: int, *, at: datetime, days: int
) -> list[Sighting]:
    n, hits = _sums(known, late, decided)
    n0, hits0 = _sums(known, ~late, decided)
    thick = (n >= least) & (n0 >= least)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, low, high = katz_many(hits, n, hits0, n0)
        spread = (np.log(high) - np.log(low)) / (2 * Z95)
        p = np.where(thick, two_sided(np.log(ratio) / spread), np.nan)
    called = thick & (high < 1) & (false_discovery(p) <= CALLED)
    everybody = {
        "all_n": int(late.sum()), "all_yes": int((decided.accepted & late).sum()),
        "all_n_before": int((~late).sum()), "all_yes_before": int((decided.accepted & ~late).sum()),
    }  # fmt: skip
    return [
        Sighting(
            f"rule:{known.rules[place].key}",
            {
                "rule": known.rules[place].key, "name": known.rules[place].name,
                "n": int(n[place]), "yes": int(hits[place]),
                "n_before": int(n0[place]), "yes_before": int(hits0[place]),
                "ratio": float(ratio[place]), "low": float(low[place]), "high": float(high[place]),
                "days": days, "at": at.isoformat(), **everybody,
            },
        )
        for place in np.flatnonzero(called).tolist()
    ]  # fmt: skip


def _sums(known: Known, rows: Bools, decided: Decided) -> tuple[Counts, Counts]:
    """Return for each rule how many of these handoffs it fired on, and how many were accepted."""
    fired = known.fired[rows]
    return fired.sum(axis=0), fired[decided.accepted[rows]].sum(axis=0)


def _percent(yes: int, n: int) -> str:
    share = wilson(yes, n)
    if share is None:
        return "–"
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f} %, n = {n})"


def says_fallen(figures: Figures) -> str:
    """Put the figures into a sentence."""
    said = _(
        "With “%(name)s” sales accepted %(now)s in the last %(days)d days, %(before)s before that: "
        "%(ratio).2f times as often (%(low).2f to %(high).2f)."
    )
    words = {
        **figures,
        "now": _percent(figures["yes"], figures["n"]),
        "before": _percent(figures["yes_before"], figures["n_before"]),
        "all": _percent(figures["all_yes"], figures["all_n"]),
        "all_before": _percent(figures["all_yes_before"], figures["all_n_before"]),
    }
    return said % words + " " + _("Of all handoffs: %(all)s, %(all_before)s before.") % words


def behind_fallen(figures: Figures) -> LeadQuerySet:
    """Return the leads on which the rule had fired in the last days."""
    at = datetime.fromisoformat(figures["at"])
    rows = judging(_live(at - timedelta(days=figures["days"]), at))
    rows = narrowed(rows, {"rule": figures["rule"]})
    return Lead.objects.filter(pk__in=rows.values("handoff__lead"))


def _fallen_url(figures: Figures) -> str:
    since = datetime.fromisoformat(figures["at"]) - timedelta(days=figures["days"])
    return f"{reverse('rejected-leads')}?rule={figures['rule']}&since={since:%Y-%m-%d}"


RULE_FALLEN = Watch(
    key="rule_fallen",
    title=gettext_lazy("A rule’s leads are accepted less"),
    find=find_fallen,
    says=says_fallen,
    todo=gettext_lazy(
        "Look at what changed for these leads: a campaign, a form, the rule’s own words. The "
        "amendments say whether its points should."
    ),
    url=_fallen_url,
    default=Limits(limit=30, of=28),
    limit_means=gettext_lazy("handoffs in either time, at least"),
    of_means=gettext_lazy("days that are compared with three times as many before"),
    behind=behind_fallen,
    beat=NIGHTLY,
)


@dataclass(frozen=True)
class Lowered:
    """A gate whose total a version set lower than the version before it had it."""

    version: Version
    gate: str
    was: int
    now: int


def lowered_gates(*, since: datetime, at: datetime) -> Iterator[Lowered]:
    """Yield gates that came into force lower than before, after ``since`` and until ``at``."""
    before: dict[int, Version] = {}
    rows = Version.objects.of_kind(KIND).signed().filter(effective_from__lte=at)
    for version in rows.select_related("agreement").order_by("effective_from", "pk"):
        last = before.get(version.agreement_id)
        before[version.agreement_id] = version
        if last is None or version.effective_from is None or version.effective_from <= since:
            continue
        new, old = parsed(version), parsed(last)
        for gate in ("mql", "sales_ready"):
            now, was = gate_total(getattr(new, gate)), gate_total(getattr(old, gate))
            if now is not None and was is not None and now < was:
                yield Lowered(version, gate, was, now)


def let_in(version: int, *, was: int, now: int) -> LeadQuerySet:
    """Return leads that were handed over under a version below what the gate asked for before."""
    rows = Evidence.objects.filter(version=version, kind=Evidence.Kind.FROZEN)
    handed = rows.filter(total__gte=now, total__lt=was, handoff__origin=Origin.LIVE)
    return Lead.objects.filter(pk__in=handed.values("handoff__lead"))
