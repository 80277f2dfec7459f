"""Holding a rejection review: choosing the handoffs, votes of both sides, minutes, the draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition, Outcome
from portal.accounts.models import Side, User
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts
from portal.agreements.services import require_editor, start_draft
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record
from scoring.definitions.registration import VOCABULARY
from scoring.definitions.services import definition_in_force
from scoring.feedback.learning import amended
from scoring.feedback.looking import READERS
from scoring.reviewing.models import RejectionReview, ReviewedHandoff, Vote
from scoring.rules.schema import validate_version

MOST = 50
LONGEST_WORDS = 500
LONGEST_MINUTES = 20_000
TWICE = timedelta(minutes=1)  # the same form within it is the same press


class StaleVote(Conflict):
    """Somebody of the same side voted since this one was opened; ``current`` is theirs."""

    code = "stale_vote"

    def __init__(self, current: Vote) -> None:
        words = {"who": current.by.name, "side": current.get_side_display(),
                 "call": current.get_call_display()}  # fmt: skip
        super().__init__(
            _("%(who)s has voted for %(side)s since you opened this: %(call)s. Yours is kept "
              "below; save again to put it in its place.") % words
        )  # fmt: skip
        self.current = current


class StaleMinutes(Conflict):
    """Somebody else wrote the minutes meanwhile; ``current`` has theirs."""

    code = "stale_minutes"

    def __init__(self, current: RejectionReview) -> None:
        who = current.changed_by.name if current.changed_by else _("Somebody")
        super().__init__(_("%s has written the minutes since you opened them.") % who)
        self.current = current


@dataclass(frozen=True)
class Said:
    """What one side says of one handoff. ``revision`` is of the vote that was read, 0 for none."""

    side: str
    call: str
    change: str = Vote.Change.NOTHING
    rule: str = ""
    words: str = ""
    revision: int = 0


def start_review(
    rows: QuerySet[Disposition],
    *,
    title: str,
    query: str,
    is_apart: bool,
    by: User,
    at: datetime,
    most: int = MOST,
) -> RejectionReview:
    """Start a review of the newest rejections among ``rows``, contested ones first.

    ``rows`` are dispositions this person may see. The same form sent twice is one review.
    Raises DomainError when nothing was rejected there or the title is missing.
    """
    _require_reader(by)
    title, at = clean_text(title), whole_second(at)
    if not title or len(title) > 120:
        raise DomainError(_("Give the review a name of at most 120 characters."))
    doubled = Case(
        When(Q(appeal__isnull=False) | Q(wrong_rules__isnull=False), then=Value(0)),
        default=Value(1),
    )
    newest = rows.filter(outcome=Outcome.REJECTED).order_by("-decided_at", "-pk")[:most]
    chosen = Disposition.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
    ids = list(chosen.order_by(doubled, "-decided_at", "-pk").values_list("pk", flat=True))
    if not ids:
        raise DomainError(_("Nothing was rejected here: choose other days or another filter."))
    return _stored(ids, title=title, query=query[:500], is_apart=is_apart, by=by, at=at)


@transaction.atomic
def _stored(
    ids: Sequence[int], *, title: str, query: str, is_apart: bool, by: User, at: datetime
) -> RejectionReview:
    User.objects.select_for_update().get(pk=by.pk)  # two presses wait for each other
    given = {"title": title, "query": query, "is_apart": is_apart, "started_by": by}
    before = RejectionReview.objects.filter(**given, started_at__gt=at - TWICE, ended_at=None)
    if found := before.first():
        return found
    review = RejectionReview.objects.create(**given, started_at=at)
    ReviewedHandoff.objects.bulk_create(
        ReviewedHandoff(review=review, place=place, disposition_id=pk)
        for place, pk in enumerate(ids, start=1)
    )
    record("rejection_review.started", subject=review, actor=by, at=at,
           payload={"handoffs": len(ids)})  # fmt: skip
    return review


def may_vote(user: User, review: RejectionReview) -> frozenset[str]:
    """Return the sides this person may vote for.

    Together, one person at the screen writes down what either side says; apart, each side its
    own. Who belongs to no side only reads along then.
    """
    if user.role not in READERS or review.ended_at is not None:
        return frozenset()
    if not review.is_apart:
        return frozenset(Side.values)
    return frozenset([str(user.side)]) if user.side else frozenset()


@transaction.atomic
def vote(*, handoff: ReviewedHandoff, said: Sequence[Said], by: User, at: datetime) -> list[Vote]:
    """Write down what one side or both say of one handoff; the same again changes nothing.

    All or nothing. Raises NotAllowed for a side that is not theirs, Conflict once the review has
    ended, StaleVote when somebody voted for that side since, DomainError where something is
    missing. Locks the handoff's row of the review.
    """
    row = ReviewedHandoff.objects.select_for_update(of=("self",)).get(pk=handoff.pk)
    review = RejectionReview.objects.get(pk=row.review_id)
    _require_reader(by)
    _require_running(review)
    allowed = may_vote(by, review)
    at = whole_second(at)
    if not said:
        raise DomainError(_("Say whether it was the right or the wrong call."))
    stored = {one.side: one for one in row.votes.select_related("by")}
    return [_voted(row, one, stored.get(one.side), allowed, by=by, at=at) for one in said]


def _voted(
    row: ReviewedHandoff,
    said: Said,
    current: Vote | None,
    allowed: frozenset[str],
    *,
    by: User,
    at: datetime,
) -> Vote:
    if said.side not in allowed:
        raise NotAllowed(_("Here each side votes for itself. Read along, or ask the other side."))
    given = _checked(said)
    if current is not None:
        if all(getattr(current, name) == value for name, value in given.items()):
            return current
        if current.revision != said.revision:
            raise StaleVote(current)
    found, is_new = Vote.objects.update_or_create(
        handoff=row,
        side=said.side,
        defaults=given | {"by": by, "at": at, "revision": current.revision + 1 if current else 1},
    )
    payload = {"place": row.place, "side": said.side, "call": said.call, "changed": not is_new}
    record("rejection_review.voted", subject=row.review, actor=by, at=at, payload=payload)
    return found


def _checked(said: Said) -> dict[str, str]:
    words = clean_text(said.words)
    if said.call not in Vote.Call.values:
        raise DomainError(_("Say whether it was the right or the wrong call."))
    if said.change not in Vote.Change.values:
        raise DomainError(_("Choose what should change, or nothing."))
    asks_rule = said.change in {Vote.Change.FEWER, Vote.Change.DROP}
    if asks_rule and not said.rule:
        raise DomainError(_("Choose the rule that should change."))
    if said.change == Vote.Change.MISSING and not words:
        raise DomainError(_("Say in words which rule is missing."))
    if len(words) > LONGEST_WORDS:
        raise DomainError(_("Say it in at most 500 characters."))
    rule = said.rule[:60] if asks_rule else ""
    return {"call": said.call, "change": said.change, "rule": rule, "words": words}


@transaction.atomic
def write_minutes(
    *, review: RejectionReview, minutes: str, revision: int, by: User, at: datetime
) -> RejectionReview:
    """Keep the minutes; also after the end. Raises StaleMinutes when somebody wrote since."""
    _require_reader(by)
    minutes = clean_text(minutes)
    if len(minutes) > LONGEST_MINUTES:
        raise DomainError(_("Keep the minutes under 20,000 characters."))
    row = _locked(review)
    if row.minutes == minutes:
        return row
    if row.revision != revision:
        raise StaleMinutes(row)
    row.minutes, row.revision, row.changed_by = minutes, row.revision + 1, by
    row.save(update_fields=["minutes", "revision", "changed_by"])
    payload = {"revision": row.revision}
    record("rejection_review.written", subject=row, actor=by, at=at, payload=payload)
    return row


@transaction.atomic
def draft_changes(
    *,
    review: RejectionReview,
    changes: Sequence[tuple[str, str, dict[str, Any] | None, str]],
    version: Version,
    by: User,
    at: datetime,
) -> Version:
    """Start a draft of ``version`` with (kind, key, body, argument) changes; None: it goes.

    Nothing touches the version in force. Raises NotAllowed for who does not co-edit, Conflict
    when another version is in force by now or the review has its draft, DomainError when nothing
    is chosen or the changes do not go together. Locks the review.
    """
    require_editor(by)
    at = whole_second(at)
    if not changes:
        raise DomainError(_("Choose at least one change."))
    row = _locked(review)
    if row.draft_id is not None:
        raise Conflict(_("This review has its draft already. Open it and go on there."))
    found = definition_in_force(at)
    if found is None or found[0].pk != version.pk:
        raise Conflict(_("Another version is in force since. Look at the changes again."))
    clauses = amended(clause_texts(version), changes)
    if problems := validate_version(clauses, VOCABULARY):
        first = problems[0].sentence
        raise DomainError(_("These changes do not go together: %s") % first)
    note = "\n".join([_("From “%s”:") % row.title, *(argument for *_rest, argument in changes)])
    draft = start_draft(
        agreement=version.agreement, by=by, at=at, based_on=version, clauses=clauses, note=note
    )
    row.draft = draft
    row.save(update_fields=["draft"])
    payload = {"draft": draft.number, "changes": len(changes)}
    record("rejection_review.drafted", subject=row, actor=by, at=at, payload=payload)
    return draft


@transaction.atomic
def end_review(*, review: RejectionReview, by: User, at: datetime) -> RejectionReview:
    """Close the votes; minutes and draft stay open. Twice is once. Locks the review."""
    _require_reader(by)
    row = _locked(review)
    if row.ended_at is not None:
        return row
    row.ended_at, row.ended_by = whole_second(at), by
    row.save(update_fields=["ended_at", "ended_by"])
    votes = Vote.objects.filter(handoff__review=row).count()
    record("rejection_review.ended", subject=row, actor=by, at=at, payload={"votes": votes})
    return row


def _locked(review: RejectionReview) -> RejectionReview:
    rows = RejectionReview.objects.select_for_update(of=("self",))
    return rows.select_related("changed_by").get(pk=review.pk)


def _require_reader(by: User) -> None:
    if by.role not in READERS:
        raise NotAllowed(_("Marketing, sales leads and leadership hold rejection reviews."))


def _require_running(review: RejectionReview) -> None:
    if review.ended_at is not None:
        raise Conflict(_("This review has ended: its votes stand as they are."))
