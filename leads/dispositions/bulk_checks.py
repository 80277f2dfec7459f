"""Which of many handoffs somebody may decide, and why not the others; in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.database.registry import TOUCH_CODES
from leads.dispositions.access import DECIDES
from leads.dispositions.call_sheet import missing_answers, missing_words
from leads.dispositions.errors import decided_words
from leads.dispositions.models import CallSheet, Disposition, Outcome, Reason
from leads.dispositions.needs import attempts_words
from leads.handoffs.holding import Held
from leads.handoffs.models import Handoff, Origin
from portal.accounts.models import User


@dataclass(frozen=True)
class Refused:
    """A handoff that is not decided, and the sentence that says why."""

    handoff: Handoff
    why: str


def check_each(
    handoffs: Sequence[Handoff],
    outcome: Outcome,
    reason: Reason | None,
    *,
    by: User,
    at: datetime,
) -> tuple[list[Handoff], list[Refused]]:
    """Part handoffs into those that ``by`` can decide so and the others. At most four queries.

    Load them with lead, owner and holder.
    """
    ids = [one.pk for one in handoffs]
    theirs = _theirs(ids, by)
    decided = _decided([one.pk for one in handoffs if one.is_decided])
    sheets = _sheets(handoffs) if outcome == Outcome.ACCEPTED else {}
    attempts = _attempts(ids, at=at) if reason is not None and reason.needs_attempts else {}
    can, cannot = [], []
    for one in handoffs:
        why = _why_not_theirs(one, theirs, decided, by=by, at=at)
        if not why and outcome == Outcome.ACCEPTED:
            missing = missing_answers(one, sheets.get(one.pk) or CallSheet(handoff=one))
            why = missing_words(missing) if missing else ""
        if not why and reason is not None and attempts.get(one.pk, 0) < reason.needs_attempts:
            why = attempts_words(reason, attempts.get(one.pk, 0))
        if why:
            cannot.append(Refused(one, why))
        else:
            can.append(one)
    return can, cannot


def _why_not_theirs(
    one: Handoff,
    theirs: set[int],
    decided: Mapping[int, Disposition],
    *,
    by: User,
    at: datetime,
) -> str:
    if one.origin != Origin.LIVE:
        return _("Imported handoffs are history: nobody decides them here.")
    if one.is_decided:
        first = decided.get(one.pk)
        return decided_words(first, at=at) if first else _("Somebody decided this.")
    if one.pk not in theirs:
        if one.owner is None:
            return _("This handoff waits for another team. Ask its sales lead for it.")
        return _("This handoff is with %(owner)s.") % {"owner": one.owner}
    if one.is_held(at) and one.held_by_id != by.pk and one.held_until is not None:
        return str(Held(one.held_by, one.held_until))
    return ""


def _theirs(ids: Iterable[int], by: User) -> set[int]:
    if by.role not in DECIDES:
        return set()
    rows = Handoff.objects.open().visible_to(by).filter(pk__in=ids)
    return set(rows.values_list("pk", flat=True))


def _decided(ids: Sequence[int]) -> dict[int, Disposition]:
    if not ids:
        return {}
    rows = Disposition.objects.standing().filter(handoff__in=ids)
    return {one.handoff_id: one for one in rows.select_related("decided_by", "reason")}


def _sheets(handoffs: Sequence[Handoff]) -> dict[int, CallSheet]:
    asked = [one.pk for one in handoffs if one.checklist]
    return CallSheet.objects.in_bulk(asked) if asked else {}


def _attempts(ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """Count the touches of each handoff's lead since it was made, as one by one."""
    touches = Activity.objects.filter(
        lead=OuterRef("lead"),
        kind__in=TOUCH_CODES,
        is_bot=False,
        occurred_at__gte=OuterRef("made_at"),
        occurred_at__lte=at,
    )
    counted = touches.order_by().values("lead").annotate(n=Count("pk")).values("n")
    rows = Handoff.objects.filter(pk__in=ids).annotate(n=Subquery(counted))
    return {pk: n or 0 for pk, n in rows.values_list("pk", "n")}
