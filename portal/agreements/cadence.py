"""The rhythm of reviews: what is due, what was said, what was decided.

For each agreement that has been in force one check-in and one review are due at any time. Holding
one keeps its agenda as the numbers stood, and makes the next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.agreements.agenda import AgendaAsk, AgendaItem, agenda_for
from portal.agreements.cadence_models import Decision, Review, Rhythm
from portal.agreements.drafts import EDITORS
from portal.agreements.models import Agreement, Version
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.models import Event
from portal.events.services import record

EVERY = {Rhythm.CHECK_IN: timedelta(days=14), Rhythm.QUARTERLY: timedelta(days=91)}
AHEAD = timedelta(days=3)  # how long before it is due people are reminded
LONGEST = 20_000  # characters of minutes
LONGEST_DECISION = 2000
WRITERS = EDITORS | {Role.LEADERSHIP}


class StaleMinutes(Conflict):
    """Somebody else wrote minutes meanwhile; ``current`` has theirs."""

    code = "stale_minutes"

    def __init__(self, current: Review) -> None:
        who = current.changed_by.name if current.changed_by else _("Somebody")
        super().__init__(_("%s has written minutes since you opened them.") % who)
        self.current = current


def require_writer(by: User) -> None:
    """Raise NotAllowed unless this person keeps minutes."""
    if by.role not in WRITERS:
        raise NotAllowed(
            _("Marketing, sales leads and leadership hold reviews. You may read along.")
        )


def schedule(*, at: datetime) -> int:
    """Make the reviews that are missing; return how many. Twice and two at once is no harm."""
    made = 0
    begun = Version.objects.filter(effective_from__lte=at).order_by("effective_from")
    for agreement in Agreement.objects.filter(versions__in=begun).distinct():
        first = begun.filter(agreement=agreement).values_list("effective_from", flat=True).first()
        for rhythm in Rhythm:
            made += _make_due(agreement, rhythm, first or at)
    return made


def _make_due(agreement: Agreement, rhythm: Rhythm, first: datetime) -> int:
    rows = Review.objects.filter(agreement=agreement, rhythm=rhythm)
    if rows.filter(held_at=None).exists():
        return 0
    last = rows.order_by("-held_at").values_list("held_at", flat=True).first()
    try:
        with transaction.atomic():
            due = whole_second((last or first) + EVERY[rhythm])
            Review.objects.create(agreement=agreement, rhythm=rhythm, due_at=due)
    except IntegrityError:  # somebody else made it at the same instant
        return 0
    return 1


def remind(*, at: datetime) -> int:
    """Record once that a review is coming up, and once that it is overdue; return how many.

    Whoever is to be told is told by what follows from the event (portal/lifecycle.py).
    """
    at = whole_second(at)
    told = 0
    for pk in Review.objects.filter(held_at=None, due_at__lte=at + AHEAD).values_list(
        "pk", flat=True
    ):
        with transaction.atomic():
            row = Review.objects.select_for_update().get(pk=pk)
            kind = "review.overdue" if row.due_at < at else "review.due"
            label = Review._meta.label_lower
            said = Event.objects.filter(kind=kind, subject_type=label, subject_id=pk)
            if row.held_at is None and not said.exists():
                record(
                    kind, subject=row, actor=None, at=at, payload={"due_at": row.due_at.isoformat()}
                )
                told += 1
    return told


def agenda_of(review: Review, *, reader: User, at: datetime) -> list[AgendaItem]:
    """Return the agenda: kept where the review was held, else drawn from the numbers now."""
    if review.agenda is not None:
        return [AgendaItem(**item) for item in review.agenda]
    since = at - EVERY[Rhythm(review.rhythm)]
    return agenda_for(AgendaAsk(review.agreement, since, at, reader))


@transaction.atomic
def write_minutes(*, review: Review, minutes: str, revision: int, by: User, at: datetime) -> Review:
    """Keep the minutes. Raises StaleMinutes when somebody else wrote since they were opened."""
    require_writer(by)
    minutes = minutes.replace("\x00", "").strip()
    if len(minutes) > LONGEST:
        raise DomainError(_("Keep the minutes under 20,000 characters."))
    row = _lock(review)
    if row.revision != revision and row.minutes != minutes:
        raise StaleMinutes(row)
    if row.minutes == minutes:
        return row
    row.minutes, row.revision, row.changed_by = minutes, row.revision + 1, by
    row.save(update_fields=["minutes", "revision", "changed_by"])
    record("review.written", subject=row, actor=by, at=at, payload={"revision": row.revision})
    return row


@transaction.atomic
def decide(
    *,
    review: Review,
    text: str,
    by: User,
    at: datetime,
    version: Version | None = None,
    key: str = "",
) -> Decision:
    """Write a decision down, with the draft and sentence that carries it out where there is one."""
    require_writer(by)
    text, at = text.replace("\x00", "").strip(), whole_second(at)
    if not text:
        raise DomainError(_("Say what was decided."))
    if len(text) > LONGEST_DECISION:
        raise DomainError(_("Keep a decision under 2,000 characters."))
    row = _lock(review)
    if version is not None and version.agreement_id != row.agreement_id:
        raise DomainError(_("That draft belongs to another agreement."))
    if key and (version is None or not version.clauses.filter(key=key).exists()):
        raise DomainError(_("That draft has no such sentence. Choose another, or none."))
    made = Decision.objects.create(review=row, text=text, by=by, at=at, version=version, key=key)
    payload = {"decision": made.pk, "version": version.pk if version else None, "clause": key}
    record("review.decided", subject=row, actor=by, at=at, payload=payload)
    return made


@transaction.atomic
def hold(*, review: Review, agenda: Sequence[AgendaItem], by: User, at: datetime) -> Review:
    """Close a review with its agenda as the numbers stood, and make the next one."""
    require_writer(by)
    at = whole_second(at)
    row = _lock(review)
    if row.held_at is not None:
        raise Conflict(_("This review has been held already."))
    if not row.minutes and not row.decisions.exists():
        raise DomainError(_("Write minutes or a decision first: what was said is the point of it."))
    row.agenda = [{"title": one.title, "sentence": one.sentence, "url": one.url} for one in agenda]
    row.held_at, row.held_by = at, by
    row.save(update_fields=["agenda", "held_at", "held_by"])
    record("review.held", subject=row, actor=by, at=at, payload={"rhythm": row.rhythm})
    due = at + EVERY[Rhythm(row.rhythm)]
    Review.objects.create(agreement=row.agreement, rhythm=row.rhythm, due_at=due)
    return row


def _lock(review: Review) -> Review:
    rows = Review.objects.select_for_update(of=("self",)).select_related("agreement")
    return rows.get(pk=review.pk)


def overdue_kinds(*, at: datetime) -> dict[str, Review]:
    """Return the oldest review that is overdue, by the agreement's kind; one query."""
    rows = Review.objects.filter(held_at=None, due_at__lt=at).select_related("agreement")
    found: dict[str, Review] = {}
    for row in rows.order_by("due_at", "pk")[:50]:
        found.setdefault(row.agreement.kind, row)
    return found
