"""What the two sides contest, and whom they meet: appeals and meetings of the last days."""

from datetime import datetime, timedelta

from django.db.models import F

from leads.database.models import Lead, Stage
from leads.dispositions.appeals import answer, contest
from leads.dispositions.models import Disposition, Effect, Outcome
from leads.handoffs.models import Handoff
from leads.meetings.models import Meeting
from leads.meetings.services import book, hold
from portal.accounts.models import User
from portal.demo.people import Cast
from portal.leadpage.slots import free_times
from sla.calendar.hours import WorkingCalendar

# Why marketing contests, and what the sales lead answers; None waits.
APPEALS: tuple[tuple[str, tuple[bool, str] | None], ...] = (
    ("Their CFO asked for the price list an hour after the call.", None),
    ("The title was wrong in the form: she leads the department, see her profile.", None),
    ("They renewed with the competitor for three months only, and said so at our webinar.",
     (True, "Three months is our window. Call them again, with the offer for switching.")),
    ("Fifty people work there, that is inside the ICP that we signed.",
     (False, "Fifty in the group, eight in the unit that would use it. The call was right.")),
    ("He came back to the pricing page twice since.",
     (False, "He looks for a thesis. I asked him myself.")),
)  # fmt: skip
SUBJECTS = (
    "First conversation",
    "Demo with their numbers",
    "Offer and terms",
    "Pilot, who and when",
)
PLACES = ("https://meet.example/room-1", "https://meet.example/room-2", "By phone", "")
LENGTH = timedelta(minutes=45)


def contest_some(cast: Cast, until: datetime) -> None:
    """Let marketing contest the newest rejections; some are answered, one is granted."""
    rejections = (
        Disposition.objects.standing()
        .filter(outcome=Outcome.REJECTED, origin="live", decided_at__lt=until - timedelta(hours=30))
        .filter(handoff__lead__stage__in=[Stage.RECYCLED, Stage.DISQUALIFIED])
        .filter(handoff__lead__duplicate_of=None)
        .exclude(reason__effect=Effect.DUPLICATE)
        .select_related("handoff__lead")
        .order_by("-decided_at", "-pk")
    )
    for number, (one, (why, said)) in enumerate(
        zip(rejections[: len(APPEALS)], APPEALS, strict=False)
    ):
        by = cast.marketing[number % len(cast.marketing)]
        asked = until - timedelta(hours=3 + 5 * number)
        made = contest(disposition=one, by=by, words=why, at=asked)
        if said is not None:
            granted, words = said
            at = asked + timedelta(hours=2)
            answer(appeal=made, by=cast.sales_lead, at=at, is_granted=granted, words=words)


def meet_some(cast: Cast, calendar: WorkingCalendar, until: datetime) -> None:
    """Book meetings of the last and the next days; their mails count as sent."""
    accepted = Lead.objects.filter(
        stage__in=[Stage.SQL, Stage.OPPORTUNITY], owner__in=cast.executives
    )
    sqls = list(accepted.select_related("owner").order_by("-pk")[:14])
    for lead in sqls[::2]:
        _meet(lead, lead.owner, cast.sdrs[lead.pk % len(cast.sdrs)], calendar, until)
    for lead in sqls[1::2]:
        begun = until - timedelta(days=4)
        made = _meet(lead, lead.owner, cast.sdrs[lead.pk % len(cast.sdrs)], calendar, begun)
        if made is not None and made.ends_at <= until and lead.pk % 2:
            hold(meeting=made, by=made.host, at=made.ends_at)
    for sdr in cast.sdrs[:3]:
        mine = Handoff.objects.open().filter(owner=sdr).order_by("pk")[:2]
        for handoff in mine:
            _meet(handoff.lead, sdr, sdr, calendar, until)
    Meeting.objects.update(sent_sequence=F("sequence"))  # nobody in a demo is written to


def _meet(
    lead: Lead, host: User | None, by: User, calendar: WorkingCalendar, at: datetime
) -> Meeting | None:
    """Book the host's next free time but a few, so that not all meet at nine."""
    if host is None:
        return None
    taken = Meeting.objects.filter(host=host, starts_at__gt=at - timedelta(days=1))
    busy = [(one.starts_at, one.ends_at) for one in taken]
    free = free_times(calendar, busy, at=at, length=LENGTH)
    if not free:
        return None
    pick = lead.pk % len(SUBJECTS)
    return book(
        lead=lead,
        handoff=lead.handoffs.order_by("-pk").first(),
        host=host,
        starts_at=free[pick % len(free)],
        minutes=int(LENGTH.total_seconds()) // 60,
        subject=SUBJECTS[pick],
        place=PLACES[pick],
        invites_lead=bool(lead.email) and not lead.do_not_email,
        by=by,
        at=at,
    )
