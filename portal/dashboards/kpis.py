"""The figures on top of the dashboard, and how their pattern reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.database.funnel import Cohort, Rate, SourceSums
from leads.database.tally import Median
from portal.core.durations import duration_words
from portal.core.intervals import ENOUGH, Interval, wilson
from portal.core.numbers import NOTHING, counted, percent, percent_range
from sla.scoreboard.figures import Speed

LOW, GOOD = 0.10, 0.13  # of MQL to SQL: tighten below the one, in order from the other on
WEAK = 0.20  # of SQL to customer


@dataclass(frozen=True)
class Kpi:
    """One figure as ``components/_kpi.html`` takes it."""

    label: str
    value: str
    aside: str = ""
    text: str = ""
    source: str = ""
    url: str = ""
    act: str = ""
    trend: str = ""  # stands before the level: one month is not a trend


def share_of(rates: Sequence[Rate]) -> tuple[int, int, Interval | None]:
    """Return reached, of, and the share with its interval; None under 30."""
    of, reached = sum(one.of for one in rates), sum(one.reached for one in rates)
    return reached, of, wilson(reached, of) if of >= ENOUGH else None


def rate_kpi(label: str, rates: Sequence[Rate], source: str) -> Kpi:
    """Return one rate of all cohorts that have matured, else of all, with its trend in words."""
    settled = [one for one in rates if not one.is_maturing]
    reached, of, share = share_of(settled or rates)
    if share is None:
        said = _("%(reached)s of %(of)s") % {"reached": counted(reached), "of": counted(of)}
        return Kpi(label, said, _("too few for a share"), source=source)
    aside = _("%(range)s, n %(n)s") % {"range": percent_range(share.low, share.high),
                                       "n": counted(of)}  # fmt: skip
    trend = trend_words(settled) if settled else _("Every cohort is still maturing.")
    return Kpi(label, percent(share.value, 1), aside, source=source, trend=trend)


def trend_words(rates: Sequence[Rate]) -> str:
    """Compare the newer half of the cohorts with the older one, only where both have 30."""
    if len(rates) < 2:
        return _("One cohort is no trend.")
    middle = len(rates) // 2
    before, after = share_of(rates[:middle])[2], share_of(rates[middle:])[2]
    if before is None or after is None:
        return _("Too few for a trend.")
    points = round(abs(after.value - before.value) * 100, 1)
    since = date_format(rates[0].month, "F")
    if before.low <= after.value <= before.high:
        return _("Steady since %(month)s.") % {"month": since}
    down = _("Down %(points)s points since %(month)s.")
    words = down if after.value < before.value else _("Up %(points)s points since %(month)s.")
    return words % {"points": points, "month": since}


def is_falling(rates: Sequence[Rate]) -> bool:
    """Tell whether the newer half lies below the interval of the older one."""
    middle = len(rates) // 2
    before, after = share_of(rates[:middle])[2], share_of(rates[middle:])[2]
    return before is not None and after is not None and after.value < before.low


def speed_kpi(speed: Speed) -> Kpi:
    """Return speed to lead in working time; who still waits late counts as slowest."""
    aside = _("9 of 10 within %(p90)s, n %(n)s") % {
        "p90": _time(speed.p90_working), "n": counted(speed.n),
    }  # fmt: skip
    if speed.low_working is not None:
        between = {"low": _time(speed.low_working), "high": _time(speed.high_working)}
        aside = f"{_('%(low)s to %(high)s') % between}; {aside}"
    text = _("Working time from handoff to the first touch, median.")
    return Kpi(_("Speed to lead"), _time(speed.median_working), aside, text,
               url=reverse("scoreboard"), act=_("See the promises"))  # fmt: skip


def cost_kpi(
    sums: Sequence[SourceSums], currency: str, time: Decimal | None, untold: Sequence[date]
) -> Kpi:
    """Return what one SQL cost, marketing's spend and sales' time.

    Incomplete as soon as one source lacks its spend, or one month (``untold``) its hours.
    """
    bringing = [one for one in sums if one.counts.get("sql")]
    missing = [one.name or _("no source") for one in bringing if one.cost is None]
    label = _("Cost per SQL")
    if not bringing:
        return Kpi(label, _("none yet"), text=_("No SQL came in these months."))
    if missing:
        aside = _("%(n)s of %(all)s sources") % {
            "n": len(bringing) - len(missing), "all": len(bringing),
        }  # fmt: skip
        text = _("Spend is missing for %s.") % ", ".join(missing[:4])
        return Kpi(label, _("incomplete"), aside, text, url=reverse("sources"),
                   act=_("Add the spend"))  # fmt: skip
    cost = sum(one.cost or 0 for one in sums)
    sqls = sum(one.counts["sql"] for one in bringing)
    marketing = f"{cost / sqls:,.0f} {currency}"
    if time is None:
        months = ", ".join(date_format(one, "F") for one in untold[:3])
        text = _("Marketing alone: %(amount)s. Sales’ time is missing for %(months)s.") % {
            "amount": marketing, "months": months or _("these months"),
        }  # fmt: skip
        return Kpi(label, _("incomplete"), _("n %s") % counted(sqls), text,
                   url=reverse("source-figures"), act=_("Add the hours"))  # fmt: skip
    value = f"{(cost + time) / sqls:,.0f} {currency}"
    text = _("Marketing %(marketing)s and sales’ time %(sales)s for each.") % {
        "marketing": marketing, "sales": f"{time / sqls:,.0f} {currency}",
    }  # fmt: skip
    return Kpi(label, value, _("n %s") % counted(sqls), text)


def visitor_kpi(visitors: Mapping[date, int | None], rows: Sequence[Cohort]) -> Kpi:
    """Return visitors who became customers, of the months whose cohorts have matured.

    All months where none has; incomplete as soon as one of them has no count of visitors.
    """
    label = _("Visitor to customer")
    by_month = {one.month.date(): one for one in rows}
    settled = {m for m, one in by_month.items() if not one.is_maturing} or set(visitors)
    missing = sorted(month for month in settled if visitors.get(month) is None)
    if missing or not settled:
        months = ", ".join(date_format(one, "F") for one in missing[:3])
        text = _("Visitors are missing for %s.") % months if missing else ""
        return Kpi(label, _("incomplete"), text=text, url=reverse("source-figures"),
                   act=_("Add the visitors"))  # fmt: skip
    of = sum(visitors[month] or 0 for month in settled)
    won = sum(by_month[month].reached["customer"] for month in settled if month in by_month)
    share = wilson(won, of) if of >= ENOUGH and won <= of else None
    if share is None:
        said = _("%(won)s of %(of)s") % {"won": counted(won), "of": counted(of)}
        return Kpi(label, said, _("too few for a share"))
    leads = sum(by_month[month].reached["known"] for month in settled if month in by_month)
    text = _("%(leads)s of them became leads, %(won)s customers.") % {
        "leads": counted(leads), "won": counted(won),
    }  # fmt: skip
    aside = _("%(low)s to %(high)s, n %(n)s") % {
        "low": percent(share.low, 2), "high": percent(share.high, 2), "n": counted(of),
    }  # fmt: skip
    return Kpi(label, percent(share.value, 2), aside, text)


def pace_kpi(took: Median) -> Kpi:
    """Return how long it took from first MQL to SQL, the median."""
    label = _("Stage velocity")
    if took.value is None:
        return Kpi(label, _("none yet"), text=_("No SQL was made in these months."))
    return Kpi(label, days_of(took), aside_of(took), _("Median from first MQL to SQL."))


def cycle_kpi(took: Median) -> Kpi:
    """Return how long it took from first contact to won, the median."""
    label = _("Sales cycle")
    if took.value is None:
        return Kpi(label, _("none yet"), text=_("Nothing was won in these months."))
    return Kpi(label, days_of(took), aside_of(took), _("Median from first contact to won."))


def _days(length: timedelta) -> str:
    days = length.total_seconds() / 86_400
    return f"{days:.1f}" if days < 10 else f"{days:,.0f}"


def days_of(took: Median) -> str:
    """Return the median in days, with a decimal under ten."""
    return NOTHING if took.value is None else _("%s d") % _days(took.value)


def aside_of(took: Median) -> str:
    """Return its interval, where there are enough, and n."""
    if took.low is None or took.high is None:
        return _("n %s") % counted(took.n)
    words = {"low": _days(took.low), "high": _days(took.high), "n": counted(took.n)}
    return _("%(low)s to %(high)s d, n %(n)s") % words


def engagement_kpi(hits: int, of: int) -> Kpi:
    """Return the share of scored leads that have points for what they do."""
    label, share = _("Engagement rate"), wilson(hits, of) if of >= ENOUGH else None
    if share is None:
        said = _("%(hits)s of %(of)s") % {"hits": counted(hits), "of": counted(of)}
        return Kpi(label, said, _("too few for a share"))
    aside = _("%(range)s, n %(n)s") % {
        "range": percent_range(share.low, share.high), "n": counted(of),
    }  # fmt: skip
    text = _("Leads of these months that do something a rule counts, now.")
    return Kpi(label, percent(share.value, 1), aside, text)


def reading(mqls: Sequence[Rate], customers: Sequence[Rate]) -> list[str]:
    """Return how the pattern reads, as the founding documents read it, in sentences."""
    settled = [one for one in mqls if not one.is_maturing] or list(mqls)
    share = share_of(settled)[2]
    later = share_of([one for one in customers if not one.is_maturing] or customers)[2]
    said = []
    if share is None:
        return [_("Too few MQLs to read a pattern. One month is not a trend.")]
    if share.high < LOW:
        said.append(_("Fewer than one MQL in ten becomes an SQL: the net is too wide. Tighten the "
                      "definition of an MQL before asking for more of them."))  # fmt: skip
    elif share.value < GOOD:
        said.append(_("MQL to SQL is below what others report. Look at which rules let rejected "
                      "leads through."))  # fmt: skip
    elif later is not None and later.value < WEAK:
        said.append(_("Good MQL to SQL with weak SQL to customer points downstream: training, demo "
                      "messaging, product fit or price."))  # fmt: skip
    else:
        said.append(_("MQL to SQL and SQL to customer are both in order."))
    mature = [one for one in mqls if not one.is_maturing]
    if rising(mature) and is_falling(mature):
        said.append(_("MQLs rise while fewer become SQLs: look at nurture in the middle."))
    return [*said, _("One month is not a trend: read the line, not its last point.")]


def rising(rates: Sequence[Rate]) -> bool:
    """Tell whether the newer half of the cohorts is larger than the older one, month by month."""
    middle = len(rates) // 2
    if not middle:
        return False
    older, newer = rates[:middle], rates[middle:]
    return sum(one.of for one in newer) / len(newer) > sum(one.of for one in older) / len(older)


def velocity(rates: Sequence[Rate], *, share_of_month: float) -> str:
    """Return the lead velocity rate in words: growth of MQLs over the month before.

    The running month is scaled by the share of it that has passed, and labelled so.
    """
    if len(rates) < 2 or not rates[-2].of:
        return _("n/a: nothing to compare with")
    *_older, before, last = rates
    scaled = last.of / share_of_month if share_of_month else last.of
    growth = (scaled - before.of) / before.of
    words = f"{growth:+.0%}".replace("%", " %").replace("-", "−")
    return _("%s, this month pro-rated") % words if share_of_month < 1 else words


def points_of(rates: Sequence[Rate]) -> list[dict[str, Any]]:
    """Return the marks of the chart of one rate by month; fewer than 30 draw no value."""
    points: list[dict[str, Any]] = []
    for one in rates:
        share = wilson(one.reached, one.of) if one.of >= ENOUGH else None
        point: dict[str, Any] = {
            "label": date_format(one.month, "M"), "n": one.of, "value": None,
            "maturing": one.is_maturing,
        }  # fmt: skip
        if share is not None:
            point |= {"value": share.value * 100, "low": share.low * 100,
                      "high": share.high * 100, "shown": f"{share.value * 100:.1f}"}  # fmt: skip
        points.append(point)
    return points


def _time(seconds: int | None) -> str:
    return NOTHING if seconds is None else duration_words(seconds)
