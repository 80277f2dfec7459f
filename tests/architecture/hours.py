"""What the addresses of clocks and calendars need in their path."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sla.calendar.models import Calendar
from sla.calendar.services import make_calendar, save_day
from sla.scoreboard.feed import make_feed
from tests.architecture.world import World

HOURS = "when work is done is everybody's to read; sales leads and admins of any team keep it"
WEEK = {"0": [["09:00", "17:00"]]}


def of_clock(world: World) -> Mapping[str, Any]:
    return {"clock_id": world.clock.pk}


def of_calendar(world: World) -> Mapping[str, Any]:
    assert world.clock, "calendars come with the terms"
    return {"slug": "office-hours"}


def of_own_calendar(world: World) -> Mapping[str, Any]:
    """One that no terms sign: its week may be changed."""
    boss = world.people["sales_lead"]
    if not Calendar.objects.filter(slug="early-shift").exists():
        make_calendar(name="Early shift", zone="UTC", week=WEEK, by=boss, at=world.at)
    return {"slug": "early-shift"}


def of_calendar_day(world: World) -> Mapping[str, Any]:
    office = Calendar.objects.get(**of_calendar(world))
    day = (world.at + timedelta(days=2)).date()
    row = save_day(calendar=office, day=day, name="Day off", by=None, at=world.at)
    return {"slug": office.slug, "pk": row.pk}


def of_feed(world: World) -> Mapping[str, Any]:
    """An SDR's calendar subscribes to their due times."""
    return {"secret": make_feed(user=world.people["sdr"], at=world.at)}
