"""Whom a step turns to, and when they work; read once for a set of steps."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from portal.accounts.models import Role, User
from sla.calendar.book import CalendarBook, choices_of
from sla.calendar.hours import WorkingCalendar
from sla.calendar.opening import opens_from
from sla.calendar.services import OFFICE_HOURS
from sla.escalations.models import Escalation
from sla.terms.ladder import Act
from sla.terms.queries import SignedTerms


class Recipients:
    """Owners and sales leads of the handoffs of some steps, with their calendars."""

    def __init__(self, steps: Sequence[Escalation], at: datetime) -> None:
        self.at = at
        self._leads = _sales_leads({step.clock.handoff.team_id for step in steps})
        quiet = any(step.is_quiet for step in steps)
        people = {user.pk for step in steps for user in self.of(step)} if quiet else set()
        self._choices = choices_of(people)
        self._book = CalendarBook.read() if quiet else CalendarBook(())
        self._signed = SignedTerms.read() if quiet else SignedTerms(())

    def of(self, step: Escalation) -> list[User]:
        """Return whom a telling step tells: the owner, or the team's sales leads."""
        owner = step.clock.handoff.owner
        if step.act == Act.TELL_MANAGER:
            return self._leads.get(step.clock.handoff.team_id, [])
        return [owner] if owner is not None and owner.is_active else []

    def responsible(self, step: Escalation) -> User | None:
        """Return who gets a follow-up: the owner, a sales lead while nobody has the handoff."""
        owner = step.clock.handoff.owner
        if owner is not None and owner.is_active:
            return owner
        return next(iter(self._leads.get(step.clock.handoff.team_id, [])), None)

    def ready(self, step: Escalation, people: Sequence[User]) -> tuple[list[User], datetime | None]:
        """Return who is told now, and when the next of the others opens; None when all are."""
        ready, waits = [], []
        for user in people:
            if user.pk in step.told:
                continue
            opens = self._opens(step, user) if step.is_quiet else self.at
            if opens <= self.at:
                ready.append(user)
            else:
                waits.append(opens)
        return ready, min(waits, default=None)

    def _opens(self, step: Escalation, user: User) -> datetime:
        """Return when this person next works: ``at`` when they do.

        By their own calendar, else office hours, else the clock's.
        """
        signed = self._signed.of_version(step.clock.version_id).calendars
        for slug in (self._choices.get(user.pk, OFFICE_HOURS), step.clock.calendar):
            calendar: WorkingCalendar | None = self._book.find(slug, signed)
            if calendar is not None:
                try:
                    return opens_from(calendar, self.at)
                except ValueError:  # it never opens: nobody waits for that
                    return self.at
        return self.at


def _sales_leads(team_ids: set[int | None]) -> dict[int | None, list[User]]:
    """Return the active sales leads by team, in one statement."""
    members = (
        User.objects.filter(
            memberships__team__in=[pk for pk in team_ids if pk is not None],
            role=Role.SALES_LEAD,
            is_active=True,
        )
        .annotate(of_team=F("memberships__team"))
        .order_by("pk")
    )
    found: dict[int | None, list[User]] = {}
    for user in members:
        found.setdefault(user.of_team, []).append(user)
    return found
