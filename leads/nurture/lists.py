"""The rows of marketing's two lists: in nurture, and to mend."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise

from leads.activities.models import Activity
from leads.database.models import Lead, Stage, StageChange
from leads.database.registry import KINDS_BY_NAME, TOUCH_CODES
from leads.dispositions.models import Disposition, Effect
from leads.nurture.models import Nurture, NurtureQuerySet
from leads.nurture.services import TYPICAL_DAYS
from leads.nurture.steps import next_step
from portal.accounts.models import User

OURS = (*TOUCH_CODES, KINDS_BY_NAME["email_sent"].code, KINDS_BY_NAME["sms_sent"].code)


@dataclass(frozen=True)
class Cared:
    """One lead in nurture: how long it has been an MQL, what it did last, what comes next."""

    nurture: Nurture
    since: datetime
    days: int
    last: Activity | None
    step: Promise

    @property
    def is_long(self) -> bool:
        return self.days >= TYPICAL_DAYS


def in_nurture(user: User) -> NurtureQuerySet:
    """Return who is in care, each with ``mql_since`` and the id of the ``last`` own activity."""
    stay = StageChange.objects.filter(lead=OuterRef("lead"), left_at=None)
    done = Activity.objects.filter(lead=OuterRef("lead"), is_bot=False).exclude(kind__in=OURS)
    return (
        Nurture.objects.visible_to(user)
        .open()
        .for_list()
        .annotate(
            mql_since=Subquery(stay.values("entered_at")[:1]),
            last=Subquery(done.order_by("-occurred_at", "-pk").values("pk")[:1]),
        )
    )


def rows(nurtures: Iterable[Nurture], *, at: datetime) -> list[Cared]:
    """Return the rows of one page of ``in_nurture``. One query."""
    found = list(nurtures)
    ids = [pk for one in found if (pk := getattr(one, "last", None)) is not None]
    last = Activity.objects.select_related("object").in_bulk(ids)
    return [_row(one, last.get(getattr(one, "last", None) or 0), at) for one in found]


def _row(nurture: Nurture, last: Activity | None, at: datetime) -> Cared:
    since: datetime = getattr(nurture, "mql_since", None) or nurture.started_at
    step = next_step(
        last.registered.name if last else "",
        last.object.tags if last and last.object else (),
        do_not_email=nurture.lead.do_not_email,
    )
    return Cared(nurture, since, max((at - since).days, 0), last, step)


def to_mend(user: User) -> QuerySet[Lead]:
    """Return the leads that sales sent back to be mended, each with the ``note`` it came with."""
    sent_back = (
        Disposition.objects.standing()
        .filter(handoff__lead=OuterRef("pk"), reason__effect=Effect.MEND)
        .order_by(F("decided_at").desc(nulls_last=True))
    )
    return (
        Lead.objects.visible_to(user)
        .listed()
        .filter(mend_since__isnull=False, stage=Stage.MQL)
        .select_related("company", "standing")
        .annotate(
            reason=Subquery(sent_back.values("reason__label")[:1]),
            note=Subquery(sent_back.values("note")[:1]),
        )
    )
