"""Follow-ups: making them, doing them, taking that back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.tasks.models import FollowUp
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record, record_each

LONGEST_WHY = 300


@dataclass(frozen=True)
class NewFollowUp:
    """One thing to do. ``key`` names its cause: the same key is made once."""

    lead_id: int
    assignee_id: int | None
    due_at: datetime
    why: str
    key: str


@transaction.atomic
def create_follow_ups(
    items: Sequence[NewFollowUp], *, by: User | None, at: datetime
) -> list[FollowUp]:
    """Make follow-ups in one statement; keys that exist are left alone. Returns the new ones."""
    at = whole_second(at)
    keys = [item.key for item in items]
    known = set(FollowUp.objects.filter(key__in=keys).values_list("key", flat=True))
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                lead_id=item.lead_id,
                assignee_id=item.assignee_id,
                due_at=whole_second(item.due_at),
                why=item.why,
                key=item.key,
                created_by=by,
                created_at=at,
            )
            for item in items
            if item.key not in known
        ],
        ignore_conflicts=True,
    )
    new = list(FollowUp.objects.filter(key__in=set(keys) - known).order_by("pk"))
    record_each(
        "follow_up.created",
        [(one, {"assignee": one.assignee_id, "key": one.key}) for one in new],
        actor=by,
        at=at,
    )
    return new


def create_follow_up(
    *, lead: Lead, assignee: User, due_at: datetime, why: str, by: User, at: datetime
) -> FollowUp:
    """Make one follow-up by hand. Raises DomainError without words or for a day gone by."""
    why = clean_text(why)
    if not why:
        raise DomainError(_("Say in a few words what is to be done."))
    if len(why) > LONGEST_WHY:
        raise DomainError(_("Shorten what is to be done to 300 characters."))
    if not assignee.is_active:
        raise DomainError(_("%(who)s has left. Choose somebody else.") % {"who": assignee})
    if due_at < at:
        raise DomainError(_("Choose a time to come for the follow-up."))
    item = NewFollowUp(lead.pk, assignee.pk, due_at, why, key=f"by_hand:{uuid4().hex}")
    (made,) = create_follow_ups([item], by=by, at=at)
    return made


@transaction.atomic
def complete_follow_up(*, follow_up: FollowUp, by: User, at: datetime) -> FollowUp:
    """Mark a follow-up as done. Raises NotAllowed for other people's, Conflict when it is done."""
    locked = _locked(follow_up, by)
    if locked.done_at is not None:
        raise Conflict(
            _("%(who)s has done this already.") % {"who": locked.done_by or _("Somebody")}
        )
    locked.done_at, locked.done_by = whole_second(at), by
    locked.save(update_fields=["done_at", "done_by"])
    record("follow_up.completed", subject=locked, actor=by, at=at)
    return locked


@transaction.atomic
def reopen_follow_up(*, follow_up: FollowUp, by: User, at: datetime) -> FollowUp:
    """Take back that a follow-up was done. Raises as ``complete_follow_up`` does."""
    locked = _locked(follow_up, by)
    if locked.done_at is None:
        raise Conflict(_("This follow-up is open already."))
    locked.done_at, locked.done_by = None, None
    locked.save(update_fields=["done_at", "done_by"])
    record("follow_up.reopened", subject=locked, actor=by, at=at)
    return locked


def _locked(follow_up: FollowUp, by: User) -> FollowUp:
    rows = FollowUp.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("assignee", "done_by").get(pk=follow_up.pk)
    if by.pk not in {locked.assignee_id, locked.created_by_id} and by.role != Role.ADMIN:
        raise NotAllowed(
            _("This follow-up is %(who)s’s. Ask them, or make one of your own.")
            % {"who": locked.assignee or _("nobody")}
        )
    return locked


@transaction.atomic
def close_follow_ups(keys: Sequence[str], *, at: datetime) -> list[FollowUp]:
    """Close open follow-ups whose cause is gone; return them."""
    at = whole_second(at)
    gone = list(FollowUp.objects.open().filter(key__in=keys).select_for_update(no_key=True))
    FollowUp.objects.filter(pk__in=[one.pk for one in gone]).update(done_at=at)
    record_each("follow_up.closed", [(one, {"key": one.key}) for one in gone], actor=None, at=at)
    return gone
