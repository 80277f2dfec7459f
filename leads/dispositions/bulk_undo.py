"""Taking back what was decided at once, on the same day, in sets."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.database.models import Lead, StageChange
from leads.dispositions import bulk_effects
from leads.dispositions.bulk import Bulk
from leads.dispositions.bulk_checks import Refused
from leads.dispositions.errors import ago
from leads.dispositions.models import Disposition
from leads.dispositions.needs import today_of
from leads.handoffs.locks import lock_leads
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.errors import Conflict, NotAllowed
from portal.core.instants import whole_second
from portal.events.services import record_each


def decided_with(first: Disposition) -> list[Disposition]:
    """Return the standing decisions that were made together with this one; one query."""
    rows = Disposition.objects.standing().filter(
        decided_by=first.decided_by, decided_at=first.decided_at
    )
    related = ("handoff__lead", "handoff__owner", "reason", "decided_by")
    bulk = first.was.get("bulk")
    return [one for one in rows.select_related(*related).order_by("pk")
            if bulk and one.was.get("bulk") == bulk]  # fmt: skip


@transaction.atomic
def withdraw_all(first: Disposition, *, by: User, at: datetime) -> Bulk:
    """Take back what was decided together with ``first``, as if it had not been.

    Leads that have moved on since, or that sales has anew, stay as they are and are named. Raises
    NotAllowed for other people, Conflict on another day or when nothing of it is left. Locks the
    leads, then the handoffs. A fixed number of statements but for one for each earlier stage.
    """
    at = whole_second(at)
    lock_leads(one.handoff.lead_id for one in decided_with(first))
    rows = decided_with(first)
    _check(first, rows, by, at)
    ids = [one.handoff_id for one in rows]
    list(Handoff.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
    back, refused = _part(rows)
    if not back:
        raise Conflict(_("All of them have moved on since. The decisions stay."))
    Disposition.objects.filter(pk__in=[one.pk for one in back]).update(
        withdrawn_at=at, withdrawn_by=by
    )
    Handoff.objects.filter(pk__in=[one.handoff_id for one in back]).update(
        is_decided=False, decided_at=None, outcome=""
    )
    bulk_effects.undo(back, by=by, at=at)
    payload = {"outcome": first.outcome, "bulk": first.was["bulk"]}
    record_each(
        "disposition.withdrawn",
        [(one.handoff, payload | {"disposition": one.pk}) for one in back],
        actor=by,
        at=at,
    )
    return Bulk(back, refused)


def _check(first: Disposition, rows: Sequence[Disposition], by: User, at: datetime) -> None:
    if not rows:
        raise Conflict(_("Nothing of this is left to take back."))
    seen = Handoff.objects.visible_to(by).filter(pk__in=[one.handoff_id for one in rows])
    if by.pk != first.decided_by_id and (not by.manages_sales or seen.count() < len(rows)):
        raise NotAllowed(
            _("Only %(who)s or a sales lead of the team may take this back.")
            % {"who": first.decided_by}
        )
    decided_at = first.decided_at
    if decided_at is None or today_of(decided_at) != today_of(at):
        raise Conflict(
            _("Only decisions of today can be taken back; these were made %(when)s.")
            % {"when": ago(decided_at, at=at)}
        )


def _part(rows: Sequence[Disposition]) -> tuple[list[Disposition], list[Refused]]:
    """Tell which decisions can be taken back: the lead is where the decision put it."""
    ids = [one.handoff.lead_id for one in rows]
    stays = dict(
        StageChange.objects.filter(lead__in=ids, left_at=None).values_list("lead", "entered_at")
    )
    stages = dict(Lead.objects.filter(pk__in=ids).values_list("pk", "stage"))
    anew = set(Handoff.objects.open().filter(lead__in=ids).values_list("lead_id", flat=True))
    back, refused = [], []
    for one in rows:
        lead = one.handoff.lead
        if lead.pk in anew:
            words = _("Sales has a newer handoff of %(lead)s. Decide that one instead.")
            refused.append(Refused(one.handoff, words % {"lead": lead}))
        elif stages[lead.pk] != one.was["became"] or stays.get(lead.pk) != one.decided_at:
            words = _("%(lead)s has moved on since. The decision stays.")
            refused.append(Refused(one.handoff, words % {"lead": lead}))
        else:
            back.append(one)
    return back, refused
