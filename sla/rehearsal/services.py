"""One rehearsal of SLA terms: the past replayed under them, and the people that they need."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leads.handoffs.models import HandoffQuerySet
from portal.accounts.models import Organisation
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts
from sla.calendar.book import CalendarBook
from sla.rehearsal.capacity import Answer, answer
from sla.rehearsal.history import Handling, handling_times, past_days, people_now
from sla.rehearsal.replay import Kept, Replay, replay
from sla.terms.queries import terms_in_force
from sla.terms.text import Terms, parse_terms, terms_of


@dataclass(frozen=True)
class Wishes:
    """What the reader chose: days of history, the share to reach (0-1), and what replaces history.

    ``minutes`` for one lead and the number of ``people`` are None where they are to be measured.
    """

    days: int = 90
    target: float = 0.9
    minutes: int | None = None
    people: int | None = None


@dataclass(frozen=True)
class Rehearsal:
    """What the page shows of whole days in the organisation's zone, ``first`` to ``last``."""

    first: date
    last: date
    after: Replay
    before: Replay | None  # under the terms in force; None when these are they, or there are none
    before_number: int | None
    handling: Handling | None
    people: int
    answer: Answer | None
    why_not: str  # why nothing was simulated

    def before_of(self, kept: Kept) -> Kept | None:
        """Return the promise of the same key in the terms in force."""
        rows = self.before.promises if self.before else ()
        return next((one for one in rows if one.promise.key == kept.promise.key), None)


def terms_of_version(version: Version) -> Terms:
    """Return the frozen terms of a proposed or signed version, those of its clauses otherwise."""
    if version.signed_text:
        return parse_terms(version.signed_text)
    return terms_of(clause_texts(version))


def rehearse(
    version: Version, handoffs: HandoffQuerySet, wishes: Wishes, *, at: datetime
) -> Rehearsal:
    """Rehearse the terms of ``version`` on the whole days before ``at``.

    ``handoffs`` are those that the reader may see. The simulation is seeded by the version, so it
    answers the same until the text or the past changes. Writes nothing.
    """
    terms, zone = terms_of_version(version), ZoneInfo(Organisation.current().zone)
    last = at.astimezone(zone).date() - timedelta(days=1)
    first = last - timedelta(days=wishes.days - 1)
    past = handoffs.live().filter(
        made_at__gte=_midnight(first, zone), made_at__lt=_midnight(last + timedelta(days=1), zone)
    )
    in_force = terms_in_force(at)
    is_other = in_force is not None and in_force[0].pk != version.pk
    handling, people, found, why_not = _capacity(
        terms, past, wishes, days=(first, last), zone=zone, seed=version.pk
    )
    return Rehearsal(
        first=first,
        last=last,
        after=replay(terms, past, at=at),
        before=replay(in_force[1], past, at=at) if in_force and is_other else None,
        before_number=in_force[0].number if in_force and is_other else None,
        handling=handling,
        people=people,
        answer=found,
        why_not=why_not,
    )


def _capacity(
    terms: Terms,
    past: HandoffQuerySet,
    wishes: Wishes,
    *,
    days: tuple[date, date],
    zone: ZoneInfo,
    seed: int,
) -> tuple[Handling | None, int, Answer | None, str]:
    book = CalendarBook.read()
    if not terms.calendars:
        return None, 0, None, _("These terms sign no calendar. Add one to see who could keep them.")
    if not terms.promises:
        return None, 0, None, _("No promise here has a clock, so no number of people can miss it.")
    staff = people_now(terms, book)
    people = wishes.people or len(staff.calendars)
    if not staff.calendars:
        return (
            None,
            0,
            None,
            _("Nobody takes handoffs. Add SDRs to a team to see what they can do."),
        )
    handling = handling_times(past, terms, book, wishes.minutes)
    first, last = days
    history = past_days(past, terms, book, first=first, last=last, zone=zone, handling=handling)
    if not history.arrivals:
        return handling, people, None, _("No lead was handed over in these days. Choose more days.")
    found = answer(history, staff.staff, now=people, target=wishes.target, seed=seed)
    return handling, people, found, ""


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)
