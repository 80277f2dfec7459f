"""The page that keeps up: what the others changed since it was drawn, and who is there."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.models import User
from portal.agreements import coediting
from portal.agreements.addresses import address
from portal.agreements.models import Editing, Version
from portal.agreements.pages import answer, find_version
from portal.agreements.queries import version_before
from portal.agreements.reading import read_version
from portal.agreements.strip import signature_lines
from portal.agreements.talk import open_counts, threads_of
from portal.core.http import is_htmx, user_of

EVERY = 3  # seconds
MOST_OPEN = 20


def live_context(
    version: Version, user: User, *, since: int, there: list[Editing]
) -> dict[str, Any]:
    """Return what the part needs that asks for news: from which event on, and who is there."""
    return {
        "since": since,
        "there": there,
        "me": user,
        "here": _seen(there),
        "every": EVERY,
        "follow_url": address(version, "follow"),
    }


def text_context(version: Version, *, at: datetime) -> dict[str, Any]:
    """Return the text with what changed, how much is being said of it, and the signatures."""
    return {
        "reading": read_version(version, version_before(version, at=at)),
        "is_open": version.state in {"draft", "proposed"},
        "talk": open_counts(version),
        "talk_url": address(version, "talk"),
        "signatures": signature_lines(version),
    }


def _seen(there: list[Editing]) -> str:
    return "-".join(f"{one.user_id}.{one.key}" for one in there)


@login_required
@require_safe
def follow(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """What is new since ``since``: 204 when nothing is, else parts that htmx puts in their places.

    ``open`` names clauses whose form is open and ``talking`` threads whose form is: those are
    never replaced, only told of what moved.
    """
    user, at = user_of(request), timezone.now()
    version = find_version(kind, number)
    if not is_htmx(request):
        return redirect(address(version))
    since = _number(request.GET.get("since", ""))
    opened = request.GET.getlist("open")[:MOST_OPEN]
    talking = request.GET.getlist("talking")[:MOST_OPEN]
    coediting.be_there(version, user, _clause_key(opened), at=at)
    there = coediting.who_is_there(version, at=at)
    news = coediting.news_since(version, since)
    if not news and _seen(there) == request.GET.get("here", ""):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if news.turned and not opened and not talking:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    context = live_context(version, user, since=news.last, there=there)
    if news:
        context |= text_context(version, at=at) | _news_context(
            version, user, news, opened, talking
        )
    response = answer(request, "follow.html", version, {"has_part": True, **context}, user=user)
    if news.moved:
        response["HX-Trigger"] = "agreement-changed"
    return response


def _news_context(
    version: Version, user: User, news: coediting.News, opened: list[str], talking: list[str]
) -> dict[str, Any]:
    keys = set(version.clauses.values_list("key", flat=True))
    return {
        "news": news,
        "opened": opened,
        "talking": talking,
        "moved": [
            (key, news.moved[key])
            for key in opened
            if key in news.moved and news.moved[key].actor_id != user.pk  # one knows one's own
        ],
        "gone": [key for key in opened if key not in keys],
        "threads": [(key, threads_of(version, key)) for key in talking if key in news.talked],
    }


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _clause_key(opened: list[str]) -> str:
    return opened[0][:60] if opened else ""
