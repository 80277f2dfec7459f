"""Many handoffs at once: choose them, see what it would do, do it, take all of it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leads.database.models import Source
from leads.dispositions import bulk
from leads.dispositions.bulk import MOST, Bulk, Choice
from leads.dispositions.bulk_undo import withdraw_all
from leads.dispositions.errors import Incomplete, in_sentence
from leads.dispositions.models import NOT_STATED, Disposition, Effect, Outcome, Reason
from leads.handoffs.models import Cause, Handoff, HandoffQuerySet
from leads.handoffs.order import ORDER, by_state, on_desk_of
from portal.accounts.models import Role, User
from portal.core.errors import DomainError
from portal.desk.decided import UNDO, decided_today
from portal.desk.queue import SHOWN_AS
from portal.desk.reach import at_the_desk

LISTED = 100  # handoffs of one page; "all" means all that the filter finds, up to MOST
STATES = ("breached", "at_risk", "on_time")


class Filter(forms.Form):
    """What the list is narrowed by; anything unknown narrows nothing."""

    state = forms.ChoiceField(
        label=_("Clock"),
        choices=[("", _("any")), *((one, SHOWN_AS[one][0]) for one in STATES)],
        required=False,
    )
    cause = forms.ChoiceField(
        label=_("Handed over because"), choices=[("", _("any")), *Cause.choices], required=False
    )
    source = forms.ModelChoiceField(
        Source.objects.none(), label=_("Source"), required=False, empty_label=_("any")
    )
    of = forms.ModelChoiceField(
        User.objects.none(), label=_("With"), required=False, empty_label=_("anybody")
    )

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data)
        self.desk = on_desk_of(user)
        desk = self.desk.order_by()
        for name, rows in (
            ("source", Source.objects.filter(pk__in=desk.values("source"))),
            ("of", User.objects.filter(pk__in=desk.values("owner")).order_by("name")),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows

    def rows(self, *, at: datetime) -> HandoffQuerySet:
        self.is_valid()
        given, rows = self.cleaned_data, self.desk
        if state := given.get("state"):
            rows = by_state(rows, at=at)[state]
        columns = {"source": "source", "cause": "cause", "of": "owner"}
        return rows.filter(**{column: given[name] for name, column in columns.items()
                              if given.get(name)})  # fmt: skip


class BulkForm(forms.Form):
    """What is to be done with the chosen ones. What a reason needs is the service's to say."""

    outcome = forms.ChoiceField(
        choices=Outcome.choices,
        error_messages={"required": _("Choose: accept them or reject them.")},
    )
    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True).exclude(pk=NOT_STATED),
        required=False,
        error_messages={"invalid_choice": _("This reason is not offered. Choose one of the list.")},
    )
    recycle_on = forms.DateField(
        required=False, error_messages={"invalid": _("Write the date like 2027-03-03.")}
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(role=Role.ACCOUNT_EXECUTIVE, is_active=True), required=False
    )
    note = forms.CharField(max_length=5000, required=False)

    def choice(self) -> Choice:
        given = self.cleaned_data
        rejects = given["outcome"] == Outcome.REJECTED
        return Choice(
            Outcome(given["outcome"]),
            given["reason"] if rejects else None,
            given["note"],
            given["recycle_on"] if rejects else None,
            None if rejects else given["owner"],
        )


@dataclass(frozen=True)
class Together:
    """Decisions of today that were made at once."""

    first: Disposition
    count: int


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk_bulk(request: HttpRequest) -> HttpResponse:
    """Choose handoffs; posting shows what deciding them would do, then decides them."""
    user, at = at_the_desk(request), timezone.now()
    if request.method != "POST":
        return _list(request, user, at, request.GET)
    form, ids = BulkForm(request.POST), _chosen(request.POST, user, at)
    if form.is_valid():
        try:
            if "sure" in request.POST:
                return _done(request, bulk.decide(ids, form.choice(), by=user, at=at))
            return _preview(request, form, bulk.preview(ids, form.choice(), by=user, at=at), at)
        except Incomplete as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, str(refusal))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _list(request, user, at, request.POST, form=form, ids=ids, status=422)


