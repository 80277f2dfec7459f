"""Sending the morning mail: who is due, claimed once each day, and how one stops it.

``User.digested_on`` is the claim and its mark: a conditional update sets it to the day in the
reader's zone, so that two workers, or a task that runs twice, send one mail. It records no event,
as a delivery's mark records none. The mail leaves outside any transaction; when it cannot, the
claim is given back and the next run tries again while it is morning. A worker that is killed
between claim and mail loses that day's digest, never what it told of.
"""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.core.claims import claim
from portal.events.services import record
from portal.home.digest import Digest, digest_of
from portal.home.links import absolute
from portal.leadpage.slots import calendar_in
from sla.calendar.book import CalendarBook, choices_of

logger = logging.getLogger(__name__)
MORNING = (time(7), time(12))  # in the reader's zone
DAILY, WEEKLY, OFF = "daily", "weekly", "off"
SALT = "portal.home.digest"
DIGEST, ALERTS = "digest", "alerts"  # what a mail can be stopped from


def post_digests(*, at: datetime) -> int:
    """Send the digests that are due at ``at``; return how many mails left."""
    sent = 0
    for user, today in _due(at):
        before = user.digested_on
        if not claim(_waiting(today).filter(pk=user.pk), limit=1, digested_on=today):
            continue  # another worker was faster
        try:
            sent += _post(user, _since(user, today), at)
        except Exception:
            logger.exception("the digest of user %s did not leave", user.pk)
            User.objects.filter(pk=user.pk, digested_on=today).update(digested_on=before)
    return sent


def _waiting(today: date) -> QuerySet[User]:
    """People who want a digest and had none on this day of theirs, or in this week."""
    monday = today - timedelta(days=today.weekday())
    daily = Q(digest=DAILY) & (Q(digested_on=None) | Q(digested_on__lt=today))
    weekly = Q(digest=WEEKLY) & (Q(digested_on=None) | Q(digested_on__lt=monday))
    return User.objects.filter(daily | weekly, is_active=True)


def _due(at: datetime) -> Iterator[tuple[User, date]]:
    """Yield whom it is morning for on one of their working days, with that day.

    A weekly digest comes on the first working day of the week: on Monday, but for holidays.
    """
    wanting = User.objects.filter(is_active=True).exclude(digest=OFF)
    book = None
    for zone in wanting.order_by("zone").values_list("zone", flat=True).distinct():
        local = at.astimezone(ZoneInfo(zone))
        if not MORNING[0] <= local.time() < MORNING[1]:
            continue
        people = list(_waiting(local.date()).filter(zone=zone).order_by("pk"))
        book = book or CalendarBook.read()
        chosen = choices_of(one.pk for one in people)
        for user in people:
            if calendar_in(book, chosen.get(user.pk), zone).open_on(local.date()):
                yield user, local.date()


def _since(user: User, today: date) -> datetime:
    """Return the beginning of the day of the last digest, in the reader's zone."""
    days = 7 if user.digest == WEEKLY else 1
    first = user.digested_on or today - timedelta(days=days)
    return datetime.combine(first, time.min, ZoneInfo(user.zone))


def _post(user: User, since: datetime, at: datetime) -> int:
    with timezone.override(ZoneInfo(user.zone)):
        digest = digest_of(user, since=since, at=at)
        if digest.is_empty:
            return 0
        return mail_of(digest).send()


def mail_of(digest: Digest) -> EmailMultiAlternatives:
    """Return the mail, as text and as simple HTML, with a way to stop it by one click."""
    off = absolute(reverse("digest-off", args=[off_token(digest.user)]))
    context = {
        "digest": digest,
        "off": off,
        "preferences": absolute(reverse("preferences")),
        "home": f"{settings.SITE_URL}/",
    }
    mail = EmailMultiAlternatives(
        subject=digest.subject,
        body=render_to_string("email/digest.txt", context),
        to=[digest.user.email],
        headers={
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(render_to_string("email/digest.html", context), "text/html")
    return mail


def off_token(user: User, what: str = DIGEST) -> str:
    """Return what proves that a click comes from this person's mail; it does not end."""
    given = user.pk if what == DIGEST else [user.pk, what]
    return signing.dumps(given, salt=SALT)


def user_of_token(token: str) -> tuple[User, str] | None:
    """Return whose mail it was, and which: DIGEST or ALERTS."""
    try:
        given = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    pk, what = given if isinstance(given, list) else (given, DIGEST)
    user = User.objects.filter(pk=pk).first()
    return None if user is None else (user, what)


@transaction.atomic
def stop_digest(*, user: User, at: datetime, what: str = DIGEST) -> bool:
    """Turn the digest, or the mails of alerts, off; return whether it was on."""
    rows = User.objects.filter(pk=user.pk)
    if what == ALERTS:
        stopped = bool(rows.exclude(alert_mail=OFF).update(alert_mail=OFF))
    else:
        stopped = bool(rows.exclude(digest=OFF).update(digest=OFF))
    if stopped:
        payload = {"changed": ["alert_mail" if what == ALERTS else "digest"]}
        record("person.settings_changed", subject=user, actor=user, payload=payload, at=at)
    return stopped
