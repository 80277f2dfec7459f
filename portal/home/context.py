"""What the frame of every page shows: the way around by role, the bell, the text in force."""

import json
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.agreements.addresses import address
from portal.agreements.cadence import overdue_kinds
from portal.agreements.overrides import running
from portal.agreements.queries import versions_in_force
from portal.core.http import user_of
from portal.home.keys import known
from portal.home.navigation import sections_for
from portal.notifications.models import Notification

FEW = 3  # definitions whose numbers have room in the foot of the navigation


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: constant in its queries, empty for strangers.

    What needs the database is asked for when the frame is drawn: a part of a page costs nothing.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"demo": settings.DEMO}
    user = user_of(request)
    keymap = known(user.keymap)
    return {
        "nav": cache(partial(sections_for, user, request.path)),
        "unread": cache(partial(_unread, user)),
        "in_force": cache(_in_force),
        "overriding_now": cache(_overriding),
        "theme": user.theme,
        "density": user.density,
        "keymap": json.dumps(keymap) if keymap else "",
        "theme_url": reverse("preferences"),
        "find_url": reverse("find"),
        "bell_url": reverse("notifications"),
        "demo": settings.DEMO,
    }


def _unread(user: User) -> int:
    return Notification.objects.visible_to(user).unread().count()


def _in_force() -> dict[str, Any] | None:
    """Return what the foot says: the definition in force, or all of them in their order."""
    at = timezone.now()
    found = versions_in_force("definition", at=at)
    if not found:
        return None
    first, versions = found[0], [*found[1:], found[0]]
    since = [one.in_force_since for one in versions if one.in_force_since is not None]
    is_override = any(one.in_force_since != one.effective_from for one in versions)
    url, label = reverse("definition", args=[first.number]), _("Definition v%(number)s in force")
    if len(versions) > 1:
        url, label = reverse("definitions"), _("Definitions %(numbers)s in force")
        if len(versions) > FEW:
            label = _("%(n)d definitions in force")
    numbers = ", ".join(f"v{one.number}" for one in versions)
    return {
        "url": url,
        "label": label % {"number": first.number, "n": len(versions), "numbers": numbers},
        "signed": _("put in force for a while") if is_override else _("signed by both sides"),
        "at": max(since, default=None),
        "is_overdue": "definition" in overdue_kinds(at=at),
    }


def _overriding() -> list[dict[str, Any]]:
    """What leadership put in force for a while: everybody is shown it until it ends."""
    return [
        {
            "name": one.version.agreement.name,
            "number": one.version.number,
            "by": one.by.name,
            "until": one.ends_at,
            "reason": one.reason,
            "url": address(one.version),
        }
        for one in running(timezone.now())
    ]
