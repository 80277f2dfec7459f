"""What the views of agreements share: finding a version, rendering a page or its part."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.agreements.addresses import address
from portal.agreements.models import Version
from portal.agreements.registry import pages_of
from portal.agreements.services import EDITORS
from portal.core.errors import Conflict
from portal.core.http import is_htmx

FOLDER = "portal/agreements/"


def find_version(kind: str, number: int) -> Version:
    """Return one version of the first agreement of a kind; 404 when there is none.

    Everybody who is signed in reads every version: it is what both sides agreed on.
    """
    versions = Version.objects.of_kind(kind).select_related("agreement", "proposed_by", "based_on")
    found = versions.filter(number=number).order_by("agreement__position", "agreement").first()
    if found is None:
        raise Http404
    return found


class NotNow(Conflict):
    """What was asked for does not fit the state this version is in; nobody was faster."""

    act = gettext_lazy("Read the version")

    def __init__(self, version: Version, sentence: str, *, title: str) -> None:
        super().__init__(sentence)
        self.title, self.url = title, address(version)


def find_open(kind: str, number: int) -> Version:
    """Return a version that may still change. Raises Conflict when it is signed or given up."""
    version = find_version(kind, number)
    if version.effective_from is not None:
        words = _("This version is signed and is never edited. Start a draft from it.")
        raise NotNow(version, words, title=_("Signed and closed"))
    if version.withdrawn_at is not None:
        words = _("This draft was given up. Start a new one.")
        raise NotNow(version, words, title=_("Given up and closed"))
    return version


def state_of(version: Version, in_force: Version | None, at: datetime) -> dict[str, str]:
    """Return the tag of a version: its words, icon and tone."""
    revision = {"revision": version.revision}
    if version.state == "draft":
        return {"text": _("Draft, revision %(revision)d") % revision, "icon": "pen", "tone": ""}
    if version.state == "proposed":
        words = _("Proposed, revision %(revision)d frozen") % revision
        return {"text": words, "icon": "lock", "tone": "ink"}
    if version.state == "withdrawn":
        return {"text": _("Given up"), "icon": "archive", "tone": "line"}
    if in_force is not None and in_force.pk == version.pk:
        return {"text": _("In force"), "icon": "patch-check", "tone": "good"}
    if version.effective_from is not None and version.effective_from > at:
        return {"text": _("Signed, starts later"), "icon": "calendar-event", "tone": "ink"}
    return {"text": _("Past"), "icon": "archive", "tone": "line"}


def tabs_of(version: Version, *, here: str) -> list[dict[str, Any]]:
    """Return the tabs of a version, its text first; ``here`` is the URL name of the open one."""
    tabs = pages_of(version.agreement.kind).tabs
    text = {"label": _("Text"), "url": address(version), "current": not here}
    more = [
        {"label": tab.label, "url": _named(tab.name, version), "current": tab.name == here}
        for tab in tabs
    ]
    return [text, *more] if more else []


def _named(name: str, version: Version) -> str:
    return reverse(name, kwargs={"number": version.number}) if name else ""


def answer(
    request: HttpRequest,
    template: str,
    version: Version | None,
    context: Mapping[str, Any],
    *,
    user: User,
    status: int = 200,
) -> HttpResponse:
    """Render ``template`` as a page, or its part ``_template`` for htmx, with what all need."""
    common: dict[str, Any] = {"version": version, "may_edit": user.role in EDITORS}
    if version is not None:
        pages = pages_of(version.agreement.kind)
        common |= {
            "title": _("Version %d") % version.number,
            "list_url": reverse(pages.list_name),
            "list_title": pages.title,
            "version_url": address(version),
            "tabs": tabs_of(version, here=""),
            "side_url": _named(pages.side_name, version),
            "catalogue_url": _named(pages.catalogue_name, version),
        }
    part = is_htmx(request) and context.get("has_part")
    path = f"{FOLDER}_{template}" if part else f"{FOLDER}{template}"
    response = render(request, path, {**common, **context}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
