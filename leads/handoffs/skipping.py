"""Passing over a handoff: it goes to the end of one's own queue for today."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.handoffs.holding import FREE
from leads.handoffs.models import Handoff
from leads.handoffs.skip_models import Skip
from leads.handoffs.snoozing import locked_to_work_on
from portal.accounts.models import User
from portal.accounts.today import local_now, midnight
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.models import Event
from portal.events.services import record

LONGEST_WORDS = 300
WORK = ("handoff.accepted", "handoff.rejected", "handoff.touched")  # what breaks a row of skips


class WordsNeeded(DomainError):
    """The second skip in a row wants a reason; ``field`` is the form's field."""

    field = "words"


@transaction.atomic
def skip(*, handoff: Handoff, by: User, at: datetime, words: str = "") -> Skip:
    """Pass over a handoff and put it off one's desk; ``words`` say why.

    Raises WordsNeeded when it is the second in a row without words, or they are too long,
    NotAllowed when it is not theirs, Conflict when it was decided, Held while somebody else has
    it on the desk. Locks the handoff.
    """
    at, words = whole_second(at), clean_text(words)
    locked = locked_to_work_on(handoff, by, at)
    if len(words) > LONGEST_WORDS:
        raise WordsNeeded(_("Shorten the words to 300 characters."))
    if not words and wants_words(by, at=at):
        raise WordsNeeded(_("This is the second skip in a row: say in a few words why."))
    made = Skip.objects.create(handoff=locked, by=by, at=at, words=words)
    Handoff.objects.filter(pk=locked.pk, held_by=by).update(**FREE)
    record("handoff.skipped", subject=locked, actor=by, at=at, payload={"skip": made.pk})
    return made


def wants_words(by: User, *, at: datetime, now: datetime | None = None) -> bool:
    """Tell whether the next skip would be the second of today in a row: no work lies between.

    ``now`` is the instant in the organisation's zone, where the caller has read it.
    """
    today = Skip.objects.filter(by=by, at__gte=midnight(now or local_now(at)))
    last = today.order_by("-at", "-pk").values_list("at", flat=True).first()
    if last is None:
        return False
    return not Event.objects.filter(kind__in=WORK, at__gte=last, actor=by).exists()
