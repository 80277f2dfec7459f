from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leads.nurture import lists
from leads.nurture.services import TYPICAL_DAYS
from portal.core.http import user_of
from portal.core.paging import keyset_page


@login_required
@require_GET
def nurture(request: HttpRequest) -> HttpResponse:
    """Marketing's list of MQLs in care, or (``list=mend``) of leads to mend, longest first."""
    user, now, cursor = user_of(request), timezone.now(), request.GET.get("cursor", "")
    if not user.sees_everything:
        raise Http404
    context = {"now": now, "typical": TYPICAL_DAYS, "tabs": _tabs(request)}
    if request.GET.get("list") == "mend":
        page = keyset_page(lists.to_mend(user), order=("mend_since", "pk"), cursor=cursor)
        return render(request, "leads/nurture/mend.html", {**context, "page": page})
    cared = keyset_page(lists.in_nurture(user), order=("started_at", "pk"), cursor=cursor)
    context |= {"page": cared, "rows": lists.rows(cared, at=now)}
    return render(request, "leads/nurture/list.html", context)


def _tabs(request: HttpRequest) -> list[dict[str, object]]:
    here, mends = reverse("nurture"), request.GET.get("list") == "mend"
    return [
        {"url": here, "label": _("In nurture"), "current": not mends},
        {"url": f"{here}?list=mend", "label": _("To mend"), "current": mends},
    ]
