"""Pages on which a draft becomes an agreement: propose, withdraw, sign, or give it up."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.agreements import services
from portal.agreements.addresses import address
from portal.agreements.forms import DeclineForm, ProposeForm, SignForm
from portal.agreements.models import Version
from portal.agreements.pages import NotNow, answer, find_open
from portal.agreements.queries import version_before
from portal.agreements.reading import read_version
from portal.agreements.registry import pages_of, panels_for
from portal.agreements.strip import signature_lines, why_not
from portal.agreements.talk import threads_of
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.http import user_of
from portal.core.throttle import count_knock

MOST_TRIES = 10  # passwords a minute


def _require_proposed(version: Version) -> None:
    if version.proposed_at is None:
        words = _(
            "Revision %d is not proposed. An editor proposes it first, which freezes its text; "
            "then both sides sign."
        )
        raise NotNow(version, words % version.revision, title=_("This draft is not proposed"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Freeze the text for signature, having seen what changed and what stands in the way."""
    user, at = user_of(request), timezone.now()
    services.require_editor(user)
    version = find_open(kind, number)
    posted = request.POST if request.method == "POST" else None
    form = ProposeForm(posted, initial={"note": version.note})
    if posted is not None and form.is_valid():
        start, note = form.cleaned_data["starts_on"], form.cleaned_data["note"]
        note = note if "note" in posted else None
        try:
            services.propose(version=version, starts_at=start, note=note, by=user, at=at)
        except services.InvalidClause as refused:
            form.add_error(None, [str(problem.sentence) for problem in refused.problems[:10]])
        except Conflict:
            raise
        except DomainError as refused:
            is_day = start is not None and start < at
            form.add_error("starts_on" if is_day else None, str(refused))
        else:
            messages.success(request, _("Proposed. Both sides may sign now."))
            return redirect(address(version))
    return _show(request, "propose.html", version, {"form": form})


def _show(
    request: HttpRequest, template: str, version: Version, context: dict[str, Any]
) -> HttpResponse:
    """Render an act on a version beside what it changes; a form with errors answers 422."""
    user, at = user_of(request), timezone.now()
    base, panels = version_before(version, at=at), pages_of(version.agreement.kind).sign_panels
    context |= {
        "reading": read_version(version, base),
        "signatures": signature_lines(version),
        "open_talk": [one for one in threads_of(version) if one.is_open],
        "talk_url": address(version, "talk"),
        "compare_url": address(version, "choose"),
        "panels": panels_for(panels, version, base, user, at),
    }
    wrong = context["form"].errors if "form" in context else None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return answer(request, template, version, context, user=user_of(request), status=status)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Make a draft of a proposal again."""
    version = find_open(kind, number)
    services.withdraw_proposal(version=version, by=user_of(request), at=timezone.now())
    messages.success(request, _("The proposal is withdrawn. It is a draft again."))
    return redirect(address(version))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def give_up(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Close a draft for good, after a word of warning."""
    user = user_of(request)
    services.require_editor(user)
    version = find_open(kind, number)
    if request.method == "POST":
        services.give_up_draft(version=version, by=user, at=timezone.now())
        messages.success(request, _("Version %d is given up. It stays readable.") % number)
        return redirect(address(version))
    return _show(request, "give_up.html", version, {})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Sign for one's side over the text that is on the page, with the password once more."""
    user, at = user_of(request), timezone.now()
    version = find_open(kind, number)
    if user.signs_for is None:
        raise NotAllowed(_("The marketing lead and a sales lead sign. You may read along."))
    _require_proposed(version)
    if hint := why_not(version, user, signature_lines(version)):
        raise NotNow(version, hint, title=_("There is nothing for you to sign now"))
    posted = request.POST if request.method == "POST" else None
    form = SignForm(posted, user=user, sha256=version.sha256)
    if request.method == "POST" and is_allowed(form, user.pk) and form.is_valid():
        seen = form.cleaned_data["sha256"]
        services.sign(version=version, sha256=seen, by=user, at=at)
        version.refresh_from_db()
        messages.success(request, _said(version))
        return redirect(address(version))
    urls = {"decline_url": address(version, "decline")}
    return _show(request, "sign.html", version, {"form": form, **urls})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, number: int, *, kind: str) -> HttpResponse:
    """Send a proposal back with words."""
    user, at = user_of(request), timezone.now()
    version = find_open(kind, number)
    if user.signs_for is None:
        raise NotAllowed(_("Who may sign may decline: the marketing lead and sales leads."))
    _require_proposed(version)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        words = form.cleaned_data["words"].replace("\x00", "")
        try:
            services.decline(version=version, words=words, by=user, at=at)
        except (Conflict, NotAllowed):
            raise
        except DomainError as refused:
            form.add_error("words", str(refused))
        else:
            messages.success(request, _("Declined. It is a draft again, with your words on it."))
            return redirect(address(version))
    return _show(request, "decline.html", version, {"form": form})


def is_allowed(form: SignForm, user_id: int) -> bool:
    """Count a try; after too many in a minute even the right password waits."""
    if count_knock(f"sign:{user_id}", at=timezone.now()) <= MOST_TRIES:
        return True
    form.add_error("password", _("Too many tries. Wait a minute, then sign."))
    return False


def _said(version: Version) -> str:
    if version.effective_from is None:
        return _("Signed. It comes into force with the other side's signature.")
    if version.effective_from > timezone.now():
        return _("Signed by both sides. It comes into force on the day you agreed.")
    return _("Signed by both sides and in force. Leads are scored again now.")
