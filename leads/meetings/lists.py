"""What the pages about meetings read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.database.models import Lead
from leads.meetings.models import LONGEST, Meeting
from portal.accounts.models import User
from portal.core.paging import Page, keyset_page

ON_THE_LEAD = 10
UNSAID = timedelta(days=30)  # how long one is asked whether a meeting took place
MOST_UNSAID = 50


@dataclass(frozen=True)
class MyMeetings:
    """One person's meetings: to come, and over without anybody having said how."""

    page: Page[Meeting]
    unsaid: list[Meeting]
    seen: set[int]  # leads this person may open
    clashing: set[int]  # meetings that run into another one of their host

    @property
    def is_empty(self) -> bool:
        return not self.page.rows and not self.unsaid


def meetings_of_lead(lead: Lead, *, at: datetime) -> list[Meeting]:
    """Return a lead's meetings, those to come first, then the latest; one query."""
    rows = Meeting.objects.filter(lead=lead, cancelled_at=None).select_related("host")
    found = list(rows.order_by("-starts_at", "-pk")[:ON_THE_LEAD])
    coming = sorted((one for one in found if one.ends_at > at), key=lambda one: one.starts_at)
    return coming + [one for one in found if one.ends_at <= at]


def my_meetings(user: User, *, at: datetime, cursor: str) -> MyMeetings:
    """Return one page of what this person hosts or booked, the next first; a fixed cost."""
    mine = Meeting.objects.of(user).planned().for_list()
    since = at - timedelta(minutes=LONGEST)  # what began this long ago may still run
    coming = mine.filter(starts_at__gt=since)
    page = keyset_page(coming, order=("starts_at", "pk"), cursor=cursor)
    over = mine.filter(starts_at__lte=at, starts_at__gt=at - UNSAID)
    unsaid = [one for one in over.order_by("-starts_at", "-pk")[:MOST_UNSAID] if one.ends_at <= at]
    page = Page([one for one in page.rows if one.ends_at > at], page.next, page.previous)
    leads = {one.lead_id for one in [*page, *unsaid]}
    seen = Lead.objects.visible_to(user, among=leads).values_list("pk", flat=True)
    return MyMeetings(page, unsaid, set(seen), _clashing(page.rows))


def _clashing(meetings: Sequence[Meeting]) -> set[int]:
    """Return the meetings of this page that run into another of the same host."""
    found: set[int] = set()
    last: dict[int, Meeting] = {}
    for one in meetings:  # in the order in which they begin
        before = last.get(one.host_id)
        if before is not None and before.ends_at > one.starts_at:
            found |= {before.pk, one.pk}
        if before is None or one.ends_at > before.ends_at:
            last[one.host_id] = one
    return found
