"""Telling people and channels of alerts: at once what cannot wait, on Mondays the week.

An event for each mail and each post carries it through the machinery of deliveries: tried again
after 1, 5 and 30 minutes and 2 hours, then it waits for an admin. Each reads its rows anew, so
that what has closed or been put off meanwhile is told to nobody.
"""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Membership, Organisation, Role, Side, User
from portal.core.claims import claim
from portal.core.sightings import Watch
from portal.events.models import Event
from portal.events.services import record, record_each
from portal.home.links import Section, absolute
from portal.home.posting import ALERTS, off_token
from portal.home.week import monday_before, week_of_side, week_sections
from portal.notifications.channel_models import Channel
from portal.notifications.channels import say
from portal.notifications.formats import Message, Part
from portal.notifications.services import News, tell_each
from portal.watches.models import Alert
from portal.watches.registry import watch_of

TOLD = {
    Side.MARKETING: (Role.MARKETING, Role.MARKETING_LEAD),
    Side.SALES: (Role.SALES_LEAD,),
}
MORNING = (time(7), time(12))  # in the organisation's zone


def tell_of_alert(events: Sequence[Event], at: datetime) -> None:
    """``alert.opened``: the bell of those it concerns; mails and posts where it cannot wait."""
    rows = Alert.objects.open(at).in_bulk([event.subject_id for event in events])
    news, mails, posts = [], [], []
    for alert in rows.values():
        watch = watch_of(alert.watch)
        if watch is None:
            continue
        people = people_of(alert, watch)
        text = f"{watch.title}: {watch.says(alert.figures)}"
        url = alert.get_absolute_url()
        news += [News(one.pk, "alert", f"alert:{alert.pk}", text, url) for one in people]
        if watch.is_instant:
            mails += [(alert, {"user": one.pk}) for one in people if one.alert_mail == "on"]
            channels = Channel.objects.on().filter(gets_instant=True).for_sides(watch.sides)
            posts += [(one, {"what": "alert", "alert": alert.pk}) for one in channels]
    tell_each(news, at=at)
    record_each("alert.mail_owed", mails, actor=None, at=at)
    record_each("channel.owed", posts, actor=None, at=at)


def people_of(alert: Alert, watch: Watch) -> list[User]:
    """Return who is told: who reads for the sides it concerns; of sales, the team's leads."""
    roles = [role for side in watch.sides for role in TOLD[Side(side)]]
    people = User.objects.filter(role__in=roles, is_active=True)
    if alert.team_id is not None:
        members = Membership.objects.filter(team=alert.team_id)
        people = people.filter(~Q(role=Role.SALES_LEAD) | Q(pk__in=members.values("user")))
    return list(people.order_by("pk"))


def mail_alert(events: Sequence[Event], at: datetime) -> None:
    """``alert.mail_owed``: one mail to one person, outside any transaction."""
    for event in events:
        user = User.objects.filter(
            pk=event.payload.get("user"), is_active=True, alert_mail="on"
        ).first()
        alert = Alert.objects.open(at).filter(pk=event.subject_id).first()
        watch = watch_of(alert.watch) if alert else None
        if user and alert and watch and Alert.objects.visible_to(user).filter(pk=alert.pk).exists():
            mail_of(alert, watch, user, event.pk).send()


def mail_of(alert: Alert, watch: Watch, user: User, number: int) -> EmailMultiAlternatives:
    """Return the mail, as text and simple HTML. Sent twice, it has the same Message-ID."""
    off = absolute(reverse("digest-off", args=[off_token(user, ALERTS)]))
    context = {
        "title": watch.title,
        "says": watch.says(alert.figures),
        "todo": watch.todo,
        "url": absolute(alert.get_absolute_url()),
        "off": off,
        "preferences": absolute(reverse("preferences")),
    }
    host = settings.SITE_URL.partition("//")[2].partition("/")[0].partition(":")[0] or "localhost"
    with timezone.override(ZoneInfo(user.zone)):
        mail = EmailMultiAlternatives(
            subject=str(watch.title),
            body=render_to_string("email/alert.txt", context),
            to=[user.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "Message-ID": f"<alert-{alert.pk}-{number}@{host}>",
                "List-Unsubscribe": f"<{off}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        mail.attach_alternative(render_to_string("email/alert.html", context), "text/html")
    return mail


def speak(events: Sequence[Event], at: datetime) -> None:
    """``channel.owed``: say it there, outside any transaction; what is no longer true is not."""
    for event in events:
        what = event.payload.get("what", "")
        channel = Channel.objects.filter(pk=event.subject_id).first()
        if channel is None or not (channel.is_on or what == "hello"):
            continue
        message = _message(channel, event, at)
        if message is not None:
            kind = {"hello": "channel.hello", "week": "week.over"}.get(what, "alert.opened")
            say(channel, message, kind=kind, message_id=f"msg_{event.pk}", at=at)


def _message(channel: Channel, event: Event, at: datetime) -> Message | None:
    home, open_words = absolute("/"), _("Open the portal")
    if event.payload["what"] == "hello":
        part = Part(_("This channel is connected."), "", [])
        return Message(_("Hello from the alignment portal"), home, open_words, [part])
    if event.payload["what"] == "alert":
        alert = Alert.objects.open(at).filter(pk=event.payload["alert"]).first()
        watch = watch_of(alert.watch) if alert else None
        if alert is None or watch is None:
            return None
        url = absolute(alert.get_absolute_url())
        lines = [(watch.says(alert.figures), ""), (str(watch.todo), "")]
        return Message(str(watch.title), url, _("Open the alert"), [Part(_("Alert"), url, lines)])
    with timezone.override(ZoneInfo(Organisation.current().zone)):
        week = week_of_side(channel.side, until=datetime.fromisoformat(event.payload["until"]))
        sections = week_sections(week, at=at)
        title = _("The week from %(day)s") % {"day": f"{timezone.localtime(week.since):%-d %B}"}
    if not sections:
        return None
    return Message(title, home, open_words, [_part(one) for one in sections])


def _part(section: Section) -> Part:
    title = section.title[:1].upper() + section.title[1:]
    return Part(title, section.url, [(line.text, line.url) for line in section.lines])


def owe_weeks(*, at: datetime) -> int:
    """Let each channel hear of the week once it is Monday morning; return how many will.

    In the organisation's zone; a Monday on which nobody was up is made up for on the next
    morning. Claimed by ``week_told_on``, so twice and two at once is once.
    """
    local = at.astimezone(ZoneInfo(Organisation.current().zone))
    if not MORNING[0] <= local.time() < MORNING[1]:
        return 0
    with timezone.override(local.tzinfo):
        monday = monday_before(at)
    waiting = Channel.objects.on().filter(gets_weekly=True)
    waiting = waiting.filter(Q(week_told_on=None) | Q(week_told_on__lt=monday.date()))
    with transaction.atomic():
        ids = claim(waiting, limit=100, week_told_on=local.date())
        for channel in Channel.objects.filter(pk__in=ids).order_by("pk"):
            payload = {"what": "week", "until": monday.isoformat()}
            record("channel.owed", subject=channel, actor=None, at=at, payload=payload)
    return len(ids)
