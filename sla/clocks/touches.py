"""Which activity first reached the lead: the earliest genuine one, in whatever order they came."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F

from leads.database.registry import (
    AUTOMATED_KINDS,
    KINDS_BY_CODE,
    KINDS_BY_NAME,
    REPLY_KINDS,
)
from leads.handoffs.models import Handoff
from sla.terms.text import TouchPolicy


class Happened(NamedTuple):
    """One activity that may be a touch, or the lead's writing that makes a later mail one."""

    at: datetime
    activity_id: int
    kind: str


def read_happenings(
    handoff_ids: Iterable[int], policies: Iterable[TouchPolicy]
) -> dict[int, list[Happened]]:
    """Return, for each handoff and oldest first, what since its making may count; one statement.

    ``policies`` are those of the terms in use: only the kinds that they ask about are read.
    """
    names = {kind for policy in policies for kind in policy.kinds}
    if any(policy.after_reply for policy in policies):
        names |= {*AUTOMATED_KINDS, *REPLY_KINDS}
    codes = [KINDS_BY_NAME[name].code for name in names if name in KINDS_BY_NAME]
    rows = Handoff.objects.filter(
        pk__in=handoff_ids,
        lead__activities__kind__in=codes,
        lead__activities__is_bot=False,
        lead__activities__occurred_at__gte=F("made_at"),
    ).values_list(
        "pk", "lead__activities__occurred_at", "lead__activities__pk", "lead__activities__kind"
    )
    found: dict[int, list[Happened]] = defaultdict(list)
    for handoff_id, at, activity_id, code in rows:
        found[handoff_id].append(Happened(at, activity_id, KINDS_BY_CODE[code].name))
    for happened in found.values():
        happened.sort()
    return dict(found)


def first_touch(
    happened: Sequence[Happened], policy: TouchPolicy, *, since: datetime, until: datetime | None
) -> Happened | None:
    """Return the earliest touch from ``since`` to ``until``, both included; None without one.

    Automated mail counts only once the lead wrote after ``since``, and only where terms say so.
    """
    lead_wrote = False
    for one in happened:
        if one.at < since:
            continue
        if until is not None and one.at > until:
            return None
        if one.kind in policy.kinds:
            return one
        if one.kind in AUTOMATED_KINDS and policy.after_reply and lead_wrote:
            return one
        lead_wrote = lead_wrote or one.kind in REPLY_KINDS
    return None
