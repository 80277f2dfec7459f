"""Rejections: what sales said no to, why, and which rule had let it through."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db.models import Case, F, IntegerField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leads.dispositions.models import Disposition, Outcome, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation, Role, User
from portal.core.http import user_of
from portal.core.intervals import Interval
from portal.core.paging import keyset_page
from scoring.engine.models import Evidence
from scoring.feedback import counts
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.findings import finding

READERS = frozenset(
    {Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.SALES_LEAD, Role.ADMIN}
)


def decided_for(user: User) -> QuerySet[Disposition]:
    """Return the dispositions that stand and that ``user`` may count; 404 for other roles."""
    if user.role not in READERS:
        raise Http404
    rows = Disposition.objects.standing()
    if user.sees_everything:
        return rows
    return rows.filter(handoff__in=Handoff.objects.visible_to(user))


@login_required
@require_GET
def rejections(request: HttpRequest) -> HttpResponse:
    """Reason by source, rules by what followed, and the trend; each number opens its leads."""
    chosen = RejectionFilter(request.GET, queryset=decided_for(user_of(request)))
    rows = chosen.qs
    columns, reasons = counts.reason_by_source(rows)
    rules = counts.rule_counts(rows)
    top = counts.top_reasons(reasons)
    weeks = counts.rejected_by_week(rows, ZoneInfo(Organisation.current().zone))
    context = {
        "filter": chosen,
        "columns": columns,
        "reasons": reasons,
        "rules": [_rule_row(rule, top) for rule in rules],
        "top_reasons": top,
        "weeks": _points(weeks),
        "finding": finding(rows, columns, reasons),
        "reconstructed": chosen.data["evidence"] == Evidence.Kind.RECONSTRUCTED,
        "query": _query(chosen.data),
    }
    return render(request, "scoring/feedback/rejections.html", context)


@login_required
@require_GET
def rejected_leads(request: HttpRequest) -> HttpResponse:
    """The decided handoffs behind one number of the page before."""
    chosen = RejectionFilter(request.GET, queryset=decided_for(user_of(request)))
    rows = _behind(chosen.qs, request.GET)
    named = request.GET.get("named", "")
    page = keyset_page(
        rows.select_related("handoff__lead__company", "handoff__source", "reason", "decided_by"),
        order=("-decided_at", "-pk"),
        cursor=request.GET.get("cursor", ""),
    )
    reason = Reason.objects.filter(code=request.GET.get("reason", "")).first()
    context = {
        "page": page,
        "reason": reason,
        "rule": counts.rule_name(chosen.qs, request.GET.get("rule", "") or named),
        "is_named": bool(named),
        "query": _query(chosen.data),
    }
    return render(request, "scoring/feedback/leads.html", context)


def _behind(rows: QuerySet[Disposition], wanted: Mapping[str, str]) -> QuerySet[Disposition]:
    """Narrow to one cell: ``outcome``, ``reason``, ``rule`` and whether it had ``fired``.

    ``named`` is a rule that the SDR named as wrong.
    """
    if wanted.get("outcome") in Outcome.values:
        rows = rows.filter(outcome=wanted["outcome"])
    if wanted.get("reason"):
        rows = rows.filter(reason=wanted["reason"])
    if named := wanted.get("named", ""):
        # Text, because SQLite cannot ask whether a JSON list contains something.
        rows = rows.annotate(named=Cast("wrong_rules", TextField()))
        rows = rows.filter(named__contains=f'"{named}"')
    if rule := wanted.get("rule", ""):
        versions = rows.filter(handoff__evidence__isnull=False)
        masks = _masks(versions.values_list("handoff__evidence__version", flat=True), rule)
        bit = Case(
            *(
                When(
                    handoff__evidence__version=pk,
                    then=F("handoff__evidence__fired").bitand(mask),
                )
                for pk, mask in masks.items()
            ),
            default=Value(0),
            output_field=IntegerField(),
        )
        rows = rows.filter(handoff__evidence__version__in=masks).annotate(bit=bit)
        rows = rows.filter(bit=0) if wanted.get("fired") == "no" else rows.exclude(bit=0)
    return rows


def _masks(version_ids: QuerySet[Any, Any], key: str) -> dict[int, int]:
    """Return the rule's bit in each version that has the rule."""
    return {
        pk: 1 << place
        for pk, rules in counts.rules_by_version(version_ids.distinct().order_by()).items()
        for place, rule in enumerate(rules)
        if rule.key == key
    }


def _rule_row(rule: counts.RuleCount, top: Sequence[counts.ReasonRow]) -> dict[str, Any]:
    """Return what one line of the rules table shows, a ratio for each of the top reasons."""
    cells = [
        {"code": row.code, "ratio": ratio, "words": _between(ratio)}
        for row in top
        if (ratio := rule.reason_ratio(row.code)) is not None
    ]
    names = ("key", "name", "signal", "fired", "others", "has_enough", "named_wrong", "lift")
    shares = {"accepted_with": rule.accepted_with, "accepted_without": rule.accepted_without}
    return {
        **{name: getattr(rule, name) for name in names},
        **shares,
        "cells": cells,
        "blank_columns": 4 + len(top),
    }


def _between(ratio: Interval) -> str:
    return _("between %(low).1f and %(high).1f, n in the first column") % {
        "low": ratio.low,
        "high": ratio.high,
    }


def _points(weeks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the weeks as points of a chart, in per cent."""
    return [
        {
            "label": f"{week['monday']:%-d %b}",
            "value": 100 * week["share"].value,
            "low": 100 * week["share"].low,
            "high": 100 * week["share"].high,
            "n": week["n"],
            "shown": f"{100 * week['share'].value:.0f}",
        }
        for week in weeks
    ]


def _query(data: Mapping[str, Any]) -> str:
    """Return the filters as a query string that links carry on."""
    kept = {name: str(value) for name, value in data.items() if value and name != "cursor"}
    for name in ("reason", "rule", "fired", "named", "outcome"):
        kept.pop(name, None)
    return urlencode(sorted(kept.items()))
