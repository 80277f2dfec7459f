"""What people of the world say to each other about a lead: an appeal, a meeting."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from leads.dispositions.appeals import contest
from leads.dispositions.models import Appeal, Disposition
from leads.handoffs.models import Handoff
from leads.meetings.models import Meeting
from leads.meetings.services import book


class Talk:
    """A part of ``World``, which has what is only named here."""

    at: datetime
    sdr: Any
    executive: Any
    marketing: Any
    lead: Any
    decision: Any
    reject: Callable[..., list[Disposition]]
    hand_over: Callable[[int], list[Handoff]]

    @cached_property
    def rejection(self) -> Disposition:
        """The SDR's rejection of today."""
        return self.reject(self.hand_over(1))[0]

    @cached_property
    def appeal(self) -> Appeal:
        """What marketing says against it; nobody has answered."""
        return contest(
            disposition=self.rejection, by=self.marketing, words="Look again.", at=self.at
        )

    @cached_property
    def meeting(self) -> Meeting:
        """One to come with the SQL, booked by the SDR, hosted by the account executive."""
        return book(
            lead=self.lead,
            handoff=self.decision.handoff,
            host=self.executive,
            starts_at=self.at + timedelta(days=1),
            minutes=30,
            subject="First conversation",
            by=self.sdr,
            at=self.at,
        )
