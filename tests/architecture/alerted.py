"""What the numbers say by themselves, and where that is said: their part of the role table."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.accounts.models import User
from portal.notifications.channel_models import Channel
from portal.watches.models import Alert
from portal.watches.services import snooze
from tests.architecture.entries import ADMIN, SALES_LEAD, SEES_EVERYTHING, Page
from tests.architecture.world import World

READS_ALERTS = SEES_EVERYTHING | SALES_LEAD
SECRETS = "channels belong to the whole company; only admins keep them"


def alerts(world: World, user: User, count: int, **given: Any) -> list[Alert]:
    """Let a watch see so many things that concern the team."""
    figures = {"team": world.team.pk, "name": "Inbound", "n": 3, "waited": 5, "hours": 4,
               "first_due": world.at.isoformat()}  # fmt: skip
    return Alert.objects.bulk_create(
        Alert(
            watch="untouched", subject=f"team:{world.number()}", figures=figures, team=world.team,
            opened_at=world.at, seen_at=world.at, **given,
        )
        for _ in range(count)
    )  # fmt: skip


def past_alerts(world: World, user: User, count: int) -> None:
    alerts(world, user, count, closed_at=world.at)


def put_off(world: World, user: User, count: int) -> None:
    """Let somebody put so many off."""
    until = world.at + timedelta(days=7)
    for one in alerts(world, user, count):
        snooze(alert=one, until=until, words="We know.", by=world.marketing, at=world.at)


def channels(world: World, user: User, count: int) -> list[Channel]:
    return Channel.objects.bulk_create(
        Channel(name=f"Channel {world.number()}", kind="slack", address="sealed", shown="x/…",
                made_by=world.marketing, made_at=world.at)
        for _ in range(count)
    )  # fmt: skip


def of_alert(world: World) -> Mapping[str, Any]:
    """Return the team's first alert, which is made where there is none."""
    first = Alert.objects.filter(team=world.team).order_by("pk").first()
    return {"pk": (first or alerts(world, world.marketing, 1)[0]).pk}


def of_channel(world: World) -> Mapping[str, Any]:
    first = Channel.objects.order_by("pk").first()
    return {"pk": (first or channels(world, world.marketing, 1)[0]).pk}


ALERT_PAGES: dict[str, Page] = {
    "alerts": Page(
        get=READS_ALERTS,
        lists={"": alerts, "state=past": past_alerts, "state=snoozed": put_off},
    ),
    "alert": Page(get=READS_ALERTS, at=of_alert),
    "alert-snooze": Page(post=READS_ALERTS, at=of_alert),
    "alert-wake": Page(post=READS_ALERTS, at=of_alert),
    "channels": Page(get=ADMIN, post=ADMIN, lists={"": channels}),
    "channel": Page(get=ADMIN, post=ADMIN, at=of_channel, shared=SECRETS),
}
