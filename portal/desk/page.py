"""The desk as one page or as its part: queue, case and dock, whatever was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from leads.dispositions.errors import AlreadyDecided, in_sentence
from leads.dispositions.models import Disposition
from leads.dispositions.touches import OUTCOMES, TOUCH_KINDS
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation, User
from portal.core.durations import duration_words
from portal.core.http import is_htmx, user_of
from portal.desk.case import Case, case_of
from portal.desk.dock import Dock, dock_of
from portal.desk.forms import new_token
from portal.desk.queue import Queue
from portal.desk.timeline import folded_words
from sla.clocks.shown import ClockView, clocks_for
from sla.clocks.states import State

UNDO = timedelta(seconds=12)  # the toast's ten seconds, and the way of the answer
RECENT = 50


@dataclass(frozen=True)
class Row:
    """One handoff of the queue with its nearest clock, in short words."""

    handoff: Handoff
    clock: ClockView | None

    @property
    def words(self) -> str:
        if self.clock is None:
            return ""
        is_over = self.clock.state == State.BREACHED
        return self.clock.words if is_over else duration_words(max(self.clock.left, 0))


@dataclass(frozen=True)
class Asked:
    """What came in by a form that could not be carried out; ``choice`` is accept or reject."""

    choice: str = ""
    form: Form | None = None
    typed: dict[str, str] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    taken: AlreadyDecided | None = None


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
    context = desk_context(user_of(request), queue, handoff, asked)
    template = "portal/desk/_desk.html" if part else "portal/desk/desk.html"
    response = render(request, template, context | {"part": part}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "private, no-store"
    if part and status == 200:
        response["HX-Push-Url"] = handoff.get_absolute_url() if handoff else reverse("desk")
    return response


def desk_context(user: User, queue: Queue, handoff: Handoff | None, asked: Asked) -> dict[str, Any]:
    """Gather what the desk shows at the queue's instant; a fixed number of queries."""
    at = queue.at
    ids = {one.pk for one in queue} | ({handoff.pk} if handoff else set())
    clocks = clocks_for(ids, at=at) if ids else {}
    case, dock = None, None
    if handoff is not None and asked.taken is None:
        case, dock = _case_and_dock(handoff, clocks.get(handoff.pk, []), user, at, asked)
    before, after = queue.neighbours(handoff) if handoff else (None, queue.first())
    recent = list(decided_today(user, at=at)[: RECENT + 1])
    return {
        "queue": queue,
        "bands": [(band, [_row(one, clocks) for one in band.rows]) for band in queue.bands],
        "handoff": handoff,
        "place": queue.place_of(handoff) if handoff else 0,
        "next": queue.after(handoff) if handoff else None,
        "before": before,
        "after": after,
        "case": case,
        "dock": dock,
        "asked": asked,
        "folded": folded_words(case.story.quiet) if case else "",
        "touch_kinds": TOUCH_KINDS,
        "outcomes": OUTCOMES,
        "token": new_token(),
        "recent": recent[:RECENT],
        "decided": f"{RECENT}+" if len(recent) > RECENT else str(len(recent)),
        "undo": undo_of(recent, at=at),
        "now": at,
    }


def _case_and_dock(
    handoff: Handoff, clocks: list[ClockView], user: User, at: datetime, asked: Asked
) -> tuple[Case, Dock | None]:
    case = case_of(handoff, clocks, reader=user, at=at)
    if not handoff.is_open:
        return case, None
    dock = dock_of(handoff, case.explanation, clocks, reader=user, at=at, ticked=asked.ticked)
    return case, dock


def _row(handoff: Handoff, clocks: dict[int, list[ClockView]]) -> Row:
    running = (one for one in clocks.get(handoff.pk, []) if one.is_running)
    return Row(handoff, next((one for one in running if one.state != State.PAUSED), None))


def decided_today(user: User, *, at: datetime) -> QuerySet[Disposition]:
    """Return this person's decisions of the organisation's day that count, the newest first."""
    local = at.astimezone(ZoneInfo(Organisation.current().zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Disposition.objects.standing().filter(decided_by=user, decided_at__gte=midnight)
    return rows.select_related("handoff__lead__owner", "reason").order_by("-decided_at", "-pk")


def undo_of(recent: list[Disposition], *, at: datetime) -> dict[str, str] | None:
    """Return the toast of the decision just made, while its effects still wait."""
    last = recent[0] if recent else None
    if last is None or last.decided_at is None or at - last.decided_at > UNDO:
        return None
    return {"text": done_words(last), "url": reverse("desk-undo", args=[last.pk])}


def done_words(disposition: Disposition) -> str:
    """Say what was done, in the words of the button that did it."""
    lead = disposition.handoff.lead.label
    if disposition.reason is None:
        return _("Accepted %(lead)s as SQL") % {"lead": lead}
    reason = in_sentence(disposition.reason.label)
    return _("Rejected %(lead)s, %(reason)s") % {"lead": lead, "reason": reason}
