"""The team board: what runs out, what waits, who has room; and passing handoffs on."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from leads.database.presence import present_on
from leads.handoffs.models import Handoff
from leads.routing.passing import NeedsWord, pass_on
from leads.routing.passing_back import pass_back, passes_of
from leads.tasks.leaving import left_follow_ups, left_leads
from portal.accounts.models import Membership, Team, User
from portal.core.errors import DomainError
from portal.core.http import is_htmx, user_of
from portal.dashboards.board import IN_SHORT, NOW, TITLES, Board, read_board, teams_of
from portal.dashboards.forms import LONGEST_KEY, PassOnForm, sentence_of
from portal.dashboards.undoing import undo_of
from portal.events.models import Event

MOST_TEAMS = 200
REMEMBERED = "team"
Refusal = dict[str, Any]


def team_lead(request: HttpRequest) -> User:
    """Return who asks, if they lead a team or are an admin; everybody else finds nothing."""
    user = user_of(request)
    if not user.manages_sales:
        raise Http404
    return user


def team_for(request: HttpRequest, team_id: int) -> Team:
    """Return one of the teams that this person answers for; another one is not there."""
    return get_object_or_404(teams_of(team_lead(request)), pk=team_id)


@login_required
@require_GET
@vary_on_headers("HX-Request")
def team(request: HttpRequest) -> HttpResponse:
    """The board of the team that was looked at last, or of the first by name."""
    teams = teams_of(team_lead(request))
    last: int = request.session.get(REMEMBERED) or 0
    chosen = teams.filter(pk=last).first() or teams.order_by("name", "pk").first()
    if chosen is None:
        return render(request, "portal/dashboards/no_team.html")
    return _show(request, chosen, request.GET)


@login_required
@require_GET
@vary_on_headers("HX-Request")
def team_board(request: HttpRequest, team_id: int) -> HttpResponse:
    """The board of one team, or only what changes on it when htmx asks."""
    chosen = team_for(request, team_id)
    if request.session.get(REMEMBERED) != chosen.pk:
        request.session[REMEMBERED] = chosen.pk
    return _show(request, chosen, request.GET)


@login_required
@require_POST
def team_pass_on(request: HttpRequest, team_id: int) -> HttpResponse:
    """Pass the ticked handoffs on to one member; a refusal keeps what was ticked."""
    user, chosen = user_of(request), team_for(request, team_id)
    form = PassOnForm(request.POST, team=chosen)
    if not form.is_valid():
        refusal = {"text": sentence_of(form), "status": HTTPStatus.UNPROCESSABLE_ENTITY}
        return _show(request, chosen, request.POST, refusal=refusal)
    wishes = _wishes(chosen, form)
    to, anyway = form.cleaned_data["to"], form.cleaned_data["anyway"]
    try:
        passed = pass_on(
            team=chosen, wishes=wishes, to=to, by=user, at=timezone.now(), anyway=anyway
        )
    except DomainError as told:
        insist = isinstance(told, NeedsWord)
        refusal = {"text": str(told), "status": told.status, "insist": insist, "to": to}
        return _show(request, chosen, request.POST, refusal=refusal | {"keys": form.keys})
    if passed.missed:
        messages.info(request, _missed(len(passed.missed)))
    if is_htmx(request):
        return _show(request, chosen, request.POST)
    return redirect(_address(chosen, request.POST))


@login_required
@require_POST
def team_pass_back(request: HttpRequest, team_id: int, event_id: int) -> HttpResponse:
    """Take back what this person passed on by one act."""
    user, chosen = user_of(request), team_for(request, team_id)
    rows = Event.objects.filter(kind="handoff.routed", actor=user)
    event = get_object_or_404(rows, pk=event_id)
    ids = [one.subject_id for one in passes_of(event)]
    if not Handoff.objects.filter(team=chosen, pk__in=ids).exists():
        raise Http404
    back = pass_back(team=chosen, event=event, by=user, at=timezone.now())
    count = len(back)
    told = ngettext("Taken back: %(lead)s.", "Taken back: %(count)d handoffs.", count)
    messages.success(request, told % {"lead": back[0].lead.label, "count": count})
    return redirect("team-board", chosen.pk)


def _wishes(chosen: Team, form: PassOnForm) -> dict[int, int | None]:
    """Return the wanted handoffs of this team by id. Another team's are not there."""
    wanted = form.wishes()
    if wanted is None:
        raise Http404
    rows = Handoff.objects.live().filter(team=chosen, public_id__in=list(wanted))
    found = {public_id: pk for pk, public_id in rows.values_list("pk", "public_id")}
    if len(found) < len(wanted):
        raise Http404
    return {found[public_id]: owner for public_id, owner in wanted.items()}


def _missed(count: int) -> str:
    told = ngettext(
        "%(count)d was decided in between and stays where it is.",
        "%(count)d were decided in between and stay where they are.",
        count,
    )
    return told % {"count": count}


def _show(
    request: HttpRequest, chosen: Team, asked: QueryDict, *, refusal: Refusal | None = None
) -> HttpResponse:
    """Answer the board as ``asked`` (an address's query, or the same posted) wants it."""
    board = _read(chosen, asked, ticked=refusal is not None)
    leads = {row.handoff.lead_id for group in board.groups for row in group.rows}
    context = {
        "board": board,
        "present": present_on(leads, at=board.at, but=user_of(request)),
        "now": board.at,
        "tabs": _tabs(board),
        "asked": {name: asked.get(name, "") for name in ("list", "person", "cursor")},
        "refusal": refusal,
        "address": reverse("team-board", args=[chosen.pk]),
        "undo": undo_of(user_of(request), chosen, at=board.at),
        "left": left_leads(chosen).count() + left_follow_ups(chosen).count(),
    }
    status = refusal["status"] if refusal else HTTPStatus.OK
    if is_htmx(request):
        return render(request, "portal/dashboards/_board_part.html", context, status=status)
    context["teams"] = teams_of(user_of(request)).order_by("name")[:MOST_TEAMS]
    return render(request, "portal/dashboards/team.html", context, status=status)


def _read(chosen: Team, asked: QueryDict, *, ticked: bool) -> Board:
    view, person = asked.get("list", ""), asked.get("person", "")
    keys = asked.getlist("handoff") if ticked else []
    member = None
    if person.isdecimal() and len(person) < LONGEST_KEY:
        rows = Membership.objects.filter(team=chosen, user=int(person))
        member = rows.select_related("user").first()
    return read_board(
        chosen,
        at=timezone.now().replace(microsecond=0),
        view=view if view in TITLES else NOW,
        person=member,
        cursor=asked.get("cursor", ""),
        people_cursor=asked.get("people", ""),
        ticked=frozenset(key.partition("~")[0] for key in keys),
    )


def _tabs(board: Board) -> list[dict[str, Any]]:
    return [
        {
            "url": f"?list={name}" if name != NOW else "?",
            "label": label,
            "count": board.totals[name],
            "current": board.person is None and name == board.view,
        }
        for name, label in IN_SHORT.items()
    ]


def _address(chosen: Team, asked: QueryDict) -> str:
    query = QueryDict(mutable=True)
    query.update({name: asked.get(name, "") for name in ("list", "person") if asked.get(name)})
    address = reverse("team-board", args=[chosen.pk])
    return f"{address}?{query.urlencode()}" if query else address
