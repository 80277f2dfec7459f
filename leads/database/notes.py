"""Notes and questions on a lead, by both sides."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.database.models import Lead, Note
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record


@transaction.atomic
def add_note(
    *,
    lead: Lead,
    text: str,
    is_question: bool = False,
    answers: Note | None = None,
    by: User,
    at: datetime,
) -> Note:
    """Store a note, a question, or the answer to a question, which is closed by it.

    Raises DomainError when there are no words, or ``answers`` is no question on this lead.
    """
    text, at = clean_text(text), whole_second(at)
    if not text:
        raise DomainError(_("Write a few words first."))
    if answers is not None and (answers.lead_id != lead.pk or not answers.is_question):
        raise DomainError(_("Choose a question on this lead to answer."))
    note = Note.objects.create(
        lead=lead,
        author=by,
        side=by.side or "",
        text=text,
        is_question=is_question and answers is None,
        answers=answers,
        at=at,
    )
    if answers is not None:
        Note.objects.filter(pk=answers.pk, resolved_at=None).update(resolved_at=at)
    kind = "lead.answered" if answers else "lead.asked" if note.is_question else "lead.noted"
    payload = {"note": note.pk, "answers": answers.pk if answers else None}
    record(kind, subject=lead, actor=by, payload=payload, at=at)
    return note
