"""The watch over MQL to SQL: under its floor, or out of its own control limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import Lead, LeadQuerySet, StageChange
from leads.database.tally import SQL_OR_LATER, STEPS
from portal.core.control import p_chart
from portal.core.intervals import ENOUGH, wilson
from portal.core.sightings import NIGHTLY, Figures, Limits, Sighting, Watch

EARLIER = 12  # groups before the one that is judged
GROUPS = (timedelta(weeks=1), timedelta(weeks=4))  # the first that brings 30 MQLs


@dataclass(frozen=True)
class Group:
    """MQLs that began in one stretch, and how many of them sales accepted within the days."""

    since: datetime
    until: datetime
    reached: int
    n: int


def groups_of(leads: LeadQuerySet, *, at: datetime, within: timedelta) -> list[Group]:
    """Return the newest group whose MQLs have all had ``within``, and twelve before it.

    A lead counts where it first became an MQL, as accepted when it became an SQL no later than
    ``within`` after that. One statement; a second where weeks have too few.
    """
    found: list[Group] = []
    for length in GROUPS:
        found = _groups(leads, ends=at - within, length=length, within=within)
        if found[0].n >= ENOUGH:
            break
    return found


def _groups(
    leads: LeadQuerySet, *, ends: datetime, length: timedelta, within: timedelta
) -> list[Group]:
    spans = [(ends - (n + 1) * length, ends - n * length) for n in range(EARLIER + 1)]
    asked = {}
    for place, (since, until) in enumerate(spans):
        inside = Q(first__gte=since, first__lt=until)
        asked[f"n{place}"] = Count("lead", filter=inside)
        asked[f"reached{place}"] = Count("lead", filter=inside & Q(sql__lte=F("first") + within))
    said = _first_mql(leads, spans[-1][0], ends).aggregate(**asked)
    return [
        Group(since, until, said[f"reached{place}"], said[f"n{place}"])
        for place, (since, until) in enumerate(spans)
    ]


def _first_mql(leads: LeadQuerySet, since: datetime, until: datetime) -> QuerySet[StageChange, Any]:
    """Return the leads whose first step fell between, with when it was and their first as SQL."""
    return (
        StageChange.objects.filter(stage__in=STEPS, lead__in=leads.values("pk"))
        .order_by()
        .values("lead")
        .annotate(first=Min("entered_at"), sql=Min("entered_at", filter=Q(stage__in=SQL_OR_LATER)))
        .filter(first__gte=since, first__lt=until)
    )


def find(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See a share under ``limit`` per cent, and one outside its control limits."""
    newest, *earlier = groups_of(Lead.objects.listed(), at=at, within=timedelta(days=limits.of))
    share = wilson(newest.reached, newest.n)
    if share is None or newest.n < ENOUGH:
        return ()
    figures = {
        "n": newest.n, "reached": newest.reached, "share": share.value, "low": share.low,
        "high": share.high, "since": newest.since.isoformat(), "until": newest.until.isoformat(),
        "days": limits.of, "floor": limits.limit,
    }  # fmt: skip
    seen = []
    if share.value * 100 < limits.limit:
        seen.append(Sighting("floor", figures))
    chart = p_chart([(one.reached, one.n) for one in earlier], newest.n)
    if chart is not None and not chart.low <= share.value <= chart.high:
        known = [one for one in earlier if one.n]
        drawn = {"middle": chart.middle, "lower": chart.low, "upper": chart.high,
                 "groups": len(known), "before": sum(one.n for one in known)}  # fmt: skip
        seen.append(Sighting("limits", figures | drawn))
    return seen


def says(figures: Figures) -> str:
    """Put the figures into a sentence."""
    words = {name: round(100 * figures[name], 1) for name in ("share", "low", "high")} | {
        name: figures[name] for name in ("n", "reached", "days", "floor")
    }
    said = _(
        "%(reached)d of %(n)d MQLs became SQLs within %(days)d days: %(share)s %% "
        "(%(low)s to %(high)s %%)."
    )
    if "middle" not in figures:
        return said % words + " " + _("The floor is %(floor)d %%.") % words
    more = {name: round(100 * figures[name], 1) for name in ("middle", "lower", "upper")} | {
        name: figures[name] for name in ("groups", "before")
    }
    beyond = (
        _("Their own past (%(groups)d groups, n = %(before)d, mean %(middle)s %%) explains "
          "%(lower)s to %(upper)s %% (p-chart, three sigma).")
    )  # fmt: skip
    return said % words + " " + beyond % more


def behind(figures: Figures) -> LeadQuerySet:
    """Return the MQLs of the group that was judged."""
    since, until = (datetime.fromisoformat(figures[name]) for name in ("since", "until"))
    listed = Lead.objects.listed()
    return listed.filter(pk__in=_first_mql(listed, since, until).values("lead"))


MQL_TO_SQL = Watch(
    key="mql_to_sql",
    title=gettext_lazy("MQL to SQL is out of bounds"),
    find=find,
    says=says,
    todo=gettext_lazy(
        "Read why sales said no to these MQLs, then look at the sources and rules that let them in."
    ),
    url=lambda figures: f"{reverse('rejections')}?since={figures['since'][:10]}",
    default=Limits(limit=10, of=28),
    limit_means=gettext_lazy("per cent below which it is too low"),
    of_means=gettext_lazy("days that an MQL has to become an SQL"),
    behind=behind,
    beat=NIGHTLY,
)
