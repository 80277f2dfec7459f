"""The way around: which pages stand in the frame for whom, and what waits behind them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.dispositions.models import Appeal
from leads.handoffs.models import Handoff, Release
from leads.tasks.models import FollowUp
from portal.accounts.models import Role, User
from portal.agreements.cadence_models import Review
from portal.agreements.models import Version
from portal.watches.models import Alert
from scoring.feedback.models import Amendment

MARKETING = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP, Role.ADMIN})
SALES = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})
ADMIN = frozenset({Role.ADMIN})
EVERYBODY = frozenset(Role)
MOST = 999  # a count in the frame is a nudge, not a figure: nobody counts a million rows for it

Counted = Callable[[User, datetime], int]


@dataclass(frozen=True)
class Item:
    """One page of the frame: who sees it, the sign after G that goes there, other words for it.

    ``count`` is what waits; ``waits`` tells of something that only this person can do.
    """

    page: str  # its URL name
    label: Promise
    icon: str
    roles: frozenset[Role]
    letter: str = ""
    words: Promise | str = ""
    count: Counted | None = field(default=None, compare=False)
    waits: Callable[[User], bool] | None = field(default=None, compare=False)


def _up_to(rows: Any) -> int:
    counted: int = rows.order_by()[: MOST + 1].count()
    return counted


def _open_handoffs(user: User, _at: datetime) -> int:
    return _up_to(Handoff.objects.open().filter(owner=user))


def _due_follow_ups(user: User, at: datetime) -> int:
    return _up_to(FollowUp.objects.open().filter(assignee=user, due_at__lte=at))


def _open_appeals(user: User, _at: datetime) -> int:
    return _up_to(Appeal.objects.visible_to(user).open())


def _open_amendments(_user: User, _at: datetime) -> int:
    return _up_to(Amendment.objects.open())


def _open_alerts(user: User, at: datetime) -> int:
    return _up_to(Alert.objects.visible_to(user).open(at))


def _to_release(_user: User, _at: datetime) -> int:
    return _up_to(Release.objects.waiting())


def _overdue_reviews(_user: User, at: datetime) -> int:
    return _up_to(Review.objects.filter(held_at=None, due_at__lt=at))


def _to_sign(kind: str) -> Callable[[User], bool]:
    def waits(user: User) -> bool:
        if user.signs_for is None:
            return False
        proposed = Version.objects.of_kind(kind).filter(
            proposed_at__isnull=False, effective_from=None, withdrawn_at=None
        )
        mine = {"signatures__side": user.signs_for, "signatures__voided_at": None}
        return proposed.exclude(**mine).exists()

    return waits


SECTIONS: tuple[tuple[Promise, tuple[Item, ...]], ...] = (
    (
        _("Work"),
        (
            Item("desk", _("Desk"), "inbox", SALES, "d", _("queue handoffs"), _open_handoffs),
            Item("team", _("Team board"), "people", SALES - {Role.SDR}, "b", _("load reassign")),
            Item("my-sqls", _("My SQLs"), "trophy", frozenset({Role.ACCOUNT_EXECUTIVE}), "m"),
            Item("leads", _("Leads"), "person-vcard", EVERYBODY, "l", _("people companies list")),
            Item("follow-ups", _("Follow-ups"), "ui-checks", EVERYBODY, "f", _("tasks to do"),
                 _due_follow_ups),
            Item("meetings", _("Meetings"), "calendar-event", SALES | {Role.ACCOUNT_EXECUTIVE}, "h",
                 _("calendar booked hosts")),
            Item("nurture", _("Nurture"), "envelope-paper", MARKETING, "n", _("mql mend")),
            Item("appeals", _("Appeals"), "chat-square-text", MARKETING | {Role.SALES_LEAD}, "c",
                 _("contest rejection answer"), _open_appeals),
            Item("releases", _("Release list"), "inboxes", MARKETING | {Role.SALES_LEAD}, "r",
                 _("rescore waiting"), _to_release),
            Item("imports", _("Imports"), "upload", MARKETING - {Role.LEADERSHIP}, "i",
                 _("csv file upload")),
        ),
    ),
    (
        _("Agree"),
        (
            Item("definitions", _("Definitions"), "file-earmark-text", EVERYBODY, "e",
                 _("rules scoring gates qualified"), waits=_to_sign("definition")),
            Item("terms", _("SLA terms"), "stopwatch", EVERYBODY, "t", _("promises"),
                 waits=_to_sign("terms")),
            Item("calendars", _("Calendars"), "calendar-check", EVERYBODY, "1",
                 _("working hours holidays days off zone")),
            Item("reviews", _("Reviews"), "calendar3", MARKETING | {Role.SALES_LEAD}, "u",
                 _("cadence check-in minutes decisions agenda"), _overdue_reviews),
        ),
    ),
    (
        _("Learn"),
        (
            Item("rejections", _("Rejections"), "x-circle", MARKETING | {Role.SALES_LEAD}, "x",
                 _("reasons")),
            Item("scoring", _("Scoring"), "sliders", MARKETING | {Role.SALES_LEAD}, "k",
                 _("rules lift calibration bands")),
            Item("rejection-reviews", _("Rejection reviews"), "ui-checks",
                 MARKETING | {Role.SALES_LEAD}, "j", _("vote sides minutes right wrong call")),
            Item("second-opinions", _("Second opinions"), "patch-check",
                 frozenset({Role.SDR, Role.SALES_LEAD}), "z", _("blind sample judge again")),
            Item("amendments", _("Amendments"), "lightbulb", MARKETING | {Role.SALES_LEAD}, "y",
                 _("proposals changes numbers"), _open_amendments),
            Item("alerts", _("Alerts"), "exclamation-triangle", MARKETING | {Role.SALES_LEAD}, "g",
                 _("watches snooze warnings"), _open_alerts),
            Item("scoreboard", _("Scoreboard"), "speedometer2", EVERYBODY - {Role.SDR}, "s",
                 _("sla promises kept")),
            Item("dashboard", _("Dashboard"), "bar-chart-line", MARKETING, "q",
                 _("funnel kpis cohort cost roi velocity")),
            Item("sources", _("Sources"), "megaphone", MARKETING, "o", _("spend campaigns cost")),
        ),
    ),
    (
        _("Look after"),
        (
            Item("invite", _("Invite people"), "person-plus", ADMIN, "v", _("users colleagues")),
            Item("admin:index", _("Administration"), "gear", ADMIN, "a", _("django users teams")),
        ),
    ),
)  # fmt: skip

# Pages that have a place of their own in the frame, or none; the palette finds them all.
ALSO: tuple[Item, ...] = (
    Item("notifications", _("Notifications"), "bell", EVERYBODY, "w", _("bell news")),
    Item("preferences", _("Preferences"), "sliders", EVERYBODY, "p",
         _("settings keys theme dark density digest zone shortcuts")),
    Item("channels", _("Channels"), "send", ADMIN, "", _("slack teams webhook")),
    Item("clocks", _("Clocks"), "clock", EVERYBODY, "", _("due breached at risk sla")),
    Item("causes", _("Causes of rejections"), "diagram-3", MARKETING | {Role.SALES_LEAD}, "",
         _("counterfactual reasons rules")),
    Item("reason-quality", _("Reason quality"), "patch-check", MARKETING | {Role.SALES_LEAD}),
    Item("rejected-leads", _("Rejected leads"), "x-octagon", MARKETING | {Role.SALES_LEAD}),
    Item("lead-new", _("New lead"), "plus-lg", EVERYBODY - {Role.LEADERSHIP}, "", _("add create")),
    Item("import-new", _("New import"), "cloud-arrow-up", MARKETING - {Role.LEADERSHIP}, "",
         _("csv upload add")),
    Item("account_change_password", _("Change password"), "key", EVERYBODY, "", _("security")),
    Item("api-docs", _("How the API is used"), "diagram-3", EVERYBODY, "", _("developers keys")),
    Item("design", _("Components"), "window", EVERYBODY, "", _("design system developers")),
)  # fmt: skip


def pages_of(user: User) -> list[Item]:
    """Return every page that this person may go to, those of the frame first."""
    items = [item for _title, some in SECTIONS for item in some]
    return [item for item in (*items, *ALSO) if user.role in item.roles]


def sections_for(user: User, path: str) -> list[dict[str, Any]]:
    """Return the frame's sections; the deepest address that ``path`` begins with is here."""
    at = timezone.now()
    seen = [
        (title, [_entry(item, user, at) for item in items if user.role in item.roles])
        for title, items in SECTIONS
    ]
    entries = [entry for _title, some in seen for entry in some if path.startswith(entry["url"])]
    if entries:
        max(entries, key=lambda entry: len(entry["url"]))["current"] = True
    return [{"title": title, "items": items} for title, items in seen if items]


def _entry(item: Item, user: User, at: datetime) -> dict[str, Any]:
    count = item.count(user, at) if item.count else None
    return {
        "url": reverse(item.page),
        "label": item.label,
        "icon": item.icon,
        "letter": item.letter,
        "count": count,
        "has_more": count is not None and count > MOST,
        "waits": item.waits(user) if item.waits else False,
    }
