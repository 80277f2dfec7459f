"""Find or do: leads, companies' people and pages by what somebody types."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from leads.database.bounded import TooWide, bounded
from leads.database.models import Lead, Standing
from leads.database.models.presence import Presence
from leads.database.queries import standings_seen_by
from leads.database.search import search_ids
from leads.database.words import words_of
from portal.accounts.models import User
from portal.core.http import is_htmx, user_of
from portal.home.navigation import Item, pages_of

LEADS, RECENT, PAGES = 8, 5, 6
LONGEST = 120  # letters of a question; what is longer was pasted by mistake
SHORTEST = 2  # letters from which on names are searched


@dataclass(frozen=True)
class Found:
    """What the palette offers for ``text``: leads (recent ones for no text), then pages."""

    text: str
    leads: Sequence[Standing]
    pages: Sequence["PageLine"]
    refusal: str = ""
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.leads and not self.pages


@dataclass(frozen=True)
class PageLine:
    url: str
    label: str
    icon: str
    letter: str


def find(user: User, text: str) -> Found:
    """Return what ``text`` finds for this person: at most three statements for leads."""
    text = " ".join(text.split())[:LONGEST]
    pages = [_line(item) for item in _pages(user, text)]
    if not text:
        return Found(text, _recent(user), pages)
    if len(text) < SHORTEST:
        return Found(text, [], pages)
    try:
        with bounded():
            rows = _leads(user, text)
    except TooWide as too_wide:
        return Found(text, [], pages, refusal=str(too_wide))
    return Found(text, rows[:LEADS], pages, has_more=len(rows) > LEADS)


def _leads(user: User, text: str) -> list[Standing]:
    among = None if user.sees_everything else Lead.objects.visible_to(user)
    ids = search_ids(text, among=among)
    if not ids:
        return []
    rows = _shown(user).filter(pk__in=ids)
    return list(rows.order_by("-rank", "-pk")[: LEADS + 1])


def _recent(user: User) -> list[Standing]:
    """Return the leads that this person looked at last."""
    seen = Presence.objects.filter(user=user).order_by("-seen_at", "-pk")
    ids = list(seen.values_list("lead_id", flat=True)[: 2 * RECENT])
    if not ids:
        return []
    rows = {row.pk: row for row in _shown(user).filter(pk__in=ids)}
    return [rows[pk] for pk in ids if pk in rows][:RECENT]


def _shown(user: User) -> QuerySet[Standing]:
    return standings_seen_by(user)


def _pages(user: User, text: str) -> list[Item]:
    """Return the pages whose words begin as those of ``text`` do, the ones named so first."""
    items = pages_of(user)
    if not text:
        return items[:PAGES]
    wanted = words_of(text)

    def met(words: str) -> bool:
        known = words_of(words)
        return all(any(word.startswith(part) for word in known) for part in wanted)

    if not wanted:
        return []
    named = [item for item in items if met(str(item.label))]
    meant = [item for item in items if item not in named and met(f"{item.label} {item.words}")]
    return (named + meant)[:PAGES]


def _line(item: Item) -> PageLine:
    return PageLine(reverse(item.page), str(item.label), item.icon, item.letter)


@login_required
@require_GET
@vary_on_headers("HX-Request")
def find_page(request: HttpRequest) -> HttpResponse:
    """The search page, or only its answers for the palette."""
    found = find(user_of(request), request.GET.get("q", ""))
    part = is_htmx(request)
    template = "portal/home/_found.html" if part else "portal/home/find.html"
    return render(request, template, {"found": found, "title": _("Find or do")})
