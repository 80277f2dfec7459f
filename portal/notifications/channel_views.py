"""The channels, for admins: what is connected, how the last try ended, and trying one."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts.models import Role, User
from portal.core.errors import DomainError
from portal.core.http import user_of
from portal.core.paging import keyset_page
from portal.events.models import Delivery
from portal.notifications.channel_models import Channel
from portal.notifications.channels import (
    ask_for_a_try,
    change_channel,
    make_channel,
    switch_channel,
)


class ChannelForm(forms.ModelForm):
    """One channel. The address is written, never read back: left empty, it stays."""

    webhook = forms.CharField(
        label=gettext_lazy("Webhook address"),
        max_length=2000,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}
        ),
        help_text=gettext_lazy("A secret: kept sealed, and not shown again."),
    )

    field_order = ("name", "kind", "webhook", "side", "gets_weekly", "gets_instant")

    class Meta:
        model = Channel
        fields = ("name", "kind", "side", "gets_weekly", "gets_instant")

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: Channel | None = None):
        super().__init__(data, instance=instance)
        self.fields["kind"] = forms.ChoiceField(
            label=self.fields["kind"].label, choices=Channel.Kind.choices
        )
        if instance is not None:
            del self.fields["kind"]
            self.fields["webhook"].required = False
            self.fields["webhook"].help_text = _("Now: %(shown)s. Left empty, it stays.") % {
                "shown": instance.shown
            }
        for field in self.fields.values():
            box = isinstance(field.widget, forms.CheckboxInput)
            choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = (
                "form-check-input" if box else "form-select" if choice else "form-control"
            )


def _keeper(request: HttpRequest) -> User:
    user = user_of(request)
    if user.role != Role.ADMIN:
        raise Http404
    return user


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def channels(request: HttpRequest) -> HttpResponse:
    """Every channel with how its last try ended; POST makes one."""
    user, at = _keeper(request), timezone.now()
    form, secret = ChannelForm(request.POST or None), ""
    status = HTTPStatus.OK
    if request.method == "POST":
        made = _make(form, user, at)
        if made is None:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif made[1]:
            secret, form = made[1], ChannelForm()
        else:
            messages.success(request, _("The channel is there. Try it to see whether it arrives."))
            return redirect("channels")
    rows = Channel.objects.select_related("made_by")
    page = keyset_page(rows, order=("name", "pk"), cursor=request.GET.get("cursor", ""))
    context = {"page": page, "form": form, "secret": secret, "failed": _failed(), "now": at}
    answer = render(request, "portal/notifications/channels.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _failed() -> int:
    """Return how many posts and mails of alerts have been given up, at most a hundred."""
    kinds = ["channel.owed", "alert.mail_owed"]
    rows = Delivery.objects.filter(state=Delivery.State.FAILED, event__kind__in=kinds)
    return rows.order_by()[:100].count()


def _given(form: ChannelForm) -> dict[str, Any]:
    given = dict(form.cleaned_data)
    return {"address": given.pop("webhook"), **given}


def _make(form: ChannelForm, user: User, at: Any) -> tuple[Channel, str] | None:
    if form.is_valid():
        try:
            return make_channel(by=user, at=at, **_given(form))
        except DomainError as refusal:
            form.add_error("webhook", str(refusal))
        except ValidationError as refusal:  # somebody took the name at the same instant
            form.add_error(None, refusal)
    return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    """One channel: change it, try it, switch it off or on."""
    user, at = _keeper(request), timezone.now()
    row = get_object_or_404(Channel.objects.select_related("made_by"), pk=pk)
    act, form, status = request.POST.get("act", ""), None, HTTPStatus.OK
    if act == "try":
        ask_for_a_try(channel=row, by=user, at=at)
        messages.success(request, _("A hello is on its way. This page says how it ended."))
        return redirect("channel", pk=pk)
    if act in {"on", "off"}:
        switch_channel(channel=row, is_on=act == "on", by=user, at=at)
        return redirect("channel", pk=pk)
    if request.method == "POST":
        form = ChannelForm(request.POST, instance=Channel.objects.get(pk=pk))
        if form.is_valid():
            try:
                change_channel(channel=row, by=user, at=at, **_given(form))
            except DomainError as refusal:
                form.add_error("webhook", str(refusal))
            else:
                messages.success(request, _("Saved."))
                return redirect("channels")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"channel": row, "form": form or ChannelForm(instance=row), "now": at}
    answer = render(request, "portal/notifications/channel.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
