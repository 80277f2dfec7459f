"""Rejection reviews as people hold them: start one, go through it, read what came out."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.dispositions.models import Disposition, Outcome
from portal.accounts.models import Side, User
from portal.core.errors import Conflict, DomainError
from portal.core.http import user_of
from portal.core.paging import keyset_page
from scoring.feedback.behind import behind
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.looking import READERS, decided_for
from scoring.reviewing.forms import StartForm, ballots, said_in
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote
from scoring.reviewing.services import MOST, Said, StaleVote, may_vote, start_review, vote
from scoring.reviewing.tally import Row, first_place, next_place, rows_for
from scoring.reviewing.then import known_then, tried_then


def reader_of(request: HttpRequest) -> User:
    """Return who asks; 404 for roles that do not read what is learned."""
    user = user_of(request)
    if user.role not in READERS:
        raise Http404
    return user


def _chosen(user: User, query: str) -> tuple[RejectionFilter, QuerySet[Disposition]]:
    """Return the rejections of a filter as it stands in an address, cells of a page included."""
    given = QueryDict(query[:500])
    chosen = RejectionFilter(given, queryset=decided_for(user))
    rows = behind(chosen.qs, given).filter(outcome=Outcome.REJECTED)
    return chosen, rows


@login_required
@require_GET
def rejection_reviews(request: HttpRequest) -> HttpResponse:
    """The reviews so far, and the form that starts one over the rejections of a filter."""
    return _list(request, reader_of(request))


def _list(
    request: HttpRequest, user: User, *, form: StartForm | None = None, wrong: str = ""
) -> HttpResponse:
    query = request.POST.get("query", request.GET.urlencode())
    chosen, rows = _chosen(user, query)
    n = rows.order_by()[: MOST + 1].count()
    title = _("Rejections of %s") % date_format(timezone.localtime(), "j F Y")
    page = keyset_page(
        RejectionReview.objects.select_related("started_by").annotate(
            n=Count("handoffs", distinct=True),
            m_votes=Count("handoffs__votes", filter=Q(handoffs__votes__side=Side.MARKETING)),
            s_votes=Count("handoffs__votes", filter=Q(handoffs__votes__side=Side.SALES)),
        ),
        order=("-started_at", "-pk"),
        cursor=request.GET.get("cursor", ""),
        size=20,
    )
    context = {
        "page": page,
        "filter": chosen,
        "query": query,
        "n": min(n, MOST),
        "has_more": n > MOST,
        "most": MOST,
        "form": form or StartForm(initial={"title": title}),
        "wrong": wrong,
    }
    is_wrong = wrong or (form is not None and form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "scoring/reviewing/reviews.html", context, status=status)


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a review of the newest rejections of a filter; its first handoff opens."""
    user = reader_of(request)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _list(request, user, form=form)
    query = request.POST.get("query", "")
    try:
        review = start_review(
            _chosen(user, query)[1],
            title=form.cleaned_data["title"],
            is_apart=bool(form.cleaned_data["is_apart"]),
            query=query,
            by=user,
            at=timezone.now(),
        )
    except DomainError as refused:
        return _list(request, user, form=form, wrong=str(refused))
    return redirect("rejection-review-handoff", pk=review.pk, place=1)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def handoff(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """One rejected handoff with everything known then; a post is a vote, then the next opens."""
    user = reader_of(request)
    item = get_object_or_404(
        ReviewedHandoff.objects.visible_to(user).select_related(
            "review", "disposition__handoff__lead__company", "disposition__handoff__source",
            "disposition__handoff__campaign", "disposition__reason", "disposition__decided_by",
            "disposition__appeal__made_by",
        ),
        review=pk,
        place=place,
    )  # fmt: skip
    if request.method != "POST":
        return _show(request, item, user)
    sides = may_vote(user, item.review)
    said = said_in(request.POST, Side.values)
    typed = {one.side: one for one in said}
    was_done = sides <= set(item.votes.values_list("side", flat=True))
    try:
        vote(handoff=item, said=said, by=user, at=timezone.now())
    except StaleVote as stale:
        return _show(request, item, user, typed=typed, wrong=str(stale), status=stale.status)
    except Conflict:
        raise
    except DomainError as refused:
        if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _show(request, item, user, typed=typed, wrong=str(refused), status=refused.status)
    rows = rows_for(item.review, user)
    on = next_place(rows, sides, place)
    if on is None and not was_done:  # the last vote: now those on which the sides differ
        on = first_place(rows, sides)
    if on is None:
        messages.success(request, _("That was the last one. Here is what came out."))
        return redirect(item.review)
    return redirect("rejection-review-handoff", pk=pk, place=on)


def _show(
    request: HttpRequest,
    item: ReviewedHandoff,
    user: User,
    *,
    typed: dict[str, Said] | None = None,
    wrong: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    review, sides = item.review, may_vote(user, item.review)
    rows = rows_for(review, user)
    row = next(one for one in rows if one.handoff.pk == item.pk)
    places = sorted(one.handoff.place for one in rows)
    here = places.index(item.place)
    disposition = item.disposition
    context: dict[str, Any] = {
        "review": review,
        "item": item,
        "row": row,
        "known": known_then(disposition.handoff),
        "tried": tried_then(disposition),
        "appeal": getattr(disposition, "appeal", None),
        "ballots": ballots(sides, row.votes, typed),
        "hidden": [Side(side).label for side in sorted(row.given - set(row.votes))],
        "changes": Vote.Change.choices,
        "number": here + 1,
        "n": len(rows),
        "before": places[here - 1] if here else None,
        "after": places[here + 1] if here + 1 < len(places) else None,
        "progress": _progress(rows, sides or frozenset(Side.values)),
        "wrong": wrong,
    }
    return render(request, "scoring/reviewing/handoff.html", context, status=status)


def _progress(rows: list[Row], sides: frozenset[str]) -> dict[str, int]:
    return {
        "done": sum(sides <= row.given for row in rows),
        "differing": sum(row.differs for row in rows),
    }


@login_required
@require_GET
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a review up where it was left: at the first handoff without a vote."""
    user = reader_of(request)
    review = get_object_or_404(RejectionReview, pk=pk)
    sides = may_vote(user, review) or frozenset(Side.values)
    place = first_place(rows_for(review, user), sides)
    if place is None:
        return redirect(review)
    return redirect("rejection-review-handoff", pk=pk, place=place)
