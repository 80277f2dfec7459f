"""Amendments: looking for them, putting them into a draft, leaving them for now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agreements.models import Agreement, Version
from portal.agreements.queries import clause_texts
from portal.agreements.services import require_editor, start_draft
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.events.services import record, record_each
from scoring.definitions.registration import VOCABULARY
from scoring.definitions.services import definition_in_force, definitions_in_force
from scoring.feedback.learning import Learned, amended, learn_from
from scoring.feedback.models import Amendment, Learning
from scoring.feedback.words import argument_sentences, title_of
from scoring.rules.schema import validate_version

QUIET = timedelta(days=90)  # what was left "for now" is not proposed again before
LONGEST_WORDS = 300


def learn(*, at: datetime, by: User | None = None) -> Learning | None:
    """Look for amendments to the definition for everybody; None before there is one.

    The numbers are worked out first, without a lock. Then, in one transaction that locks the
    agreement, open amendments of the version are brought up to date, new ones added, and those
    that the numbers no longer say are closed. Twice, or two at once, ends the same.
    """
    if by is not None:
        require_editor(by)
    found = definition_in_force(at)
    return None if found is None else _learn(found[0], at=whole_second(at), by=by)


def learn_of_all(*, at: datetime, by: User | None = None) -> list[Learning]:
    """Look for amendments to each definition in force: that for everybody first, then segments'.

    As ``learn``, one transaction for each. Empty before a definition is in force.
    """
    if by is not None:
        require_editor(by)
    found = definitions_in_force(at)
    if found is None:
        return []
    members = (found.default, *found.members[:-1])
    return [_learn(one.version, at=whole_second(at), by=by) for one in members]


def _learn(found: Version, *, at: datetime, by: User | None) -> Learning:
    version = Version.objects.select_related("agreement").get(pk=found.pk)
    return _store(version, learn_from(version, at=at), at=at, by=by)


@transaction.atomic
def _store(version: Version, learned: Learned, *, at: datetime, by: User | None) -> Learning:
    Agreement.objects.select_for_update().get(pk=version.agreement_id)
    still_open = Amendment.objects.filter(
        state=Amendment.State.OPEN, version__agreement=version.agreement_id
    )
    known = {(one.clause_kind, one.key): one for one in still_open.filter(version=version)}
    left = set(
        Amendment.objects.filter(
            version__agreement=version.agreement_id,
            state=Amendment.State.DISMISSED,
            answered_at__gt=at - QUIET,
        ).values_list("clause_kind", "key")
    )
    fresh, kept = [], []
    for one in learned.proposals:
        place = (one.clause_kind, one.key)
        if place in known:
            row = known.pop(place)
            row.kind, row.body, row.was, row.argument = one.kind, one.body, one.was, one.argument
            row.n, row.strength, row.seen_at = one.n, one.strength, at
            kept.append(row)
        elif place not in left:
            fresh.append(
                Amendment(version=version, kind=one.kind, clause_kind=one.clause_kind, key=one.key,
                          was=one.was, body=one.body, argument=one.argument, n=one.n,
                          strength=one.strength, proposed_at=at, seen_at=at)
            )  # fmt: skip
    Amendment.objects.bulk_update(
        kept, ["kind", "body", "was", "argument", "n", "strength", "seen_at"]
    )
    _overtake(still_open.exclude(version=version), known.values(), at=at)
    Amendment.objects.bulk_create(fresh)
    payloads = [(one, {"kind": one.kind, "key": one.key, "n": one.n}) for one in fresh]
    record_each("amendment.proposed", payloads, actor=by, at=at)
    learning = Learning.objects.create(
        version=version,
        at=at,
        by=by,
        handoffs=learned.handoffs,
        accepted=learned.accepted,
        since=learned.since,
        found=len(fresh) + len(kept),
        too_little=learned.too_little,
    )
    payload = {"handoffs": learned.handoffs, "found": learning.found}
    record("definition.learned", subject=version, actor=by, at=at, payload=payload)
    return learning


def _overtake(of_others: object, unsaid: object, *, at: datetime) -> None:
    """Close what belongs to another version, and what the numbers no longer say."""
    ids = [one.pk for one in [*of_others, *unsaid]]  # type: ignore[misc]
    rows = Amendment.objects.filter(pk__in=ids)
    rows.update(state=Amendment.State.OVERTAKEN, answered_at=at)


@transaction.atomic
def draft_amendments(*, ids: Sequence[int], by: User, at: datetime) -> Version:
    """Start a draft of the version in force with these changes, each with its argument.

    Nothing touches the version in force. Raises NotAllowed for who does not co-edit, Conflict
    when one is answered already or another version is in force by now, DomainError when the
    changes do not go together. Locks the amendments.
    """
    require_editor(by)
    at = whole_second(at)
    rows = list(Amendment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    if not rows or len(rows) != len(set(ids)):
        raise DomainError(_("Choose at least one amendment."))
    version = _still_in_force(rows, at=at)
    changes = [
        (one.clause_kind, one.key, one.body, " ".join(argument_sentences(one))) for one in rows
    ]
    clauses = amended(clause_texts(version), changes)
    if problems := validate_version(clauses, VOCABULARY):
        first = problems[0].sentence
        raise DomainError(_("These changes do not go together: %s") % first)
    note = "\n".join(f"{title_of(one)}. {' '.join(argument_sentences(one))}" for one in rows)
    draft = start_draft(
        agreement=version.agreement, by=by, at=at, based_on=version, clauses=clauses, note=note
    )
    Amendment.objects.filter(pk__in=[one.pk for one in rows]).update(
        state=Amendment.State.DRAFTED, answered_by=by, answered_at=at, draft=draft
    )
    payloads = [(one, {"draft": draft.number, "key": one.key}) for one in rows]
    record_each("amendment.drafted", payloads, actor=by, at=at)
    return draft


def _still_in_force(rows: Sequence[Amendment], *, at: datetime) -> Version:
    if any(one.state != Amendment.State.OPEN for one in rows):
        raise Conflict(_("One of these is answered already. Look at the list again."))
    found, versions = definitions_in_force(at), {one.version_id for one in rows}
    if found is None or not versions <= set(found.version_ids):
        raise Conflict(
            _("Another version is in force since these were proposed. Look for amendments anew.")
        )
    if len(versions) > 1:
        raise DomainError(_("Choose changes of one definition: each has a draft of its own."))
    return Version.objects.select_related("agreement").get(pk=versions.pop())


@transaction.atomic
def dismiss_amendment(*, amendment: Amendment, words: str, by: User, at: datetime) -> None:
    """Leave one for now, and say why; it is not proposed again for 90 days. Locks it."""
    require_editor(by)
    words = words.strip()
    if not words:
        raise DomainError(_("Say in words why not now: the others will ask."))
    if len(words) > LONGEST_WORDS:
        raise DomainError(_("Say it in at most 300 characters."))
    at = whole_second(at)
    row = Amendment.objects.select_for_update(of=("self",)).get(pk=amendment.pk)
    if row.state != Amendment.State.OPEN:
        raise Conflict(_("This one is answered already. Look at the list again."))
    row.state, row.words, row.answered_by, row.answered_at = "dismissed", words, by, at
    row.save(update_fields=["state", "words", "answered_by", "answered_at"])
    record("amendment.dismissed", subject=row, actor=by, at=at, payload={"key": row.key})
