"""How much each member of a team takes, on which days, and when they are away."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leads.routing.absence import AbsenceChanged, Moving, come_back, foresee, go_away, span_of
from leads.routing.members import ChangedMeanwhile, Terms, change_members
from portal.accounts.models import Membership, Role, Team
from portal.core.errors import DomainError
from portal.core.http import user_of
from portal.core.paging import Page, keyset_page
from portal.dashboards.forms import AwayForm, TermsForm, read_span, week, write_span
from portal.dashboards.people import ORDER, PEOPLE, day_of
from portal.dashboards.team import team_for

GET_OR_POST = ["GET", "POST"]
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@login_required
@require_http_methods(GET_OR_POST)
def team_members(request: HttpRequest, team_id: int) -> HttpResponse:
    """Caps, weights and the rota of the whole team, as one table that is saved at once."""
    team = team_for(request, team_id)
    page = _members(team, request.GET.get("cursor", ""))
    forms = [TermsForm(request.POST or None, place=place) for place in page]
    if request.method != "POST":
        return _grid(request, team, page, forms)
    if not all(form.is_valid() for form in forms):
        return _grid(request, team, page, forms, status=UNPROCESSABLE)
    try:
        changed = change_members(
            team_id=team.pk,
            wanted={form.place.pk: form.terms() for form in forms},
            seen={form.place.pk: form.terms_seen() for form in forms},
            by=user_of(request),
            at=timezone.now(),
        )
    except ChangedMeanwhile as told:
        fresh = [
            TermsForm(request.POST, place=form.place, seen=Terms.of(form.place)) for form in forms
        ]
        return _grid(request, team, page, fresh, status=told.status, told=told)
    messages.success(request, _saved(len(changed)))
    return redirect("team-members", team.pk)


def _members(team: Team, cursor: str) -> Page[Membership]:
    rows = Membership.objects.filter(team=team, user__role=Role.SDR, user__is_active=True)
    return keyset_page(rows.select_related("user"), order=ORDER, cursor=cursor, size=PEOPLE)


def _grid(
    request: HttpRequest,
    team: Team,
    page: Page[Membership],
    forms: Sequence[TermsForm],
    *,
    status: int = HTTPStatus.OK,
    told: ChangedMeanwhile | None = None,
) -> HttpResponse:
    at = timezone.now()
    whole = sum(place.weight for place in page if place.takes_handoffs) or 1
    rows = [
        {
            "form": form,
            "place": form.place,
            "is_away": form.place.is_away(at),
            "will_be_away": bool(form.place.away_until and form.place.away_until > at),
            "leaves_on": day_of(form.place.away_from),
            "returns_on": day_of(form.place.away_until),
            "share": form.place.weight / whole if form.place.takes_handoffs else None,
        }
        for form in forms
    ]
    days = week()
    context = {
        "team": team,
        "rows": rows,
        "page": page,
        "week": days,
        "empty_days": _nobody_on(forms, days),
        "told": told,
        "is_wrong": status == UNPROCESSABLE,
        "now": at,
    }
    return render(request, "portal/dashboards/members.html", context, status=status)


def _nobody_on(forms: Sequence[TermsForm], days: Sequence[Any]) -> list[str]:
    """Return the weekdays on which nobody who takes handoffs is on the rota."""
    taking = [form.place for form in forms if form.place.takes_handoffs]
    return [
        str(day["name"])
        for number, day in enumerate(days)
        if taking and not any(place.is_on_rota(number) for place in taking)
    ]


def _saved(count: int) -> str:
    if not count:
        return _("Nothing was changed.")
    return ngettext("Saved for %(n)d person.", "Saved for %(n)d people.", count) % {"n": count}


def _member(team: Team, member_id: int) -> Membership:
    """Return a member who takes handoffs, or once did: absences are written down for them."""
    rows = Membership.objects.filter(Q(user__role=Role.SDR) | Q(away_until__isnull=False))
    return get_object_or_404(rows.select_related("user", "team"), team=team, pk=member_id)


@login_required
@require_http_methods(GET_OR_POST)
def team_away(request: HttpRequest, team_id: int, member_id: int) -> HttpResponse:
    """Write down when a member is away, having read what becomes of what is open with them."""
    team, at = team_for(request, team_id), timezone.now()
    place = _member(team, member_id)
    if request.method != "POST":
        return _away_page(request, place, AwayForm(initial=_away_initial(place)))
    form = AwayForm(request.POST)
    seen = form.span_seen() if form.is_valid() else None
    if seen is None:
        return _away_page(request, place, form, status=UNPROCESSABLE)
    try:
        moving = go_away(
            place=place,
            away_from=form.away_from(),
            away_until=form.away_until(),
            keeps=form.cleaned_data["keeps"],
            seen=seen,
            by=user_of(request),
            at=at,
        )
    except AbsenceChanged as told:
        return _away_page(request, told.place, form, status=told.status, told=str(told))
    except DomainError as refusal:
        form.add_error("back", str(refusal))
        return _away_page(request, place, form, status=refusal.status)
    messages.success(request, _away_told(place, moving))
    return redirect("team-board", team.pk)


@login_required
@require_POST
def team_back(request: HttpRequest, team_id: int, member_id: int) -> HttpResponse:
    """Say that a member is back, or will not go."""
    team = team_for(request, team_id)
    place = _member(team, member_id)
    seen = read_span(request.POST.get("seen", ""))
    span = span_of(place, at=timezone.now()) if seen is None else seen
    come_back(place=place, seen=span, by=user_of(request), at=timezone.now())
    told = _("%(who)s is back. What moved stays where it is.") % {"who": place.user}
    messages.success(request, told)
    return redirect("team-board", team.pk)


def _away_initial(place: Membership) -> dict[str, Any]:
    starts, until = span_of(place, at=timezone.now())
    return {
        "starts": timezone.localdate(starts) if starts else timezone.localdate(),
        "back": timezone.localdate(until) if until else None,
        "keeps": "yes" if until and place.hands_over_at is None else "no",
    }


def _away_page(
    request: HttpRequest,
    place: Membership,
    form: AwayForm,
    *,
    status: int = HTTPStatus.OK,
    told: str = "",
) -> HttpResponse:
    at = timezone.now()
    span = span_of(place, at=at)
    context = {
        "place": place,
        "team": place.team,
        "form": form,
        "moving": foresee(place, at=at),
        "seen": write_span(span),
        "is_away": place.is_away(at),
        "is_planned": span != (None, None),
        "leaves_on": day_of(span[0]),
        "returns_on": day_of(span[1]),
        "told": told,
        "now": at,
    }
    return render(request, "portal/dashboards/away.html", context, status=status)


def _away_told(place: Membership, moving: Moving | None) -> str:
    words: dict[str, Any] = {"who": place.user}
    if moving is None:
        return _("The absence of %(who)s is written down. Clocks run on.") % words
    words |= {"moves": moving.moves, "people": moving.people, "waits": moving.waits}
    if moving.waits:
        return _("%(who)s is away. %(moves)d handoffs went to colleagues, %(waits)d wait for "
                 "somebody. Clocks run on.") % words  # fmt: skip
    return _("%(who)s is away. %(moves)d handoffs went to colleagues. Clocks run on.") % words
