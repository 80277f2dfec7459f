"""Pages of the reviews: what is due and was held, and one with agenda, minutes, decisions."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.models import Role, User
from portal.agreements import cadence
from portal.agreements.addresses import address
from portal.agreements.cadence_models import Decision, Review
from portal.agreements.models import Version
from portal.agreements.queries import clause_text, clause_texts
from portal.agreements.reading import words_of
from portal.core.errors import Conflict, DomainError
from portal.core.http import user_of
from portal.core.paging import keyset_page

MOST_DRAFTS = 10
READERS = cadence.WRITERS | {Role.ADMIN}  # the agenda has both sides' numbers


@login_required
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """What is due next of each agreement, and what was held."""
    at = timezone.now()
    _require_reader(user_of(request))
    rows = Review.objects.select_related("agreement", "held_by")
    held = rows.exclude(held_at=None).prefetch_related("decisions")
    cursor = request.GET.get("cursor", "")
    context = {
        "due": [
            {"review": one, "is_overdue": one.due_at < at} for one in rows.filter(held_at=None)
        ],
        "page": keyset_page(held, order=("-held_at", "-pk"), cursor=cursor, size=20),
    }
    return render(request, "portal/agreements/reviews.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One review: its agenda from the numbers, minutes, decisions; a post is one of three acts."""
    user = user_of(request)
    _require_reader(user)
    row = get_object_or_404(
        Review.objects.select_related("agreement", "held_by", "changed_by"), pk=pk
    )
    if request.method != "POST":
        return _show(request, row, user=user)
    cadence.require_writer(user)
    acts = {"minutes": _write, "decide": _decide, "hold": _hold}
    act = acts.get(request.POST.get("act", ""), _write)
    try:
        act(request, row, user)
    except cadence.StaleMinutes as stale:
        typed = {"typed": request.POST.get("minutes", ""), "theirs": stale.current.minutes}
        return _show(
            request, stale.current, user=user, wrong=str(stale), status=HTTPStatus.CONFLICT, **typed
        )
    except Conflict:
        raise
    except DomainError as refused:
        typed = {
            "typed": request.POST.get("minutes", row.minutes),
            "decided": request.POST.get("text", ""),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(request, row, user=user, wrong=str(refused), status=status, **typed)
    return redirect(reverse("review", args=[row.pk]))


def _require_reader(user: User) -> None:
    if user.role not in READERS:
        raise Http404


def _write(request: HttpRequest, row: Review, user: User) -> None:
    seen = request.POST.get("revision", "")
    cadence.write_minutes(
        review=row,
        minutes=request.POST.get("minutes", ""),
        revision=int(seen) if seen.isdecimal() and len(seen) < 9 else 0,
        by=user,
        at=timezone.now(),
    )
    messages.success(request, _("The minutes are kept."))


def _decide(request: HttpRequest, row: Review, user: User) -> None:
    version, key = _carried_out_by(row, request.POST.get("carried_out", ""))
    text = request.POST.get("text", "")
    cadence.decide(review=row, text=text, by=user, at=timezone.now(), version=version, key=key)
    messages.success(request, _("The decision is kept."))


def _hold(request: HttpRequest, row: Review, user: User) -> None:
    at = timezone.now()
    agenda = cadence.agenda_of(row, reader=user, at=at)
    cadence.hold(review=row, agenda=agenda, by=user, at=at)
    messages.success(request, _("Held. The next one is on the list."))


def _carried_out_by(row: Review, chosen: str) -> tuple[Version | None, str]:
    """Return the draft and the clause of a choice such as ``3:pricing_page``."""
    number, _colon, key = chosen.partition(":")
    if not number.isdecimal() or len(number) > 8:
        return None, ""
    version = Version.objects.filter(agreement=row.agreement, number=int(number)).first()
    return version, key[:60]


def _show(
    request: HttpRequest,
    row: Review,
    *,
    user: User,
    wrong: str = "",
    status: int = HTTPStatus.OK,
    **typed: str,
) -> HttpResponse:
    at = timezone.now()
    context: dict[str, Any] = {
        "review": row,
        "is_overdue": row.held_at is None and row.due_at < at,
        "agenda": cadence.agenda_of(row, reader=user, at=at),
        "decisions": [
            _decision(one) for one in row.decisions.select_related("by", "version__agreement")
        ],
        "may_write": user.role in cadence.WRITERS,
        "choices": [] if row.held_at else _choices(row),
        "wrong": wrong,
        "minutes": typed.get("typed", row.minutes),
        "theirs": typed.get("theirs", ""),
        "decided": typed.get("decided", ""),
    }
    return render(request, "portal/agreements/review.html", context, status=status)


def _decision(one: Decision) -> dict[str, Any]:
    url = f"{address(one.version)}#clause-{one.key}" if one.version else ""
    return {"decision": one, "url": url}


def _choices(row: Review) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the open drafts with their sentences, for what carries a decision out."""
    drafts = row.agreement.versions.filter(effective_from=None, withdrawn_at=None)
    found = []
    for draft in drafts.select_related("agreement").order_by("-number")[:MOST_DRAFTS]:
        texts = clause_texts(draft)
        lines = [
            (
                f"{draft.number}:{clause.key}",
                words_of(row.agreement.kind, clause_text(clause), texts)[:90],
            )
            for clause in draft.clauses.all()
        ]
        title = _("Version %d") % draft.number
        found.append((title, [(str(draft.number), _("the draft as a whole")), *lines]))
    return found
