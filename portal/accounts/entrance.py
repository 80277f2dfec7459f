"""The addresses of sign-in that we serve; the library's others (sign-up, addresses) stay closed."""

from allauth.account import views as account
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from portal.accounts.models import Role, User

DEMO_ROLES = {  # in the order of the cards, with what each does here
    Role.SDR: _("decides on leads"),
    Role.SALES_LEAD: _("keeps the promises, signs"),
    Role.MARKETING: _("reads why sales says no"),
    Role.MARKETING_LEAD: _("answers for quality, signs"),
    Role.ACCOUNT_EXECUTIVE: _("works what was accepted"),
    Role.LEADERSHIP: _("reads both sides’ promises"),
    Role.ADMIN: _("people, calendars, keys"),
}


class SignIn(account.LoginView):
    """Sign-in by e-mail; in the demo with a card for each role."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        if settings.DEMO:
            people = {
                user.role: user for user in User.objects.filter(is_active=True).order_by("-pk")
            }
            context["demo_people"] = [
                {
                    "email": people[role].email,
                    "name": people[role].name,
                    "words": words,
                    "role": role.label,
                    "side": people[role].side or "",
                }
                for role, words in DEMO_ROLES.items()
                if role in people
            ]
        return context


class ChangePassword(account.PasswordChangeView):
    """Who has no password yet (an administrator took it away) gets a link by mail to set one."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and not user.has_usable_password():
            return redirect("account_reset_password")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", account.LogoutView.as_view(), name="account_logout"),
    path("inactive/", account.AccountInactiveView.as_view(), name="account_inactive"),
    path("password/change/", ChangePassword.as_view(), name="account_change_password"),
    path("password/reset/", account.PasswordResetView.as_view(), name="account_reset_password"),
    path(
        "password/reset/done/",
        account.PasswordResetDoneView.as_view(),
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/<str:uidb36>-<str:key>/",
        account.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.PasswordResetFromKeyDoneView.as_view(),
        name="account_reset_password_from_key_done",
    ),
    path("reauthenticate/", account.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path(
        "signup/",
        TemplateView.as_view(template_name="account/signup_closed.html"),
        name="account_signup",
    ),
]
