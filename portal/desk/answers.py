"""What the desk answers once an act is over: what comes next, what is wrong, who was faster."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from leads.dispositions.errors import AlreadyDecided
from leads.handoffs.holding import Held
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.core.http import is_htmx, user_of
from portal.desk.dock import typed
from portal.desk.kept import kept_words
from portal.desk.opening import day_now
from portal.desk.page import Asked, show_desk
from portal.desk.queue import queue_of
from portal.desk.reach import whole


@dataclass(frozen=True)
class AtHand:
    """What of play mode the place of a decision shows while somebody else has the handoff."""

    held: Held


def following(user: User, handoff: Handoff, *, at: datetime) -> Handoff | None:
    """Return what stands after a handoff in the list of those who oversee it; ask before the act.

    None for an SDR: the desk itself opens, and claims, what is next for them.
    """
    return None if user.role == Role.SDR else queue_of(user, at=at).after(handoff)


def onward(after: Handoff | None) -> HttpResponse:
    """Go on once a handoff is decided or put aside: to ``after``, or to what the desk opens."""
    return redirect(after or "desk")


def came_back(
    request: HttpRequest, handoff: Handoff, asked: Asked, *, status: int = 422
) -> HttpResponse:
    """Show the desk again with what could not be carried out, and what was typed."""
    day = day_now(user_of(request))
    queue = queue_of(day.user, at=day.at, day=day)
    return show_desk(request, queue, whole(handoff), asked=asked, status=status)


def on_another_desk(request: HttpRequest, handoff: Handoff, held: Held) -> HttpResponse:
    """Say who has the handoff on the desk and until when; what was typed is kept.

    With script only the place of the decision is made anew: the case and the sheet stand there.
    """
    kept = typed(request.POST)
    if not is_htmx(request):
        asked = Asked(typed=kept, refusal=held)
        return came_back(request, handoff, asked, status=held.status)
    context = {
        "play": AtHand(held), "handoff": handoff, "refused": True, "kept": kept_words(kept),
        "next": True,
    }  # fmt: skip
    return in_place(request, "portal/desk/_held.html", context, held.status, "#decide", "outerHTML")


def too_late(
    request: HttpRequest,
    handoff: Handoff,
    taken: AlreadyDecided,
    *,
    outcome: str = "",
    after: Handoff | None = None,
) -> HttpResponse:
    """Say who was faster and when, keep what was typed, and offer what comes next.

    Nothing else of the desk is made anew for it. A form sent twice by the same person is one
    decision: it goes on as the first did.
    """
    first = taken.disposition
    if first.decided_by == user_of(request) and first.outcome == outcome:
        return onward(after)
    context = {"taken": taken, "handoff": handoff, "kept": kept_words(typed(request.POST))}
    if not is_htmx(request):
        answer = render(request, "portal/desk/taken.html", context, status=taken.status)
        return unkept(answer)
    context["part"] = True
    return in_place(request, "portal/desk/_taken.html", context, taken.status, "#lead", "innerHTML")


def in_place(
    request: HttpRequest, template: str, context: dict[str, Any], status: int, place: str, how: str
) -> HttpResponse:
    """Answer htmx with one part of the desk, for ``place`` whatever was asked for."""
    answer = unkept(render(request, template, context, status=status))
    answer["HX-Retarget"], answer["HX-Reswap"] = place, how
    return answer


def unkept(answer: HttpResponse) -> HttpResponse:
    """Mark an answer that differs for htmx and that nobody may keep."""
    patch_vary_headers(answer, ["HX-Request"])
    answer["Cache-Control"] = "private, no-store"
    return answer
