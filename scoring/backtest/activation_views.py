"""The activation report: who moved when a version came into force."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leads.database.models import Gate, Lead
from leads.handoffs.models import Release
from portal.accounts.models import User
from portal.agreements.pages import find_version
from portal.core.http import user_of
from portal.core.paging import keyset_page
from portal.core.sheets import FORMATS, Sheet, file_response
from scoring.backtest.models import ActivationMove, ActivationReport
from scoring.backtest.views import READERS, frame
from scoring.definitions.services import KIND

GATES = ("mql", "sales_ready", "fast_track")


@login_required
@require_safe
def activation(request: HttpRequest, number: int) -> HttpResponseBase:
    """Counts by gate and grade, what waits for release, and the leads that moved."""
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    version = find_version(KIND, number)
    report = ActivationReport.objects.filter(version=version).select_related("before").first()
    context = frame(version, "") | {"report": report, "reads_leads": True}
    if report is not None:
        context |= _told(report)
        rows, chosen = _chosen(report, request.GET, user)
        if (form := request.GET.get("format", "")) in FORMATS:
            return file_response([_sheet(rows)], name=f"activation-v{number}", form=form)
        page = keyset_page(rows, order=("pk",), cursor=request.GET.get("cursor", ""))
        context |= {"page": page, "chosen": chosen}
    return render(request, "scoring/backtest/activation.html", context)


def _told(report: ActivationReport) -> dict[str, Any]:
    counts, grades = report.summary.get("gates", {}), report.summary.get("grades", {})
    labels = {"mql": _("MQL"), "sales_ready": _("Sales-ready"), "fast_track": _("The fast track")}
    gates = [
        {"gate": gate, "label": labels[gate]}
        | {name: counts.get(f"{gate} {name}", 0) for name in ("was", "now", "enters", "leaves")}
        for gate in GATES
    ]
    pairs = [(*pair.split(" "), n) for pair, n in grades.items()]
    moves = [{"was": was, "now": now, "n": n} for was, now, n in pairs]
    return {
        "gates": gates,
        "grades": sorted(moves, key=lambda move: -move["n"])[:12],
        "queued": report.summary.get("queued", 0),
        "waiting": Release.objects.waiting().filter(cause=Release.Cause.ACTIVATION).count(),
    }


def _chosen(
    report: ActivationReport, wanted: Any, user: User
) -> tuple[QuerySet[ActivationMove], str]:
    """Return the moves wanted, and what they are called."""
    rows, words = report.moves.all(), _("Everybody who moved")
    if wanted.get("gate") in GATES:
        bit = int(Gate[wanted["gate"].upper()])
        rows = rows.alias(was=F("was_gates").bitand(bit), now=F("now_gates").bitand(bit))
        leaves = wanted.get("way") == "leaves"
        rows = rows.filter(was=bit, now=0) if leaves else rows.filter(was=0, now=bit)
        words = _("Leave the gate") if leaves else _("Enter the gate")
    elif len(wanted.get("was", "") + wanted.get("now", "")) in {2, 4}:
        rows = rows.filter(~Q(was_grade=F("now_grade")), was_grade=wanted.get("was", "")[:2],
                           now_grade=wanted.get("now", "")[:2])  # fmt: skip
        words = _("Change their grade")
    if not user.sees_everything:
        rows = rows.filter(lead__in=Lead.objects.visible_to(user))
    return rows.select_related("lead__company", "lead__source"), words


def _sheet(rows: QuerySet[ActivationMove]) -> Sheet:
    columns = [_("Lead"), _("E-mail"), _("Company"), _("Total before"), _("Total now"),
               _("Grade before"), _("Grade now"), _("Gates before"), _("Gates now")]  # fmt: skip
    return Sheet(_("Activation"), columns, map(_cells, rows.order_by("pk").iterator(2000)))


def _cells(row: ActivationMove) -> list[Any]:
    lead = row.lead
    return [lead.label, lead.email, str(lead.company or ""), row.was_total, row.now_total,
            row.was_grade, row.now_grade, _gates(row.was_gates), _gates(row.now_gates)]  # fmt: skip


def _gates(bits: int) -> str:
    return ", ".join(str(gate.label) for gate in Gate if bits & gate)
