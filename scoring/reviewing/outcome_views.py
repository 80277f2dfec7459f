"""What came out of a review: votes, reasons, minutes, what should change, and the draft of it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.models import Side, User
from portal.agreements.addresses import address
from portal.agreements.models import Version
from portal.agreements.services import EDITORS
from portal.core.errors import Conflict, DomainError
from scoring.definitions.services import definition_in_force
from scoring.reviewing.models import RejectionReview
from scoring.reviewing.services import (
    StaleMinutes,
    draft_changes,
    end_review,
    may_vote,
    write_minutes,
)
from scoring.reviewing.tally import (
    Change,
    argument_of,
    as_clause,
    changes_asked,
    first_place,
    rows_for,
    tally,
)
from scoring.reviewing.views import reader_of

MOST_POINTS = 1000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rejection_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The review as minutes; a post writes them, makes the draft, or ends the votes."""
    user = reader_of(request)
    rows = RejectionReview.objects.select_related(
        "started_by", "ended_by", "changed_by", "draft__agreement"
    )
    review = get_object_or_404(rows, pk=pk)
    if request.method != "POST":
        return _show(request, review, user)
    acts = {"minutes": _write, "draft": _draft, "end": _end}
    try:
        return acts.get(request.POST.get("act", ""), _write)(request, review, user)
    except StaleMinutes as stale:
        typed = {"minutes": request.POST.get("minutes", ""), "theirs": stale.current.minutes}
        return _show(request, stale.current, user, wrong=str(stale), status=409, **typed)
    except Conflict:
        raise
    except DomainError as refused:
        if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        typed = {"minutes": request.POST.get("minutes", review.minutes)}
        return _show(request, review, user, wrong=str(refused), status=422, **typed)


def _write(request: HttpRequest, review: RejectionReview, user: User) -> HttpResponse:
    seen = request.POST.get("revision", "")
    write_minutes(
        review=review,
        minutes=request.POST.get("minutes", ""),
        revision=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0,
        by=user,
        at=timezone.now(),
    )
    messages.success(request, _("The minutes are kept."))
    return redirect(review)


def _end(request: HttpRequest, review: RejectionReview, user: User) -> HttpResponse:
    end_review(review=review, by=user, at=timezone.now())
    messages.success(request, _("The votes are closed. Minutes and draft stay open."))
    return redirect(review)


def _draft(request: HttpRequest, review: RejectionReview, user: User) -> HttpResponse:
    at = timezone.now()
    found = definition_in_force(at)
    if found is None:
        raise DomainError(_("No definition is in force yet. Both sides sign one first."))
    version = Version.objects.select_related("agreement").get(pk=found[0].pk)
    rows = rows_for(review, user)
    wanted = request.POST.getlist("change")
    asked = [one for one in changes_asked(rows, version) if one.id in wanted]
    _check_together(asked)
    changes = [
        (*as_clause(one, _value(request, one), version), argument_of(one, len(rows)))
        for one in asked
        if one.can_be_drafted
    ]
    draft = draft_changes(review=review, changes=changes, version=version, by=user, at=at)
    messages.success(request, _("A draft with these changes. Read it, let the other side read it."))
    return redirect(address(draft))


def _check_together(asked: Sequence[Change]) -> None:
    keys = [one.key for one in asked]
    if len(keys) != len(set(keys)):
        raise DomainError(_("One rule is chosen twice: give it fewer points, or let it go."))


def _value(request: HttpRequest, one: Change) -> int | None:
    """Return the number typed for a change; None for one that needs none."""
    if not one.suggested:
        return None
    typed = request.POST.get(f"value-{one.id}", "").strip().replace("−", "-")
    digits = typed.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or abs(int(typed[:8])) > MOST_POINTS:
        raise DomainError(_("Give “%s” in whole points.") % (one.name or one.label))
    return int(typed)


def _show(
    request: HttpRequest,
    review: RejectionReview,
    user: User,
    *,
    wrong: str = "",
    status: int = HTTPStatus.OK,
    **typed: str,
) -> HttpResponse:
    found = definition_in_force(timezone.now())
    version = Version.objects.get(pk=found[0].pk) if found else None
    rows = rows_for(review, user)
    sides = may_vote(user, review)
    asked = changes_asked(rows, version)
    chosen = set(request.POST.getlist("change"))
    context: dict[str, Any] = {
        "review": review,
        "rows": rows,
        "tally": tally(rows),
        "changes": [
            {
                "row": one,
                "value": request.POST.get(f"value-{one.id}", one.suggested),
                "is_chosen": one.id in chosen,
                "sides": [{"side": side, "n": one.by_side[side]} for side in Side.values],
            }
            for one in asked
        ],
        "may_draft": user.role in EDITORS
        and review.draft_id is None
        and any(one.can_be_drafted for one in asked),
        "draft_url": address(review.draft) if review.draft else "",
        "may_vote": bool(sides),
        "place": first_place(rows, sides) if sides else None,
        "minutes": typed.get("minutes", review.minutes),
        "theirs": typed.get("theirs", ""),
        "wrong": wrong,
    }
    return render(request, "scoring/reviewing/review.html", context, status=status)
