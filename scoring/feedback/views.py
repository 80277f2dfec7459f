"""Rejections: what sales said no to, why, and which rule had let it through."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leads.dispositions.appeals import may_contest
from leads.dispositions.models import Reason
from portal.accounts.models import Organisation
from portal.core.http import user_of
from portal.core.intervals import Interval
from portal.core.paging import keyset_page
from portal.core.sheets import FORMATS, file_response
from scoring.feedback import counts, files
from scoring.feedback.behind import behind
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.findings import finding
from scoring.feedback.looking import Looking, decided_for, query_of


@login_required
@require_GET
def rejections(request: HttpRequest) -> HttpResponseBase:
    """Reason by source, rules by what followed, and the trend; each number opens its leads."""
    looking = Looking.by(request)
    chosen, decided = looking.filter, looking.everything
    columns, reasons = counts.reason_by_source(decided)
    rules = counts.rule_counts(decided, counts.named_wrong(looking.counted))
    top = counts.top_reasons(reasons)
    weeks = counts.rejected_by_week(decided, ZoneInfo(Organisation.current().zone))
    context = {
        "filter": chosen,
        "columns": columns,
        "reasons": reasons,
        "rules": [_rule_row(rule, top) for rule in rules],
        "top_reasons": top,
        "weeks": _points(weeks),
        "finding": finding(decided, columns, reasons),
        "reconstructed": looking.is_reconstructed,
        "query": looking.query,
    }
    return files.page_or_file(request, "rejections", context, files.rejections_sheets)


@login_required
@require_GET
def rejected_leads(request: HttpRequest) -> HttpResponseBase:
    """The decided handoffs behind one number of the page before."""
    chosen = RejectionFilter(request.GET, queryset=decided_for(user_of(request)))
    rows = behind(chosen.qs, request.GET).select_related(
        "handoff__lead__company", "handoff__source", "reason", "decided_by", "appeal"
    )
    form = request.GET.get(files.PARAMETER, "")
    if form in FORMATS:
        return file_response([files.leads_sheet(rows)], name="decided-handoffs", form=form)
    named = request.GET.get("named", "")
    page = keyset_page(
        rows,
        order=("-decided_at", "-pk"),
        cursor=request.GET.get("cursor", ""),
    )
    reason = Reason.objects.filter(code=request.GET.get("reason", "")).first()
    context = {
        "page": page,
        "reason": reason,
        "rule": counts.rule_name(
            chosen.qs, request.GET.get("rule", "") or request.GET.get("needed", "") or named
        ),
        "is_named": bool(named),
        "is_needed": bool(request.GET.get("needed")),
        "may_contest": may_contest(user_of(request)),
        "query": query_of(chosen.data),
    }
    return render(request, "scoring/feedback/leads.html", context)


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
