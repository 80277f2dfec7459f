"""What a decision is refused for, in sentences."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.dispositions.models import Disposition, Outcome
from leads.handoffs.models import Handoff
from portal.core.errors import Conflict, DomainError


class AlreadyDecided(Conflict):
    """Somebody was faster. ``disposition`` is what counts; the sentence says who, when and what."""

    def __init__(self, disposition: Disposition, *, at: datetime) -> None:
        super().__init__(decided_words(disposition, at=at))
        self.disposition = disposition


class Incomplete(DomainError):
    """Something that the reason needs is missing or cannot be; ``field`` is the form's field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def already_decided(handoff: Handoff, *, at: datetime) -> AlreadyDecided:
    """Return the refusal that says who decided this handoff, when, and for which reason."""
    counting = Disposition.objects.standing().select_related("decided_by", "reason")
    return AlreadyDecided(counting.get(handoff=handoff), at=at)


def decided_words(disposition: Disposition, *, at: datetime) -> str:
    """Say who decided, when and why: “Anna Berg rejected this 12 s ago: bad timing.”"""
    words = {
        "who": disposition.decided_by or _("Somebody"),
        "when": ago(disposition.decided_at, at=at),
        "reason": in_sentence(disposition.reason.label) if disposition.reason else "",
    }
    if disposition.outcome == Outcome.ACCEPTED:
        return _("%(who)s accepted this %(when)s.") % words
    return _("%(who)s rejected this %(when)s: %(reason)s.") % words


def ago(then: datetime | None, *, at: datetime) -> str:
    """Say how long ago an instant was, as it stands inside a sentence."""
    if then is None:
        return _("at an unknown time")
    since = max(at - then, timedelta(0))
    seconds = int(since.total_seconds())
    if seconds < 60:
        return _("%(n)d s ago") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min ago") % {"n": seconds // 60}
    if since < timedelta(days=1):
        return _("%(n)d h ago") % {"n": seconds // 3600}
    return _("on %(day)s") % {"day": date_format(timezone.localtime(then), "j F Y")}


def in_sentence(label: str) -> str:
    """Return a label as it stands inside a sentence; an abbreviation keeps its capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
