"""A person's due times as a calendar that their own program subscribes to.

The address is the key: whoever has it reads names and due times without signing in. It is shown
once, kept as a digest, replaced or switched off at any time, and dead once its owner is.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from portal.accounts.models import User
from portal.events.services import record
from sla.clocks.models import Clock
from sla.clocks.shown import TITLES
from sla.scoreboard.models import DueFeed

PRODUCT = "-//Alignment portal//Due times//EN"
MOST = 500  # the soonest; a calendar asks again within the hour
LENGTH = timedelta(minutes=15)  # what a due time takes up in a calendar, ending when it is due


@transaction.atomic
def make_feed(*, user: User, at: datetime) -> str:
    """Give the person a new address, which ends the one before; return its secret, once."""
    secret = secrets.token_urlsafe(32)
    made = {"token_sha256": _digest(secret), "made_at": at}
    DueFeed.objects.update_or_create(user=user, defaults=made)
    record("due_feed.made", subject=user, actor=user, at=at)
    return secret


@transaction.atomic
def end_feed(*, user: User, at: datetime) -> bool:
    """Switch the address off; return whether there was one."""
    ended, _rows = DueFeed.objects.filter(user=user).delete()
    if ended:
        record("due_feed.ended", subject=user, actor=user, at=at)
    return bool(ended)


def user_of_secret(secret: str) -> User | None:
    """Return whose address this is; None when it is nobody's any more."""
    feed = DueFeed.objects.filter(token_sha256=_digest(secret), user__is_active=True)
    found = feed.select_related("user").first()
    return found.user if found else None


def due_calendar(user: User, *, at: datetime) -> bytes:
    """Return the person's running clocks as a calendar, the soonest 500, with a warning each."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("x-wr-calname", _("Due times"))
    calendar.add("refresh-interval;value=duration", "PT15M")
    rows = Clock.objects.running().filter(handoff__owner=user, paused_at=None)
    rows = rows.visible_to(user).select_related("handoff__lead__company").order_by("due_at", "pk")
    for clock in rows[:MOST]:
        calendar.add_component(_event(clock, at))
    return bytes(calendar.to_ical())


def _event(clock: Clock, at: datetime) -> Event:
    lead = clock.handoff.lead
    who = f"{lead.name or lead.email}, {lead.company}" if lead.company else lead.name or lead.email
    title = f"{TITLES[clock.kind]}: {who}"
    event = Event()
    event.add("uid", f"clock-{clock.pk}@alignment-portal")
    event.add("dtstamp", at)
    event.add("dtstart", clock.due_at - LENGTH)
    event.add("dtend", clock.due_at)
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    address = reverse("lead", args=[lead.public_id])
    event.add("url", f"{settings.SITE_URL.rstrip('/')}{address}")
    if clock.warn_at > at:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", clock.warn_at)
        event.add_component(alarm)
    return event


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
