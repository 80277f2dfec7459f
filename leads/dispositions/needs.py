"""What a reason needs before a handoff may be rejected for it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.activities.models import Activity
from leads.database.models import Lead
from leads.database.registry import TOUCH_CODES
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import NOT_STATED, Effect, Reason
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation, User
from portal.core.text import clean_text

LONGEST_WAIT = timedelta(days=5 * 366)
LONGEST_NOTE = 5000


def today_of(at: datetime) -> date:
    """Return the organisation's day at this instant; recycle dates and undo count by it."""
    return at.astimezone(ZoneInfo(Organisation.current().zone)).date()


def count_attempts(handoff: Handoff, *, at: datetime) -> int:
    """Count the touches of the handoff's lead from its making to ``at``."""
    touches = Activity.objects.filter(lead=handoff.lead_id, kind__in=TOUCH_CODES, is_bot=False)
    return touches.filter(occurred_at__gte=handoff.made_at, occurred_at__lte=at).count()


def check_reason(reason: Reason | None) -> Reason:
    """Return the reason, or raise Incomplete: nothing is rejected without an offered one."""
    if reason is None:
        raise Incomplete("reason", _("Choose a reason: a rejection without one teaches nobody."))
    if reason.code == NOT_STATED:
        raise Incomplete("reason", _("Choose a reason: “not stated” is for imports only."))
    if not reason.is_active:
        raise Incomplete(
            "reason",
            _("“%(reason)s” is no longer offered. Choose another reason.") % {"reason": reason},
        )
    return reason


def check_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Incomplete("note", _("Shorten the note to 5,000 characters."))
    return clean_text(note)


def check_words(reason: Reason, note: str) -> None:
    if reason.needs_note and not note:
        raise Incomplete(
            "note", _("“%(reason)s” needs words: say in the note why.") % {"reason": reason}
        )


def check_attempts(reason: Reason, handoff: Handoff, *, at: datetime) -> None:
    """Raise Incomplete while fewer touches are logged since the handoff than the reason needs."""
    if not reason.needs_attempts:
        return
    logged = count_attempts(handoff, at=at)
    if logged < reason.needs_attempts:
        raise Incomplete("reason", attempts_words(reason, logged))


def attempts_words(reason: Reason, logged: int) -> str:
    """Say how many attempts a reason needs, and how many are logged."""
    return ngettext(
        "“%(reason)s” needs %(needed)d logged attempt, and %(logged)d is logged. "
        "Log a call, a mail or a message first.",
        "“%(reason)s” needs %(needed)d logged attempts; logged so far: %(logged)d. "
        "Log a call, a mail or a message first.",
        reason.needs_attempts,
    ) % {"reason": reason, "needed": reason.needs_attempts, "logged": logged}


def recycle_date(reason: Reason, asked: date | None, *, at: datetime) -> date | None:
    """Return the day from which the lead may come back, for a reason that recycles.

    The asked day, else the reason's default days from today; None for other effects. Raises
    Incomplete when the reason needs a day and none was given, or the day is not a future one.
    """
    if reason.effect != Effect.RECYCLE:
        return None
    today = today_of(at)
    if asked is None:
        if reason.needs_date:
            raise Incomplete(
                "recycle_on",
                _("“%(reason)s” needs a date: choose when the lead may come back.")
                % {"reason": reason},
            )
        return today + timedelta(days=reason.recycle_days)
    if asked <= today:
        raise Incomplete(
            "recycle_on",
            _("Choose a date after today, %(today)s.") % {"today": date_format(today, "j F Y")},
        )
    if asked > today + LONGEST_WAIT:
        raise Incomplete("recycle_on", _("Choose a date within the next five years."))
    return asked


def check_duplicate(reason: Reason, lead: Lead, of: Lead | None, by: User) -> Lead | None:
    """Return the lead that stays, for a reason that closes a duplicate; None for others.

    Raises Incomplete when none was chosen, or one that cannot be it or that ``by`` may not see.
    """
    if reason.effect != Effect.DUPLICATE:
        return None
    if of is None or not Lead.objects.visible_to(by).filter(pk=of.pk).exists():
        raise Incomplete(
            "duplicate_of", _("Choose the lead that this one is a duplicate of: it stays.")
        )
    if of.pk == lead.pk:
        raise Incomplete("duplicate_of", _("A lead is not its own duplicate. Choose another."))
    if of.duplicate_of_id is not None:
        raise Incomplete(
            "duplicate_of",
            _("%(lead)s is closed as a duplicate of %(stays)s. Choose %(stays)s.")
            % {"lead": of, "stays": of.duplicate_of},
        )
    return of


def check_wrong_rules(keys: list[str] | None) -> list[str] | None:
    """Return the named rule keys without repeats; an untouched question stores nothing."""
    if not keys:
        return None
    if not all(0 < len(key) <= 60 for key in keys):
        raise Incomplete("wrong_rules", _("Choose wrong rules from the list only."))
    return list(dict.fromkeys(keys))
