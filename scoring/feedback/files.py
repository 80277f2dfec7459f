"""The learning pages as files: the tables of each page, from what the page itself was given.

``?file=csv`` or ``?file=xlsx`` at a page's own address answers the file, filters included.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition
from portal.core.intervals import Interval
from portal.core.sheets import FORMATS, Sheet, file_response
from scoring.feedback.panels import Share

Context = Mapping[str, Any]
PARAMETER = "file"
ROWS_AT_ONCE = 500


def page_or_file(
    request: HttpRequest,
    page: str,
    context: dict[str, Any],
    sheets: Callable[[Context], list[Sheet]],
    *,
    status: int = 200,
) -> HttpResponseBase:
    """Answer the page, or its tables where a file is asked for."""
    form = request.GET.get(PARAMETER, "")
    if form not in FORMATS:
        return render(request, f"scoring/feedback/{page}.html", context, status=status)
    name = f"{page}-{timezone.localdate():%Y-%m-%d}"
    return file_response(sheets(context), name=name, form=form)


def _ends() -> list[str]:
    return [_("95 % from"), _("95 % to")]


def _of(share: Share) -> list[Any]:
    """Return n, hits, and the share with its interval where there is enough."""
    return [share.n, share.hits, *_between(share.share)]


def _between(found: Interval | None) -> list[float | None]:
    if found is None:
        return [None, None, None]
    return [round(part, 4) for part in (found.value, found.low, found.high)]


def _accepted() -> list[str]:
    return [_("Decided"), _("Accepted"), _("Share accepted"), *_ends()]


def scoring_sheets(context: Context) -> list[Sheet]:
    """Return rules, bands, grades and how many came close to the gate."""
    rules = [
        [one.name, one.signal, *_of(one.with_it), *_of(one.without), *_between(one.ratio),
         *_between(one.odds), one.q, one.is_telling, one.won.hits, one.named_wrong]
        for one in context["rules"]
    ]  # fmt: skip
    bands = [[one.label, *_of(one.accepted), *_of(one.won)[1:]] for one in context["bands"]]
    grades = [
        [name, *_of(accepted), *_of(won)[1:]]
        for _fit, cells in context["grades"]
        for name, accepted, won in cells
    ]
    won = [_("Won"), _("Share won"), *_ends()]
    found = [
        Sheet(
            _("Rules"),
            [_("Rule"), _("Signal"), *_accepted(), *_without(), _("Ratio"), *_ends(),
             _("Odds, others held"), *_ends(), _("q"), _("More than chance"), _("Won"),
             _("Named wrong")],
            rules,
        ),
        Sheet(_("Score bands"), [_("Total"), *_accepted(), *won], bands),
        Sheet(_("Grades"), [_("Grade"), *_accepted(), *won], grades),
    ]  # fmt: skip
    if context["near"] is not None:
        near, inside, above = context["near"]
        rows = [[_("Near the gate"), *_of(near)], [_("Accepted near it"), *_of(inside)],
                [_("Accepted above"), *_of(above)]]  # fmt: skip
        heads = ["", _("n"), _("Number"), _("Share"), *_ends()]
        found.append(Sheet(_("Close to the gate"), heads, rows))
    return found


def _without() -> list[str]:
    return [_("%s without") % one for one in _accepted()]


def together_sheets(context: Context) -> list[Sheet]:
    """Return signals, pairs of rules, and rules at each source."""
    words = context["signal_words"]
    signals = [
        [words.get(one.signal, one.signal), one.count, one.is_more, *_of(one.accepted)]
        for one in context["signals"]
    ]
    pairs = [
        [one.first.name, one.second.name, *_of(one.both), *_of(one.others),
         round(one.overlap, 4), *_between(one.ratio)]
        for one in context["pairs"]
    ]  # fmt: skip
    sources = {pk: name for pk, name, _share in context["columns"]}
    cells = [
        [rule.name, sources[one.source], *_of(one.accepted), one.ratio]
        for rule, row in context["rows"]
        for one in row
    ]
    return [
        Sheet(_("Signals"), [_("Signal"), _("Fired"), _("or more"), *_accepted()], signals),
        Sheet(_("Pairs"), [_("Rule"), _("and"), *_accepted(), *_without(), _("Overlap"),
                           _("Ratio"), *_ends()], pairs),
        Sheet(_("Rules by source"), [_("Rule"), _("Source"), *_accepted(),
                                     _("Rejected to expected")], cells),
    ]  # fmt: skip


def drift_sheets(context: Context) -> list[Sheet]:
    """Return totals and acceptance over time, and how often each fact was known."""
    heads = [_("From"), _("n"), _("Value"), *_ends()]
    fill = [[one.label, *_of(share)] for one, share in context["fill"]]
    return [
        Sheet(_("Mean total"), heads, _marks(context["totals"])),
        Sheet(_("Accepted, per cent"), heads, _marks(context["accepted"])),
        Sheet(_("Known at handoff"), [_("Fact"), _("Handoffs"), _("Known"), _("Share"), *_ends()],
              fill),
    ]  # fmt: skip


def _marks(points: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [[p["label"], p["n"], p["value"], p.get("low"), p.get("high")] for p in points]


def causes_sheets(context: Context) -> list[Sheet]:
    """Return the rules behind each reason, and what would be without each rule."""
    behind = [
        [reason.label, reason.n, one.rule.name, one.fired, round(one.share, 4),
         round(one.base, 4), *_between(one.ratio), one.q]
        for reason in context["reasons"]
        for one in reason.causes
    ]  # fmt: skip
    without = [
        [one.rule.name, one.rejected, one.accepted,
         ", ".join(f"{label} {n}" for _code, label, n in reasons)]
        for one, reasons in context["without"]
    ]  # fmt: skip
    return [
        Sheet(_("Rules behind reasons"),
              [_("Reason"), _("Rejected"), _("Rule"), _("Fired"), _("Share"), _("Among others"),
               _("Ratio"), *_ends(), _("q")], behind),
        Sheet(_("Without one rule"),
              [_("Rule"), _("Rejected, not sent"), _("Accepted, not sent"), _("Reasons")],
              without),
    ]  # fmt: skip


def quality_sheets(context: Context) -> list[Sheet]:
    """Return reasons by person, second opinions and appeals."""
    people = [
        [one.name, one.decided, one.rejected, *_between(one.other), one.bits, label, times,
         one.timed, one.quick, *_between(one.quick_share)]
        for one, label, times in context["people"]
    ]  # fmt: skip
    opinions, appeals = context["agreement"], context["quality"].appeals
    return [
        Sheet(_("Reasons by person"),
              [_("Person"), _("Decided"), _("Rejected"), _("Share of other"), *_ends(),
               _("Variety, bits"), _("Commonest"), _("Times"), _("Timed"),
               _("Under three seconds"), _("Share"), *_ends()], people),
        Sheet(_("Second opinions"), [_("Given"), _("Rejected, too"), _("Same reason"),
                                     _("Kappa"), *_ends()],
              [[opinions.n, opinions.rejected, opinions.same_reason, *_between(opinions.kappa)]]),
        Sheet(_("Contested"), [_("Contested"), _("Granted"), _("Refused"), _("Waiting")],
              [[appeals.contested, appeals.granted, appeals.refused, appeals.waiting]]),
    ]  # fmt: skip


def rejections_sheets(context: Context) -> list[Sheet]:
    """Return reasons by source, rules, and the weeks."""
    columns, top = context["columns"], context["top_reasons"]
    decided = [[one.name or _("unknown"), one.decided, one.rejected, *_between(one.share)]
               for one in columns]  # fmt: skip
    cells = [[one.label, *[cell.count for cell in one.cells], one.total]
             for one in context["reasons"]]  # fmt: skip
    rules = [
        [one["name"], one["fired"], *_between(one["accepted_with"]), one["others"],
         *_between(one["accepted_without"]), *_between(one["lift"]), one["named_wrong"]]
        for one in context["rules"]
    ]  # fmt: skip
    ratios = [
        [one["name"], labels[cell["code"]], *_between(cell["ratio"])]
        for labels in [{row.code: row.label for row in top}]
        for one in context["rules"]
        for cell in one["cells"]
    ]
    names = [one.name or _("unknown") for one in columns]
    return [
        Sheet(_("Sources"), [_("Source"), _("Decided"), _("Rejected"), _("Share"), *_ends()],
              decided),
        Sheet(_("Reason by source"), [_("Reason"), *names, _("All")], cells),
        Sheet(_("Rules"), [_("Rule"), _("Fired"), _("Share accepted"), *_ends(), _("Without"),
                           _("Share accepted"), *_ends(), _("Lift"), *_ends(), _("Named wrong")],
              rules),
        Sheet(_("Rules by reason"), [_("Rule"), _("Reason"), _("Ratio"), *_ends()], ratios),
        Sheet(_("Rejected by week, per cent"), [_("From"), _("n"), _("Value"), *_ends()],
              _marks(context["weeks"])),
    ]  # fmt: skip


def amendment_sheets(context: Context) -> list[Sheet]:
    """Return what is proposed and what was answered, each with its argument, and what is thin."""
    heads = [_("Definition"), _("Version"), _("Kind"), _("Change"), _("Was"), _("Would be"),
             _("n"), _("Argument"), _("Proposed"), _("State"), _("Words")]  # fmt: skip
    proposed, answered = (
        [[one["definition"], one["row"].version.number, one["row"].get_kind_display(),
          one["subject"], one["old"], one["new"], one["row"].n, " ".join(one["says"]),
          one["row"].proposed_at, one["row"].get_state_display(), one["row"].words]
         for one in context[name]]
        for name in ("amendments", "answered")
    )  # fmt: skip
    return [
        Sheet(_("Amendments"), heads, proposed),
        Sheet(_("Answered before"), heads, answered),
        Sheet(_("Too little data"), [_("Definition"), _("Rule"), _("With it"), _("Without")],
              context["too_little"]),
    ]  # fmt: skip


def leads_sheet(rows: Any) -> Sheet:
    """Return every decided handoff of the list, newest first, read in batches."""
    heads = [_("Lead"), _("Company"), _("Source"), _("Decision"), _("Reason"), _("By"), _("When"),
             _("Note")]  # fmt: skip
    return Sheet(_("Decided handoffs"), heads, _lead_rows(rows))


def _lead_rows(rows: Any) -> Iterator[Sequence[Any]]:
    ordered = rows.order_by("-decided_at", "-pk")
    one: Disposition
    for one in ordered.iterator(chunk_size=ROWS_AT_ONCE):
        handoff = one.handoff
        yield [
            handoff.lead.label, str(handoff.lead.company or ""), str(handoff.source or ""),
            one.get_outcome_display(), str(one.reason or ""), str(one.decided_by or ""),
            one.decided_at, one.note,
        ]  # fmt: skip
