"""Channels: what Slack, Teams and others get from a real server's view, and how failures end."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse

from leads.dispositions.watching import SOURCE_REJECTED
from portal.accounts.models import Role, User
from portal.core.errors import DomainError, NotAllowed
from portal.core.secrets import seal, unseal
from portal.events.bells import held
from portal.events.delivery import deliver_pending
from portal.events.models import Delivery, Event
from portal.home.alerting import owe_weeks
from portal.notifications.channel_models import Channel
from portal.notifications.channels import change_channel, make_channel
from portal.notifications.formats import slack_text, teams_text
from portal.watches.models import Alert
from portal.watches.services import look_once, snooze
from tests.factories import make_source, make_user
from tests.portal.watches.test_find import decide

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def quiet():
    with held():
        yield


@pytest.fixture
def admin():
    return make_user(role=Role.ADMIN)


@pytest.fixture
def connect(admin, now, server):
    def make(kind="slack", *, path="/services/T0/B0/hushhushhushhushhush", **given):
        given = {"name": kind, "side": "", "gets_weekly": True, "gets_instant": True} | given
        return make_channel(kind=kind, address=server.url + path, by=admin, at=now, **given)

    return make


def alarm(now, name: str = "Paid <search> & *co*") -> Alert:
    """Let a source be rejected ten times in a row, and the watch see it."""
    decide(make_source(name), "r" * 10, now=now)
    look_once(SOURCE_REJECTED, at=now)
    return Alert.objects.get()


def deliver(at) -> None:
    while deliver_pending(at=at):
        pass


def bodies(server) -> list[dict]:
    return [json.loads(body) for _path, _headers, body in server.got]


def test_slack_gets_blocks_in_which_nothing_acts(connect, server, now) -> None:
    connect("slack")
    alert = alarm(now, name="<!channel> & <http://evil|click>")
    deliver(now)
    (body,) = bodies(server)
    assert server.got[0][0] == "/services/T0/B0/hushhushhushhushhush"
    assert body["blocks"][0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "A source is being rejected"},
    }
    text = json.dumps(body, ensure_ascii=False)
    assert "10 of the last 10 leads" in text
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; &lt;http://evil" in text
    assert alert.get_absolute_url() in text
    assert len(body["text"]) < 150


def test_teams_gets_an_adaptive_card(connect, server, now) -> None:
    connect("teams")
    alarm(now, name="[x](http://evil) *co*")
    server.answers = (202, "", {})
    deliver(now)
    (body,) = bodies(server)
    assert body["type"] == "message"
    card = body["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard"
    assert card["content"]["actions"][0]["type"] == "Action.OpenUrl"
    words = " ".join(one["text"] for one in card["content"]["body"])
    assert "\\[x\\](http://evil)" in words
    assert Channel.objects.get().sent_at == now


def test_a_signed_webhook_can_be_verified(connect, server, now) -> None:
    _channel, secret = connect("signed")
    alarm(now)
    deliver(now)
    _path, headers, body = server.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)
    assert said["type"] == "alert.opened"
    assert said["data"]["title"] == "A source is being rejected"


def test_the_address_is_a_secret(connect, admin, client, now, server) -> None:
    channel, _secret = connect("slack")
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, shown FROM portal_channel")
        address, shown = cursor.fetchone()
    assert "hush" not in address
    assert unseal(address).endswith("hushhush")
    assert shown == "127.0.0.1/…hush"
    client.force_login(admin)
    for url in (reverse("channels"), reverse("channel", args=[channel.pk])):
        page = client.get(url)
        assert "hushhush" not in page.content.decode()
        assert page["Cache-Control"] == "no-store"
    assert "hushhush" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_what_was_sealed_opens_with_an_older_key_and_with_no_other(settings) -> None:
    settings.SECRET_KEY = "one"
    kept = seal("https://hooks.example/x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "two", ["one"]
    assert unseal(kept) == "https://hooks.example/x"
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(kept) is None


@pytest.mark.parametrize("address", ["http://hooks.slack.com/x", "https://a:b@example.com/", "x"])
def test_an_address_that_may_not_be_reached_is_refused(admin, now, address) -> None:
    with pytest.raises(DomainError):
        make_channel(kind="slack", name="x", address=address, by=admin, at=now)
    with pytest.raises(NotAllowed):
        make_channel(
            kind="slack", name="x", address="https://example.com/", at=now,
            by=make_user(role=Role.MARKETING_LEAD),
        )  # fmt: skip


def test_what_fails_is_tried_again_and_then_waits_for_an_admin(
    connect,
    admin,
    client,
    server,
    now,
) -> None:
    channel, _secret = connect("slack")
    alarm(now)
    server.answers = (500, "no_service at /services/T0", {})
    at = now
    for minutes in (1, 5, 30, 120):
        deliver(at)
        at += minutes * MINUTE
    assert len(server.got) == 4
    deliver(at)
    failed = Delivery.objects.get(event__kind="channel.owed")
    assert (failed.state, failed.attempts) == ("failed", 5)
    assert "500" in failed.error
    channel.refresh_from_db()
    assert channel.is_failing
    client.force_login(admin)
    page = client.get(reverse("channels")).content.decode()
    assert "given up" in page
    assert "500: no_service" in page
    server.answers = (200, "ok", {})
    change_channel(channel=channel, name="Marketing", by=admin, at=at)
    Delivery.objects.filter(pk=failed.pk).update(state="pending", attempts=0, not_before=at)
    deliver(at)
    channel.refresh_from_db()
    assert not channel.is_failing


def test_one_that_fails_does_not_hold_up_its_neighbour(connect, server, settings, now) -> None:
    connect("slack", name="Dead")
    Channel.objects.update(address=seal("http://127.0.0.1:1/"))
    settings.EGRESS_ORIGINS = [*settings.EGRESS_ORIGINS, "http://127.0.0.1:1"]
    connect("teams", name="Alive")
    alarm(now)
    deliver(now)
    assert len(server.got) == 1
    states = Delivery.objects.filter(event__kind="channel.owed").order_by("event__subject_id")
    assert list(states.values_list("state", flat=True)) == ["pending", "done"]


def test_who_is_gone_for_good_is_switched_off(connect, server, now) -> None:
    connect("slack")
    server.answers = (410, "channel_is_archived", {})
    alarm(now)
    deliver(now)
    channel = Channel.objects.get()
    assert not channel.is_on
    assert Event.objects.filter(kind="channel.switched_off", actor=None).exists()
    assert Delivery.objects.get(event__kind="channel.owed").state == "done"


def test_what_is_over_or_put_off_meanwhile_is_not_said(connect, server, now) -> None:
    connect("slack")
    alert = alarm(now)
    deliver_pending(at=now)  # who is to be told is written down
    by = make_user(role=Role.MARKETING)
    snooze(alert=alert, until=now + DAY, words="Known", by=by, at=now)
    deliver(now + MINUTE)
    assert server.got == []
    assert not Delivery.objects.filter(state="pending").exists()


def test_a_channel_of_the_other_side_hears_nothing_and_one_without_instant_neither(
    connect,
    server,
    now,
) -> None:
    connect("slack", name="Only weekly", gets_instant=False)
    alarm(now)
    deliver(now)
    assert server.got == []


def test_the_week_is_told_once_on_monday_morning(connect, server, now) -> None:
    decide(make_source("Fair"), "rrraaaaaaa", now=now - 3 * DAY)  # now: Monday 10:00 in Berlin
    connect("slack", side="marketing")
    Channel.objects.update(week_told_on=None)
    assert owe_weeks(at=now - 4 * HOUR) == 0, "too early"
    assert owe_weeks(at=now) == 1
    assert owe_weeks(at=now) == 0
    assert owe_weeks(at=now + DAY) == 0
    deliver(now)
    (body,) = bodies(server)
    text = json.dumps(body, ensure_ascii=False)
    assert "The week from 23 February" in text
    assert "Last week: 10 decided" in text
    assert "Fair: rejected 3 of 10" in text
    assert owe_weeks(at=now + 7 * DAY) == 1


def test_mails_go_at_once_to_those_it_concerns_and_stop_by_one_click(client, now) -> None:
    told = make_user(role=Role.MARKETING_LEAD)
    make_user(role=Role.MARKETING, alert_mail="off")
    make_user(role=Role.SDR)
    alarm(now)
    deliver(now)
    deliver(now)
    (sent,) = mail.outbox
    assert sent.to == [told.email]
    assert sent.subject == "A source is being rejected"
    assert "10 of the last 10" in sent.body
    assert sent.alternatives[0].mimetype == "text/html"
    assert sent.extra_headers["Message-ID"].startswith("<alert-")
    off = sent.extra_headers["List-Unsubscribe"].strip("<>")
    path = off.partition("//")[2].partition("/")[2]
    assert "Stop alerts by mail?" in client.get(f"/{path}").content.decode()
    assert User.objects.get(pk=told.pk).alert_mail == "on", "opening it changes nothing"
    client.post(f"/{path}")
    stopped = User.objects.get(pk=told.pk)
    assert (stopped.alert_mail, stopped.digest) == ("off", told.digest)


def test_signs_that_mean_something_there_mean_nothing() -> None:
    assert slack_text("<@U1> & <!here>|x\ny") == "&lt;@U1&gt; &amp; &lt;!here&gt;\u2223x y"
    assert teams_text("[a](b) **c**\nd") == "\\[a\\](b) \\*\\*c\\*\\* d"


def test_an_admin_makes_tries_changes_and_ends_one(client, admin, server, now) -> None:
    client.force_login(admin)
    page, sent = reverse("channels"), {"name": "Sales", "kind": "signed", "side": "sales"}
    bad = client.post(page, {**sent, "webhook": "http://10.0.0.1/x"})
    assert bad.status_code == 422
    assert "https://" in bad.content.decode()
    made = client.post(page, {**sent, "webhook": f"{server.url}/hook"})
    assert "whsec_" in made.content.decode()
    assert "whsec_" not in client.get(page).content.decode()
    channel = Channel.objects.get()
    one = reverse("channel", args=[channel.pk])
    client.post(one, {"act": "try"})
    deliver(now + 365 * 10 * DAY)
    assert "Hello from the alignment portal" in server.got[0][2].decode()
    client.post(one, {"name": "Sales team", "side": "sales", "webhook": "", "gets_weekly": "on"})
    client.post(one, {"act": "off"})
    channel.refresh_from_db()
    assert (channel.name, channel.is_on, channel.gets_instant) == ("Sales team", False, False)
    assert client.post(one, {"name": "", "side": "sales"}).status_code == 422
