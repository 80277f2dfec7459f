"""The funnel of a large company, kept for ten minutes and shown with its age.

Counting a million leads takes a database seconds, so one tally of the longest window, by month
and source, is kept in one row, and each choice of months and source is a part of it. A beat counts
anew every five minutes; who comes when that is not so, or asks for it, counts and keeps. A small
company is counted live at each visit, and nothing of it is kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from leads.database.counting import count
from leads.database.models import StageChange
from leads.database.tally import Tally, Window
from portal.accounts.models import Organisation
from portal.core.instants import whole_second
from portal.dashboards.models import KeptFunnel

CHOICES = (3, 6, 12, 24)  # months
FRESH, RENEWED = timedelta(minutes=10), timedelta(minutes=4)
LARGE = 20_000  # stage changes, by their highest number, from which on counting takes too long
FORM = 1  # of the rows: another number when what a tally holds changes


@dataclass(frozen=True)
class Counted:
    """A tally of the asked months and source; ``kept_since`` None: counted for this visit."""

    tally: Tally
    window: Window
    kept_since: datetime | None


def funnel_of(
    months: int, source: int | None, organisation: Organisation, *, at: datetime, anew: bool = False
) -> Counted:
    """Return the funnel of so many months: as of now, or of at most ten minutes ago where large.

    ``anew``: of now in any case. Then, and where nothing fresh is kept, it is counted and kept:
    two who do that at once both count, and either row is right.
    """
    zone = ZoneInfo(organisation.zone)
    if not is_large():
        window = months_until(at, months, zone)
        tally = count(window, at=at, currency=organisation.currency, source=source)
        return Counted(tally, window, None)
    kept = None if anew else _kept(organisation, at=at, within=FRESH)
    whole = _keep(organisation, at=at) if kept is None else kept
    window = months_until(whole.at, months, zone)
    return Counted(whole.narrowed(window, source), window, whole.at)


def keep_funnel(*, at: datetime) -> bool:
    """Count a large company's funnel and keep it, unless somebody did so a moment ago.

    Tells whether it counted. Safe to run twice and two at once.
    """
    organisation = Organisation.current()
    if not is_large() or _kept(organisation, at=at, within=RENEWED) is not None:
        return False
    _keep(organisation, at=at)
    return True


def is_large() -> bool:
    """Tell whether counting all leads takes too long for a visit. One look into an index."""
    highest = StageChange.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (highest or 0) > LARGE


def _kept(organisation: Organisation, *, at: datetime, within: timedelta) -> Tally | None:
    """Return what is kept, if it is of this zone and currency and not older than ``within``."""
    row = KeptFunnel.objects.filter(
        zone=organisation.zone, currency=organisation.currency, form=FORM,
        counted_at__gt=at - within, counted_at__lte=at,
    ).first()  # fmt: skip
    if row is None:
        return None
    return replace(_empty(row.counted_at, ZoneInfo(row.zone)), **row.rows)


def _keep(organisation: Organisation, *, at: datetime) -> Tally:
    """Count all that can be asked for, and put it in the place of what was kept."""
    at, zone = whole_second(at), ZoneInfo(organisation.zone)
    *shorter, longest = (months_until(at, months, zone) for months in CHOICES)
    tally = count(longest, at=at, currency=organisation.currency, shorter=shorter)
    given = {"currency": organisation.currency, "form": FORM, "counted_at": at}
    with transaction.atomic():
        KeptFunnel.objects.exclude(zone=organisation.zone).delete()
        KeptFunnel.objects.update_or_create(
            zone=organisation.zone, defaults=given | {"rows": tally.rows()}
        )
    return tally


def _empty(at: datetime, zone: ZoneInfo) -> Tally:
    months = months_until(at, max(CHOICES), zone).months
    return Tally(at=at, zone=zone, months=months, came=(), reached=(), entered=(), firsts=(),
                 here=(), won=(), medians=())  # fmt: skip


def months_until(at: datetime, months: int, zone: ZoneInfo) -> Window:
    """Return the window of so many calendar months, the running one included."""
    this = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    number = this.year * 12 + this.month - 1
    first, after = number - months + 1, number + 1
    begins = this.replace(year=first // 12, month=first % 12 + 1)
    return Window(begins, this.replace(year=after // 12, month=after % 12 + 1), zone)
