from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from portal.core.http import user_of
from portal.core.paging import keyset_page
from portal.notifications.models import Notification
from portal.notifications.services import mark_read


@login_required
@require_GET
def notification_list(request: HttpRequest) -> HttpResponse:
    """What this person was told, newest first."""
    mine = Notification.objects.visible_to(user_of(request))
    page = keyset_page(mine, order=("-at", "-pk"), cursor=request.GET.get("cursor", ""))
    has_unread = any(one.read_at is None for one in page) or mine.unread().exists()
    context = {"page": page, "has_unread": has_unread, "now": timezone.now()}
    return render(request, "portal/notifications/list.html", context)


@login_required
@require_POST
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one line as read and go where it points."""
    mine = Notification.objects.visible_to(user_of(request))
    notification = get_object_or_404(mine, pk=pk)
    mark_read(by=user_of(request), at=timezone.now(), notification=notification)
    return redirect(notification.url)


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark everything on this person's bell as read."""
    mark_read(by=user_of(request), at=timezone.now())
    return redirect("notifications")
