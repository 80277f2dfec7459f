"""What the frame of every page shows: the way around by role, the bell, the text in force."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.agreements.queries import version_in_force
from portal.core.http import user_of
from portal.notifications.models import Notification

MARKETING = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.ADMIN})
SALES = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Item:
    """One line of the navigation and who sees it."""

    page: str  # its URL name
    label: Promise
    icon: str
    roles: frozenset[Role]
    count: Callable[[User], int] | None = None


def _open_handoffs(user: User) -> int:
    return Handoff.objects.open().filter(owner=user).count()


SECTIONS: tuple[tuple[Promise, tuple[Item, ...]], ...] = (
    (
        _("Work"),
        (
            Item("desk", _("Desk"), "inbox", SALES, _open_handoffs),
            Item("team", _("Team board"), "people", frozenset({Role.SALES_LEAD, Role.ADMIN})),
            Item("my-sqls", _("My SQLs"), "trophy", frozenset({Role.ACCOUNT_EXECUTIVE})),
            Item("leads", _("Leads"), "person-vcard", EVERYBODY),
            Item("follow-ups", _("Follow-ups"), "ui-checks", EVERYBODY),
            Item("nurture", _("Nurture"), "envelope-paper", MARKETING),
            Item("releases", _("Release list"), "inboxes", MARKETING | {Role.SALES_LEAD}),
            Item("imports", _("Imports"), "upload", MARKETING - {Role.LEADERSHIP}),
        ),
    ),
    (
        _("Agree"),
        (
            Item("definitions", _("Definitions"), "file-earmark-text", EVERYBODY),
            Item("terms", _("SLA terms"), "stopwatch", EVERYBODY),
        ),
    ),
    (
        _("Learn"),
        (
            Item("rejections", _("Rejections"), "x-circle", MARKETING | {Role.SALES_LEAD}),
            Item("scoreboard", _("Scoreboard"), "speedometer2", EVERYBODY - {Role.SDR}),
            Item("sources", _("Sources"), "megaphone", MARKETING),
        ),
    ),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: constant in its queries, empty for strangers."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"demo": settings.DEMO}
    user = user_of(request)
    return {
        "nav": _sections(user, request.path),
        "theme": user.theme,
        "theme_url": reverse("preferences"),
        "search_url": reverse("leads"),
        "bell_url": reverse("notifications"),
        "unread": Notification.objects.visible_to(user).unread().count(),
        "in_force": _in_force(),
        "demo": settings.DEMO,
    }


def _sections(user: User, path: str) -> list[dict[str, Any]]:
    """Return the sections with what this person sees; the deepest address of the path is here."""
    seen = [
        (title, [_entry(item, user) for item in items if user.role in item.roles])
        for title, items in SECTIONS
    ]
    entries = [entry for _title, some in seen for entry in some if path.startswith(entry["url"])]
    if entries:
        max(entries, key=lambda entry: len(entry["url"]))["current"] = True
    return [{"title": title, "items": items} for title, items in seen if items]


def _entry(item: Item, user: User) -> dict[str, Any]:
    count = item.count(user) if item.count else None
    return {"url": reverse(item.page), "label": item.label, "icon": item.icon, "count": count}


def _in_force() -> dict[str, Any] | None:
    version = version_in_force("definition", at=timezone.now())
    if version is None or version.effective_from is None:
        return None
    return {
        "url": reverse("definition", args=[version.number]),
        "label": _("Definition v%(number)s in force") % {"number": version.number},
        "signed": _("signed by both sides"),
        "at": version.effective_from,
    }
