"""The desk as one page or as its part: queue, case and dock, whatever was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from leads.dispositions.call_sheet import StaleSheet
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.http import is_htmx, user_of
from portal.desk.case import Case, case_of
from portal.desk.decided import own_last, today_of, undo_of
from portal.desk.dock import Dock, dock_of
from portal.desk.forms import new_token
from portal.desk.kept import kept_words
from portal.desk.put_aside import play_of
from portal.desk.queue import Queue
from portal.desk.rows import asleep_of, rows_of
from portal.desk.sheet import Sheet, sheet_for
from portal.desk.timeline import folded_words
from portal.desk.touching import touch_kinds, touch_outcomes
from sla.clocks.shown import ClockView, clocks_for


@dataclass(frozen=True)
class Asked:
    """What came in by a form that could not be carried out; ``choice`` is accept or reject."""

    choice: str = ""
    form: Form | None = None
    typed: dict[str, str] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    stale: StaleSheet | None = None
    refusal: DomainError | None = None
    not_saved: str = ""  # why the call sheet was not
    has_logged: bool = False


def show_desk(
    request: HttpRequest,
    queue: Queue,
    handoff: Handoff | None,
    *,
    asked: Asked | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with the desk; to htmx with its part, under the address it stands for."""
    asked, part = asked or Asked(choice=request.GET.get("choose", "")), is_htmx(request)
    everything = "today" in request.GET
    context = desk_context(user_of(request), queue, handoff, asked, everything=everything)
    template = "portal/desk/_desk.html" if part else "portal/desk/desk.html"
    response = render(request, template, context | {"part": part}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "private, no-store"
    if part and status == 200:
        response["HX-Push-Url"] = handoff.get_absolute_url() if handoff else reverse("desk")
    return response


def desk_context(
    user: User, queue: Queue, handoff: Handoff | None, asked: Asked, *, everything: bool = False
) -> dict[str, Any]:
    """Gather what the desk shows at the queue's instant; a fixed number of queries.

    ``everything`` shows all that was decided today, not only the newest.
    """
    at = queue.at
    this = {handoff.pk} if handoff else set()
    rows = {one.pk for one in [*queue, *queue.asleep]} - this
    clocks = clocks_for(this, at=at, nearest_of=rows) if this or rows else {}
    case, dock = None, None
    if handoff is not None:
        case, dock = _case_and_dock(handoff, clocks.get(handoff.pk, []), user, at, asked)
    before, after = queue.neighbours(handoff) if handoff else (None, queue.first())
    today = today_of(user, at=at, everything=everything)
    return {
        "queue": queue,
        "bands": rows_of(queue, clocks, user),
        "asleep": asleep_of(queue, clocks),
        "play": play_of(handoff, queue.day) if handoff else None,
        "handoff": handoff,
        "place": queue.place_of(handoff) if handoff else 0,
        "next": queue.after(handoff) if handoff else None,
        "before": before,
        "after": after,
        "case": case,
        "dock": dock,
        "sheet": _sheet(handoff, asked) if case else None,
        "asked": asked,
        "kept": kept_words(asked.typed) if asked.refusal else "",
        "folded": folded_words(case.story.quiet) if case else "",
        "touch_kinds": touch_kinds(),
        "outcomes": touch_outcomes(),
        "token": new_token(),
        "recent": today.shown,
        "decided": today.count,
        "more_decided": today.has_more,
        "everything": everything,
        "undo": undo_of(today.shown, user, at=at),
        "own_last": own_last(today.shown, user),
        "now": at,
    }


def _case_and_dock(
    handoff: Handoff, clocks: list[ClockView], user: User, at: datetime, asked: Asked
) -> tuple[Case, Dock | None]:
    case = case_of(handoff, clocks, reader=user, at=at)
    if not handoff.is_open:
        return case, None
    dock = dock_of(
        handoff,
        case.explanation,
        clocks,
        reader=user,
        at=at,
        ticked=asked.ticked,
        recycle_on=asked.typed.get("recycle_on", ""),
    )
    return case, dock


def _sheet(handoff: Handoff | None, asked: Asked) -> Sheet | None:
    if handoff is None:
        return None
    return sheet_for(
        handoff,
        stale=asked.stale,
        typed=asked.typed,
        refusal=asked.not_saved,
        asks_for_more=asked.choice == "accept" and asked.form is not None,
    )
