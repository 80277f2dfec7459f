"""What scoring does when something happened."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from leads.database.models import Lead, Stage, Standing
from leads.dispositions.appeals import granted_without_handoff
from portal.accounts.models import Organisation
from portal.events.models import Event, EventLead
from scoring.engine import again
from scoring.engine.cache import refresh
from scoring.engine.following import opening_of
from scoring.engine.manifest import folder, read_manifest
from scoring.engine.warming import ask_for_columns


def wake_on_recycle_date(events: Sequence[Event], at: datetime) -> None:
    """Have the sweep look at recycled leads again when their date comes."""
    ids = EventLead.objects.filter(event__in=events).values("lead_id")
    zone = ZoneInfo(Organisation.current().zone)
    leads = Lead.objects.filter(pk__in=ids, stage=Stage.RECYCLED, recycle_on__isnull=False)
    by_day: dict[datetime, list[int]] = {}
    for pk, day in leads.values_list("pk", "recycle_on"):
        by_day.setdefault(opening_of(day, zone), []).append(pk)
    for instant, lead_ids in by_day.items():
        later = Q(valid_until=None) | Q(valid_until__gt=instant)
        Standing.objects.filter(later, lead__in=lead_ids).update(valid_until=instant)


def forget_columns(events: Sequence[Event], at: datetime) -> None:
    """``lead.erased``: build this machine's columns of those leads anew; others when they look.

    Files that no manifest tells of are removed: nobody reads them, but the person stands in them.
    """
    if folder().is_dir():
        refresh(at=at, most=None if read_manifest() is not None else 0)


def renew_columns(events: Sequence[Event], at: datetime) -> None:
    """What changed much is read into the columns by a worker, before a page asks for it."""
    ask_for_columns()


def hand_over_again(events: Sequence[Event], at: datetime) -> None:
    """``appeal.answered``: a granted appeal sends its lead to sales again, once."""
    for appeal in granted_without_handoff([event.subject_id for event in events]):
        again.hand_over_again(appeal, at=at)
