"""What each side reads on Monday: the week that is over, in numbers with their n.

Marketing reads what sales said and of which source; sales reads what it promised and kept. Both
read the alerts that stand. No names of leads or people: a channel may be read by anybody there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.dispositions.errors import in_sentence
from leads.dispositions.models import Disposition, Effect, Outcome
from leads.handoffs.models import Handoff, HandoffQuerySet, Origin
from portal.accounts.models import Role, Side, User
from portal.core.intervals import ENOUGH, wilson
from portal.home.links import Line, Section, absolute
from portal.watches.models import Alert, AlertQuerySet
from portal.watches.registry import watch_of
from scoring.feedback.models import Amendment
from sla.clocks.models import Clock, ClockQuerySet
from sla.clocks.shown import TITLES
from sla.clocks.states import State
from sla.scoreboard.figures import CAME_DUE, tally

TOP = 5
WEEK = timedelta(days=7)
READS_THE_WEEK = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.ADMIN, Role.SALES_LEAD}
)


@dataclass(frozen=True)
class WeekOf:
    """Whose week, from ``since`` to ``until``: the handoffs and alerts that the readers may see."""

    side: str  # empty: both
    handoffs: HandoffQuerySet
    alerts: AlertQuerySet
    since: datetime
    until: datetime
    everything: bool = True


def week_for(user: User, *, until: datetime) -> WeekOf:
    """Return the seven days before ``until`` as this person may see them."""
    return WeekOf(
        user.side or "",
        Handoff.objects.visible_to(user),
        Alert.objects.visible_to(user),
        until - WEEK,
        until,
        everything=user.sees_everything,
    )


def week_of_side(side: str, *, until: datetime) -> WeekOf:
    """Return the seven days before ``until`` for everybody of a side."""
    return WeekOf(side, Handoff.objects.all(), Alert.objects.all(), until - WEEK, until)


def monday_before(at: datetime) -> datetime:
    """Return the beginning of the running week in the zone at hand."""
    local = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return local - timedelta(days=local.weekday())


def week_sections(week: WeekOf, *, at: datetime) -> list[Section]:
    """Return what this week says; a fixed number of queries."""
    parts = [_said(week)]
    if week.side != Side.SALES:
        parts.append(_sources(week))
    if week.side != Side.MARKETING:
        parts.append(_promises(week, at))
    return [one for one in (*parts, _alerts(week, at), _amendments()) if one is not None]


def _decided(week: WeekOf, since: datetime, until: datetime) -> QuerySet[Disposition]:
    rows = Disposition.objects.standing().filter(
        origin=Origin.LIVE, decided_at__gte=since, decided_at__lt=until
    )
    return rows if week.everything else rows.filter(handoff__in=week.handoffs.values("pk"))


def _said(week: WeekOf) -> Section | None:
    """What sales said, beside the week before, and why it said no."""
    now = _acceptance(_decided(week, week.since, week.until))
    before = _acceptance(_decided(week, week.since - WEEK, week.since))
    if not now[0]:
        return None
    title = ngettext("last week: %(n)d decided", "last week: %(n)d decided", now[0]) % {"n": now[0]}
    period = _period(week)
    rejected = _decided(week, week.since, week.until).filter(outcome=Outcome.REJECTED).order_by()
    reasons = rejected.values_list("reason", "reason__label").annotate(n=Count("pk"))
    drill = reverse("rejected-leads")
    lines = [Line(_share_words(now, before), absolute(f"{reverse('rejections')}?{period}"))]
    lines += [
        Line(f"{n} {in_sentence(label)}", absolute(f"{drill}?reason={code}&{period}"))
        for code, label, n in sorted(reasons, key=lambda row: (-row[2], row[1]))[:TOP]
    ]
    return Section(title, absolute(f"{reverse('rejections')}?{period}"), lines)


def _acceptance(rows: QuerySet[Disposition]) -> tuple[int, int]:
    judged = rows.filter(Q(reason=None) | ~Q(reason__effect__in=[Effect.DUPLICATE, Effect.MEND]))
    said = judged.aggregate(n=Count("pk"), yes=Count("pk", filter=Q(outcome=Outcome.ACCEPTED)))
    return said["n"], said["yes"]


def _share_words(now: tuple[int, int], before: tuple[int, int]) -> str:
    return _("accepted %(now)s; the week before %(before)s") % {
        "now": of_words(now[1], now[0]),
        "before": of_words(before[1], before[0]),
    }


def of_words(hits: int, n: int) -> str:
    """Return "31 of 58, 53 % (41 to 66 %)"; without the rate where n is under 30."""
    share = wilson(hits, n)
    words = _("%(hits)d of %(n)d") % {"hits": hits, "n": n}
    if share is None or n < ENOUGH:
        return words
    low, middle, high = (round(100 * one) for one in (share.low, share.value, share.high))
    return f"{words}, {middle} % ({low} to {high} %)"


def _period(week: WeekOf) -> str:
    last = timezone.localtime(week.until - timedelta(seconds=1))
    return f"since={timezone.localtime(week.since):%Y-%m-%d}&until={last:%Y-%m-%d}"


def _sources(week: WeekOf) -> Section | None:
    rows = _decided(week, week.since, week.until).exclude(handoff__source=None).order_by()
    counts = rows.values_list("handoff__source", "handoff__source__name").annotate(
        n=Count("pk"), no=Count("pk", filter=Q(outcome=Outcome.REJECTED))
    )
    found = sorted((row for row in counts if row[3]), key=lambda row: (-row[3], row[1]))
    if not found:
        return None
    drill, period = reverse("rejected-leads"), _period(week)
    lines = [
        Line(
            _("%(source)s: rejected %(share)s") % {"source": name, "share": of_words(no, n)},
            absolute(f"{drill}?source={pk}&outcome=rejected&{period}"),
        )
        for pk, name, n, no in found[:TOP]
    ]
    return Section(_("rejected by source"), absolute(f"{reverse('rejections')}?{period}"), lines)


def _promises(week: WeekOf, at: datetime) -> Section | None:
    clocks = Clock.objects.filter(started_at__gte=week.since, started_at__lt=week.until)
    if not week.everything:
        clocks = clocks.filter(handoff__in=week.handoffs.values("pk"))
    lines = list(_promise_lines(clocks, week, at))
    if not lines:
        return None
    return Section(
        _("promises of sales"), absolute(f"{reverse('scoreboard')}?{_period(week)}"), lines
    )


def _promise_lines(clocks: ClockQuerySet, week: WeekOf, at: datetime) -> Iterator[Line]:
    for (kind,), counted in sorted(tally(clocks, at=at).items()):
        met = counted.counts.get(State.MET, 0)
        n = sum(counted.counts.get(state, 0) for state in CAME_DUE)
        words = {"promise": TITLES[kind], "share": of_words(met, n)}
        if n:
            url = absolute(f"{reverse('clocks')}?promise={kind}&{_period(week)}")
            yield Line(_("%(promise)s: kept %(share)s") % words, url)


def _alerts(week: WeekOf, at: datetime) -> Section | None:
    rows = week.alerts.open(at).order_by("-opened_at", "-pk")
    found = [
        (row, watch)
        for row in rows[: 2 * TOP]
        if (watch := watch_of(row.watch)) is not None
        if not week.side or week.side in watch.sides
    ]
    if not found:
        return None
    title = ngettext("%(n)d alert", "%(n)d alerts", len(found)) % {"n": len(found)}
    lines = [
        Line(watch.says(row.figures), absolute(row.get_absolute_url()))
        for row, watch in found[:TOP]
    ]
    return Section(title, absolute(reverse("alerts")), lines)


def _amendments() -> Section | None:
    count = Amendment.objects.open().order_by()[:100].count()
    if not count:
        return None
    title = ngettext(
        "%(n)d change that the numbers propose", "%(n)d changes that the numbers propose", count
    )
    return Section(title % {"n": count}, absolute(reverse("amendments")))
