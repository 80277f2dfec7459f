"""Inviting and being invited."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts import invitations
from portal.accounts.forms import InvitationForm, WelcomeForm
from portal.accounts.models import Invitation, Role
from portal.core.errors import DomainError
from portal.core.http import user_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody; the link is mailed, and shown once to the admin."""
    by = user_of(request)
    if by.role != Role.ADMIN:
        raise Http404
    form, link = InvitationForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            invitation, token = invitations.invite(**form.cleaned_data, by=by, at=at)
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            link = request.build_absolute_uri(reverse("welcome", args=[token]))
            _mail(invitation, link)
            messages.success(request, _("%s is invited.") % invitation.email)
            form = InvitationForm()
    context = {"form": form, "link": link, "invitations": _waiting()}
    status = 422 if form.errors else 200
    return render(request, "portal/accounts/invite.html", context, status=status)


def _waiting() -> QuerySet[Invitation]:
    at = timezone.now()
    return Invitation.objects.filter(accepted_at=None, expires_at__gt=at).order_by("-pk")[:50]


def _mail(invitation: Invitation, link: str) -> None:
    context = {"invitation": invitation, "link": link}
    send_mail(
        _("%s invites you to the alignment portal") % invitation.invited_by.name,
        render_to_string("email/invitation.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
        fail_silently=True,  # the admin has the link on the page
    )


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an invitation's link."""
    at = timezone.now()
    invitation = invitations.open_invitation(token, at=at)
    if invitation is None:
        return render(request, "portal/accounts/stale_invitation.html", status=404)
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = invitations.accept(token=token, password=form.cleaned_data["password"], at=at)
        login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return redirect("home")
    context = {"form": form, "invitation": invitation}
    status = 422 if form.errors else 200
    return render(request, "portal/accounts/welcome.html", context, status=status)
