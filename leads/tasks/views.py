from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.database.models import Lead
from leads.tasks.forms import FollowUpForm
from leads.tasks.models import FollowUp
from leads.tasks.services import complete_follow_up, create_follow_up, reopen_follow_up
from portal.core.errors import DomainError
from portal.core.http import next_url, user_of
from portal.core.paging import keyset_page

DONE_SHOWN = 50


@login_required
@require_GET
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """This person's open follow-ups, the nearest due first, then what they did today."""
    user, now = user_of(request), timezone.now()
    mine = FollowUp.objects.filter(assignee=user).select_related("lead__company")
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    done = list(mine.filter(done_at__gte=today).order_by("-done_at", "-pk")[:DONE_SHOWN])
    page = keyset_page(mine.open(), order=("due_at", "pk"), cursor=request.GET.get("cursor", ""))
    leads = {one.lead_id for one in [*page, *done]}
    seen = set(Lead.objects.visible_to(user, among=leads).values_list("pk", flat=True))
    context = {"page": page, "done": done, "seen": seen, "now": now}
    return render(request, "leads/tasks/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def follow_up_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a follow-up for a lead that this person sees."""
    user, now = user_of(request), timezone.now()
    lead = get_object_or_404(Lead.objects.visible_to(user), public_id=public_id)
    tomorrow = timezone.localtime(now + timedelta(days=1)).replace(second=0, microsecond=0)
    form = FollowUpForm(request.POST or None, initial={"assignee": user.pk, "due_at": tomorrow})
    if request.method == "POST" and form.is_valid():
        try:
            create_follow_up(lead=lead, by=user, at=now, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The follow-up is on the list."))
            return redirect(next_url(request, lead.get_absolute_url()))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "leads/tasks/new.html", {"lead": lead, "form": form}, status=status)


@login_required
@require_POST
def follow_up_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as done."""
    user = user_of(request)
    follow_up = get_object_or_404(FollowUp.objects.visible_to(user), pk=pk)
    complete_follow_up(follow_up=follow_up, by=user, at=timezone.now())
    return redirect(next_url(request, "follow-ups"))


@login_required
@require_POST
def follow_up_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that it was done."""
    user = user_of(request)
    follow_up = get_object_or_404(FollowUp.objects.visible_to(user), pk=pk)
    reopen_follow_up(follow_up=follow_up, by=user, at=timezone.now())
    return redirect(next_url(request, "follow-ups"))