@login_required
@require_POST
def desk_bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back all that was decided at once; what has moved on since is named."""
    user = at_the_desk(request)
    seen = Disposition.objects.filter(handoff__in=Handoff.objects.visible_to(user).values("pk"))
    first = get_object_or_404(seen.select_related("decided_by"), pk=pk)
    back = withdraw_all(first, by=user, at=timezone.now())
    n = len(back.decided)
    words = ngettext("%(n)d decision taken back.", "%(n)d decisions taken back.", n) % {"n": n}
    messages.success(request, words)
    for one in back.refused[:5]:
        messages.warning(request, one.why)
    return redirect("desk-bulk")


def _chosen(data: QueryDict, user: User, at: datetime) -> list[int]:
    """Return the ticked ones, or all that the filter finds; one more than MOST says "too many"."""
    if data.get("which") == "all":
        rows = Filter(data, user=user).rows(at=at).order_by(*ORDER)
        return list(rows.values_list("pk", flat=True)[: MOST + 1])
    ticked = [one for one in data.getlist("handoff") if one.isdecimal() and len(one) < 19]
    return [int(one) for one in dict.fromkeys(ticked)][: MOST + 1]


def _list(
    request: HttpRequest,
    user: User,
    at: datetime,
    data: QueryDict,
    *,
    form: BulkForm | None = None,
    ids: Sequence[int] = (),
    status: int = 200,
) -> HttpResponse:
    narrowed = Filter(data, user=user)
    rows = narrowed.rows(at=at)
    found = list(_loaded(rows)[: LISTED + 1])
    context = {
        "rows": found[:LISTED],
        "count": len(found) if len(found) <= LISTED else rows[: MOST + 1].count(),
        "most": MOST,
        "filter": narrowed,
        "kept": {name: data[name] for name in narrowed.fields if data.get(name)},
        "form": form or BulkForm(),
        "chosen": {*ids, *map(int, filter(str.isdecimal, data.getlist("chosen")[:1]))},
        "together": together_today(user, at=at),
        "undo": _undo(request, user, at=at),
        "now": at,
        **_offered(),
    }
    return render(request, "portal/desk/bulk.html", context, status=status)


def _loaded(rows: HandoffQuerySet) -> QuerySet[Handoff]:
    return rows.select_related("lead__company", "owner", "source").order_by(*ORDER)


def _offered() -> dict[str, Any]:
    """The reasons that fit many at once, and who takes SQLs."""
    reasons = Reason.objects.filter(is_active=True).exclude(pk=NOT_STATED)
    executives = User.objects.filter(role=Role.ACCOUNT_EXECUTIVE, is_active=True)
    return {
        "reasons": reasons.exclude(effect=Effect.DUPLICATE).order_by("position", "code"),
        "executives": executives.order_by("name"),
    }


def _preview(
    request: HttpRequest, form: BulkForm, found: bulk.Preview, at: datetime
) -> HttpResponse:
    context = {
        "can": found.can,
        "cannot": found.cannot,
        "choice": found.choice,
        "effects": bulk.effects_of(found, at=at),
        "form": form,
        "sent": {name: request.POST.get(name, "") for name in form.fields},
    }
    return render(request, "portal/desk/bulk_preview.html", context)


def _done(request: HttpRequest, done: Bulk) -> HttpResponse:
    """Go back to the list with the undo; who was too late is told by whom, name by name."""
    if not done.refused and done.key is not None:
        return redirect(f"{reverse('desk-bulk')}?done={done.key}")
    undo = _toast(done.decided[0], len(done.decided)) if done.decided else None
    context = {"decided": done.decided, "refused": done.refused, "undo": undo}
    status = 200 if done.decided else 409
    return render(request, "portal/desk/bulk_done.html", context, status=status)


def together_today(user: User, *, at: datetime) -> list[Together]:
    """Return what was decided at once today and still stands, the latest first; one query."""
    counts: dict[str, list[Disposition]] = {}
    rows = decided_today(user, at=at).filter(was__has_key="bulk").select_related(None)
    for one in rows.select_related("reason", "decided_by")[: 4 * MOST]:
        counts.setdefault(one.was["bulk"], []).append(one)
    return [Together(rows[0], len(rows)) for rows in counts.values()]


def _undo(request: HttpRequest, user: User, *, at: datetime) -> dict[str, str] | None:
    """The toast of what was just decided, while its effects still wait."""
    pk = request.GET.get("done", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    mine = Disposition.objects.standing().filter(decided_by=user, decided_at__gte=at - UNDO)
    first = mine.filter(pk=pk).select_related("reason").first()
    if first is None:
        return None
    together = mine.filter(decided_at=first.decided_at, was__bulk=first.was.get("bulk"))
    return _toast(first, together.count())


def _toast(first: Disposition, n: int) -> dict[str, str]:
    words = {"n": n, "reason": in_sentence(first.reason.label) if first.reason else ""}
    if first.reason is None:
        text = ngettext("%(n)d accepted as SQL", "%(n)d accepted as SQLs", n) % words
    else:
        text = ngettext("%(n)d rejected, %(reason)s", "%(n)d rejected, %(reason)s", n) % words
    return {"text": text, "url": reverse("desk-bulk-undo", args=[first.pk])}
