"""Pages on which people talk about a draft: all threads, those of one sentence, one answer."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.models import User
from portal.agreements import talk
from portal.agreements.addresses import address
from portal.agreements.models import Comment, Version
from portal.agreements.pages import answer, find_version
from portal.agreements.queries import clause_text, clause_texts
from portal.agreements.reading import words_of
from portal.core.errors import Conflict, DomainError
from portal.core.http import is_htmx, user_of

MOST_NAMES = 40


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def threads(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Everything said of a version, or of one sentence (``key``); a post adds a remark."""
    version, user = find_version(kind, number), user_of(request)
    key = (request.POST if request.method == "POST" else request.GET).get("key")
    if request.method != "POST":
        return _show(request, version, key, user=user)
    text = request.POST.get("text", "")
    try:
        talk.comment(
            version=version,
            text=text,
            key=key or "",
            is_question="is_question" in request.POST,
            by=user,
            at=timezone.now(),
        )
    except Conflict:
        raise
    except DomainError as refused:
        return _show(request, version, key, user=user, typed=text, wrong=str(refused))
    return _back(request, version, key, user=user)


@login_required
@require_POST
def thread(request: HttpRequest, number: int, pk: int, *, kind: str) -> HttpResponse:
    """Answer a thread, resolve it, or open it again."""
    version, user, at = find_version(kind, number), user_of(request), timezone.now()
    first = get_object_or_404(Comment.objects.select_related("version"), pk=pk, version=version)
    act, text = request.POST.get("act", "answer"), request.POST.get("text", "")
    if act == "answer":
        try:
            talk.comment(version=version, text=text, parent=first.parent or first, by=user, at=at)
        except Conflict:
            raise
        except DomainError as refused:
            said = {"typed": text, "wrong": str(refused)}
            return _show(request, version, first.key, user=user, thread=first.pk, **said)
    elif act in {"resolve", "reopen"}:
        talk.settle_comment(comment=first, is_open=act == "reopen", by=user, at=at)
    else:
        raise Http404
    return _back(request, version, first.key, user=user)


def _back(request: HttpRequest, version: Version, key: str | None, *, user: User) -> HttpResponse:
    if is_htmx(request):
        return _show(request, version, key, user=user)
    messages.success(request, _("Kept. Whoever you named with @ is told."))
    return redirect(address(version, "talk"))


def _show(
    request: HttpRequest,
    version: Version,
    key: str | None,
    *,
    user: User,
    typed: str = "",
    wrong: str = "",
    thread: int = 0,
) -> HttpResponse:
    """Render the threads; a remark that was refused keeps what was typed and answers 422."""
    texts = clause_texts(version)
    words = {
        row.key: words_of(kind_of(version), clause_text(row), texts)
        for row in version.clauses.all()
    }
    if key and key not in words and not version.comments.filter(key=key).exists():
        raise Http404
    context: dict[str, Any] = {
        "has_part": key is not None,
        "key": key,
        "said": [
            {"thread": one, "words": words.get(one.first.key, "")}
            for one in talk.threads_of(version, key)
        ],
        "words": words.get(key or "", ""),
        "is_open": version.state in {"draft", "proposed"},
        "talk_url": address(version, "talk"),
        "typed": typed,
        "wrong": wrong,
        "answering": thread,
        "names": User.objects.filter(is_active=True).order_by("name")[:MOST_NAMES],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return answer(request, "talk.html", version, context, user=user, status=status)


def kind_of(version: Version) -> str:
    return version.agreement.kind
