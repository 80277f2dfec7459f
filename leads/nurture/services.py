"""Taking MQLs into nurture, and letting them go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heapify, heapreplace

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from leads.database.facts import current_facts
from leads.database.models import Gate, Lead, Stage
from leads.dispositions.owners import executives_by_load
from leads.handoffs.locks import lock_leads
from leads.nurture.models import Nurture
from leads.nurture.programme import programme_of
from leads.tasks.models import FollowUp
from leads.tasks.services import NewFollowUp, create_follow_ups
from portal.core.instants import whole_second
from portal.events.services import record_each

FOLLOW_UP_WITHIN = timedelta(days=2)
TYPICAL_DAYS = 84  # how long a typical MQL is nurtured
READY = Gate.SALES_READY | Gate.FAST_TRACK


@transaction.atomic
def start_nurture(lead_ids: Sequence[int], *, at: datetime) -> list[int]:
    """Take the MQLs among these leads that are not sales-ready into nurture; return the new ones.

    Each gets a programme named from its facts and, once in its life, a follow-up for an account
    executive due in two days, dealt to those with the least to do. Records ``lead.nurtured``.
    Set-based, harmless when repeated. Locks the leads.
    """
    at = whole_second(at)
    lock_leads(lead_ids)
    mqls = Lead.objects.listed().filter(pk__in=lead_ids, stage=Stage.MQL, mend_since=None)
    cared_for = Nurture.objects.filter(ended_at=None).values("lead")
    leads = {
        lead.pk: lead
        for lead in mqls.exclude(pk__in=cared_for).select_related("standing").order_by("pk")
        if not lead.standing.gates & READY
    }
    if not leads:
        return []
    facts = current_facts(leads, at=at)
    programmes = {pk: programme_of(facts[pk]) for pk in leads}
    Nurture.objects.bulk_create(
        Nurture(lead_id=pk, programme=name, started_at=at) for pk, name in programmes.items()
    )
    record_each(
        "lead.nurtured",
        [(leads[pk], {"programme": name}) for pk, name in programmes.items()],
        actor=None,
        at=at,
    )
    _ask_executives(list(leads), at=at)
    return list(leads)


def _ask_executives(lead_ids: Sequence[int], *, at: datetime) -> None:
    people = _deal_executives(len(lead_ids), at=at)
    create_follow_ups(
        [
            NewFollowUp(
                lead_id=pk,
                assignee_id=person,
                due_at=at + FOLLOW_UP_WITHIN,
                why=_("Say hello: qualified by marketing, and not yet ready for sales."),
                key=f"nurture:{pk}",
            )
            for pk, person in zip(lead_ids, people, strict=True)
        ],
        by=None,
        at=at,
    )


def _deal_executives(count: int, *, at: datetime) -> list[int | None]:
    """Return an account executive for each of ``count`` follow-ups; None when there is none."""
    executives = executives_by_load(at=at)
    if not executives:
        return [None] * count
    todo = dict(
        FollowUp.objects.open()
        .filter(assignee__in=[one.user.pk for one in executives])
        .values_list("assignee")
        .annotate(n=Count("pk"))
    )
    heap = [
        (one.load + todo.get(one.user.pk, 0), place, one.user.pk)
        for place, one in enumerate(executives)
    ]
    heapify(heap)
    dealt: list[int | None] = []
    for _turn in range(count):
        load, place, user_id = heap[0]
        dealt.append(user_id)
        heapreplace(heap, (load + 1, place, user_id))
    return dealt


@transaction.atomic
def end_nurture(lead_ids: Sequence[int], *, cause: str, at: datetime) -> list[int]:
    """End the nurture of those of these leads that are MQLs no more; return their ids.

    ``cause`` is the kind of the event that moved them. Records ``nurture.ended``.
    """
    at = whole_second(at)
    over = Nurture.objects.filter(ended_at=None, lead__in=lead_ids).exclude(
        lead__stage=Stage.MQL, lead__duplicate_of=None
    )
    rows = list(over.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    Nurture.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=at, end=cause)
    record_each("nurture.ended", [(row, {"cause": cause}) for row in rows], actor=None, at=at)
    return [row.lead_id for row in rows]
