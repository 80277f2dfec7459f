"""The page from which rules are added: what really occurs, with how often."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.pages import find_open
from portal.core.http import user_of
from scoring.definitions.services import KIND
from scoring.engine.census import take_census
from scoring.engine.columns_views import reads_columns
from scoring.workshop.catalogue import activity_shelves, fact_shelves
from scoring.workshop.drafts import beside
from scoring.workshop.preview_views import frame

LONGEST = 100


@login_required
@require_safe
@reads_columns
def catalogue(request: HttpRequest, number: int) -> HttpResponse:
    """Offer facts or activities with their counts; each leads to a rule's form, filled in."""
    services.require_editor(user_of(request))
    version = find_open(KIND, number)
    at = timezone.now()
    what = "facts" if request.GET.get("what") == "facts" else "activities"
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    census = take_census(at=at)
    shelves = (fact_shelves if what == "facts" else activity_shelves)(census, wanted)
    forms = {slug: address(version, "new", slug=slug) for slug in ("fact", "activity")}
    context = frame(beside(number, at=at), "definition-catalogue") | {
        "census": census,
        "shelves": [
            (shelf, [(one, f"{forms[one.slug]}?{one.query}") for one in shelf.items])
            for shelf in shelves
        ],
        "what": what,
        "q": wanted,
        "kinds": [("activities", _("What a person does")), ("facts", _("Who a person is"))],
        "add_url": address(version, "add"),
    }
    return render(request, "scoring/workshop/catalogue.html", context)
