"""The dashboard: the way from lead to customer, for those who answer for it."""

from calendar import monthrange
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leads.database.around import sales_cost, spread_sales_cost, visitors_by_month
from leads.database.funnel import (
    brought_by_month,
    by_period,
    cohorts,
    engaged,
    pace,
    rates,
    sales_cycle,
    source_sums,
    stays,
)
from leads.database.models import Source, Stage
from leads.database.tally import STEPS
from portal.accounts.models import Organisation
from portal.core.http import user_of
from portal.core.sheets import FORMATS, Sheet, file_response
from portal.dashboards import benchmarks
from portal.dashboards.kept import CHOICES, funnel_of
from portal.dashboards.kpis import (
    cost_kpi,
    cycle_kpi,
    engagement_kpi,
    pace_kpi,
    points_of,
    rate_kpi,
    reading,
    speed_kpi,
    velocity,
    visitor_kpi,
)
from sla.clocks.models import Clock
from sla.scoreboard.figures import speed_to_lead

MONTHS = tuple(zip(CHOICES, (gettext_lazy("3 months"), gettext_lazy("6 months"),
                             gettext_lazy("12 months"), gettext_lazy("24 months")),
                   strict=True))  # fmt: skip
WAYS = (("cohort", gettext_lazy("cohort")), ("period", gettext_lazy("period")))


class FunnelForm(forms.Form):
    """Which months, seen how, of which source; all of it lives in the address."""

    months = forms.TypedChoiceField(
        label=gettext_lazy("Last"), choices=MONTHS, coerce=int, required=False
    )
    by = forms.ChoiceField(label=gettext_lazy("By"), choices=WAYS, required=False)
    source = forms.ModelChoiceField(
        Source.objects.order_by("name"), label=gettext_lazy("Source"), required=False,
        empty_label=gettext_lazy("all"),
    )  # fmt: skip

    def __init__(self, data: Any) -> None:
        given = {name: data[name] for name in self.base_fields if data.get(name)}
        super().__init__({"months": 6, "by": "cohort"} | given)


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """From lead to customer: rates with intervals, how long, what it cost, how to read it."""
    form, context = _context(request)
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "portal/dashboards/funnel.html", context, status=status)


@login_required
@require_safe
def dashboard_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The same as a file."""
    if form not in FORMATS:
        raise Http404
    _form, context = _context(request)
    return file_response(_sheets(context), name="dashboard", form=form)


def _context(request: HttpRequest) -> tuple[FunnelForm, dict[str, Any]]:
    user, now = user_of(request), timezone.now()
    if not user.sees_everything:
        raise Http404
    form = FunnelForm(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    organisation = Organisation.current()
    source = chosen.get("source")
    one, anew = source.pk if source else None, "anew" in request.GET
    counted = funnel_of(chosen.get("months") or 6, one, organisation, at=now, anew=anew)
    tally, window, at = counted.tally, counted.window, counted.tally.at
    clocks = Clock.objects.filter(window.of("started_at"))
    if source:
        clocks = clocks.filter(handoff__source=source)
    mqls, customers = rates(tally, Stage.MQL), rates(tally, Stage.SQL)
    sums = source_sums(tally, window, organisation.currency)
    by = chosen.get("by") or "cohort"
    time, untold = sales_cost(window, organisation.currency, until=at)
    spread_sales_cost(sums, None if source else time)
    by_cohort = cohorts(tally)
    visitors = visitors_by_month(window, brought_by_month(tally), one)
    return form, {
        "form": form,
        "by": by,
        "kpis": [
            rate_kpi(_("MQL to SQL"), mqls, str(benchmarks.SHORT)),
            rate_kpi(_("SQL to customer"), customers, str(benchmarks.NONE)),
            speed_kpi(speed_to_lead(clocks, at=now)),
            cost_kpi(sums, organisation.currency, None if source else time, untold),
            visitor_kpi(visitors, by_cohort),
            pace_kpi(pace(tally)),
            cycle_kpi(sales_cycle(tally)),
            engagement_kpi(*engaged(tally)),
        ],
        "points": points_of(mqls),
        "benchmarks": benchmarks.DRAWN,
        "cited": benchmarks.CITED,
        "reading": reading(mqls, customers),
        "velocity": velocity(mqls, share_of_month=_passed(at, window.zone)),
        "cohorts": [(one, visitors.get(one.month.date())) for one in by_cohort]
        if by == "cohort"
        else None,
        "periods": [
            (month, counts, visitors.get(month.date()))
            for month, counts in by_period(tally).items()
        ]
        if by == "period"
        else None,
        "steps": [(str(step), Stage(step).label) for step in STEPS],
        "stays": [(Stage(one.stage).label, one) for one in stays(tally)],
        "sources": sums,
        "currency": organisation.currency,
        "query": urlencode([pair for pair in request.GET.items() if pair[0] != "anew"]),
        "kept_since": counted.kept_since,
        "is_empty": not any(one.counts.get("known") for one in sums) and not mqls,
    }  # fmt: skip


def _passed(at: datetime, zone: ZoneInfo) -> float:
    """Return the share of the running month that has passed."""
    local = at.astimezone(zone)
    days = monthrange(local.year, local.month)[1]
    return (local.day - 1 + (local.hour * 60 + local.minute) / 1440) / days


def _sheets(context: dict[str, Any]) -> list[Sheet]:
    stages = [label for _stage, label in context["steps"]]
    since = context["kept_since"]
    counted = (
        [[_("Leads and stages as counted"), f"{localtime(since):%Y-%m-%d %H:%M}"]] if since else []
    )
    rows = [
        [one.month.date(), seen, *[one.reached[name] for name in ("known", *STEPS)]]
        for one, seen in context["cohorts"] or ()
    ] or [
        [month.date(), seen, *[counts[name] for name in ("known", *STEPS)]]
        for month, counts, seen in context["periods"] or ()
    ]
    return [
        Sheet(_("Figures"), [_("Figure"), _("Value"), _("Interval and n"), _("What it says")],
              [[one.label, one.value, one.aside, " ".join(filter(None, (one.trend, one.text)))]
               for one in context["kpis"]] + counted),
        Sheet(_("MQL to SQL"), [_("Month"), _("MQLs"), _("Per cent"), _("from"), _("to")],
              [[p["label"], p["n"], p["value"], p.get("low"), p.get("high")]
               for p in context["points"]]),
        Sheet(_("Funnel"), [_("Month"), _("Visitors"), _("Leads"), *stages], rows),
        Sheet(_("Time in stage"), [_("Stage"), _("Left"), _("Median days"), _("95 % from"),
                                   _("95 % to"), _("There now"), _("Longer than 84 days")],
              [[label, one.took.n,
                *[length and length.total_seconds() / 86_400
                  for length in (one.took.value, one.took.low, one.took.high)],
                one.lasting, one.over] for label, one in context["stays"]]),
        Sheet(_("Sources"), [_("Source"), _("Leads"), *stages, _("Spend"), _("Sales’ time"),
                             _("Cost per SQL"), _("Won"), _("ROI")],
              [[one.name, one.counts.get("known", 0), *[one.counts.get(s, 0) for s in STEPS],
                one.cost, one.sales_cost, one.cost_per_sql, one.won, one.roi]
               for one in context["sources"]]),
    ]  # fmt: skip
