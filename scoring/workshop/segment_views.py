"""The page on which definitions of segments stand in their order, and are begun and ordered."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.models import User
from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.models import Agreement, Version
from portal.agreements.ordering import (
    LONGEST_WORDS,
    agree_order,
    ask_order,
    asked_ordering,
    may_agree,
    may_order,
    segments_of,
    turn_down_order,
)
from portal.agreements.queries import version_in_force, versions_in_force
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.http import user_of
from scoring.definitions.services import KIND
from scoring.definitions.whom import whom_of


class SegmentForm(forms.Form):
    """The name of a new segment's definition."""

    name = forms.CharField(
        label=gettext_lazy("Name of the segment"),
        max_length=services.LONGEST_NAME,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=gettext_lazy("Enterprise, Health care, Northern Europe."),
    )


class OrderForm(forms.Form):
    """A place for each segment, and why."""

    words = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
        error_messages={"required": gettext_lazy("Say in words why.")},
    )

    def __init__(self, data: Any, *, segments: list[Agreement]) -> None:
        super().__init__(data)
        self.segments = segments
        for place, one in enumerate(segments, start=1):
            self.fields[f"place_{one.pk}"] = forms.IntegerField(
                label=one.name,
                initial=place,
                min_value=1,
                max_value=len(segments),
                widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
            )

    def places(self) -> list[Any]:
        """Return the fields in which a place is typed."""
        return [self[f"place_{one.pk}"] for one in self.segments]

    def order(self) -> list[int]:
        """Return the agreements' ids as they are to be tried."""
        given = {one.pk: self.cleaned_data[f"place_{one.pk}"] for one in self.segments}
        return sorted(given, key=lambda pk: given[pk])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [cleaned.get(f"place_{one.pk}") for one in self.segments]
        if None not in given and len(set(given)) < len(given):
            raise forms.ValidationError(_("Give each segment a place of its own."))
        return cleaned


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def segments(request: HttpRequest) -> HttpResponse:
    """Definitions in the order in which they are tried; posted, one more is begun."""
    user, at = user_of(request), timezone.now()
    form = SegmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        services.require_editor(user)
        if form.is_valid():
            try:
                return _begin(request, form.cleaned_data["name"], user)
            except (NotAllowed, Conflict):
                raise
            except DomainError as refused:
                form.add_error("name", str(refused))
    return _show(request, user, form=form, at=at)


def _begin(request: HttpRequest, name: str, user: User) -> HttpResponse:
    """Begin the first draft of a segment: the sentences for everybody, and whom it is for."""
    at = timezone.now()
    agreement = services.open_segment(kind=KIND, name=name, by=user, at=at)
    first = version_in_force(KIND, at=at)
    draft = services.start_draft(agreement=agreement, by=user, at=at, based_on=first)
    messages.success(request, _("Now say whom “%s” is for.") % agreement.name)
    return redirect(address(draft, "new", slug="segment"))


@login_required
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Ask for another order, agree to the one that was asked for, or turn it down."""
    user, at = user_of(request), timezone.now()
    if not may_order(user):
        raise NotAllowed(_("The marketing lead, sales leads and leadership order segments."))
    act = request.POST.get("act", "ask")
    if act == "ask":
        return _ask(request, user)
    asked = asked_ordering(KIND)
    if asked is None or request.POST.get("ordering") != str(asked.pk):
        raise Conflict(_("This order was answered already. Reload to see how."))
    if act == "agree":
        agree_order(ordering=asked, by=user, at=at)
        messages.success(request, _("The order holds from now on. Scores follow within minutes."))
    elif act == "turn_down":
        turn_down_order(ordering=asked, by=user, at=at)
        messages.success(request, _("The order stays as it is."))
    else:
        raise Http404
    return redirect("definition-segments")


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    at = timezone.now()
    form = OrderForm(request.POST, segments=segments_of(KIND))
    if form.is_valid():
        words = form.cleaned_data["words"]
        try:
            ask_order(kind=KIND, order=form.order(), words=words, by=user, at=at)
        except (NotAllowed, Conflict):
            raise
        except DomainError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Asked. It holds once the other side agrees."))
            return redirect("definition-segments")
    return _show(request, user, order_form=form, at=at)


def _show(
    request: HttpRequest,
    user: User,
    *,
    at: datetime,
    form: SegmentForm | None = None,
    order_form: OrderForm | None = None,
) -> HttpResponse:
    rows, tried = _rows(at), segments_of(KIND)
    asked = asked_ordering(KIND)
    names = {one.pk: one.name for one in tried}
    bound = next((one for one in (form, order_form) if one is not None and one.is_bound), None)
    context = {
        "rows": rows,
        "form": form or SegmentForm(None),
        "order_form": order_form or OrderForm(None, segments=tried),
        "asked": asked,
        "asked_names": [names.get(pk, "?") for pk in asked.order] if asked else [],
        "may_agree": asked is not None and may_agree(asked, user),
        "may_order": may_order(user),
        "can_order": len(tried) > 1,
        "may_edit": user.role in services.EDITORS,
        "list_url": reverse("definitions"),
    }
    wrong = bound is not None and bool(bound.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "scoring/workshop/segments.html", context, status=status)


def _rows(at: datetime) -> list[dict[str, Any]]:
    """Return every definition as it is tried, the one for everybody last; five queries."""
    in_force = {one.agreement_id: one for one in versions_in_force(KIND, at=at)}
    newest = Version.objects.drafts().filter(agreement=OuterRef("agreement")).order_by("-pk")
    found = Version.objects.of_kind(KIND).filter(pk=Subquery(newest.values("pk")[:1]))
    drafts = {one.agreement_id: one for one in found.select_related("agreement")}
    whom = whom_of([*drafts.values(), *in_force.values()])
    alike = Agreement.objects.filter(kind=KIND).order_by("position", "pk")
    tried = sorted(alike, key=lambda one: one.position == 0)
    return [
        _row(n, one, in_force.get(one.pk), drafts.get(one.pk), whom)
        for n, one in enumerate(tried, start=1)
    ]


def _row(
    place: int,
    agreement: Agreement,
    version: Version | None,
    draft: Version | None,
    whom: Mapping[int, str],
) -> dict[str, Any]:
    shown = version or draft
    return {
        "place": place,
        "agreement": agreement,
        "version": version,
        "url": address(version) if version else "",
        "draft": draft,
        "draft_url": address(draft) if draft else "",
        "whom": whom[shown.pk] if shown else "",
    }
