"""What the account executive's list reads."""

from django.db.models import Prefetch

from leads.database.models import AFTER_SQL, Lead, Opportunity
from leads.tasks.models import FollowUp
from portal.accounts.models import User
from portal.core.paging import Page, keyset_page


def sqls_of(user: User, *, cursor: str, state: str = "") -> Page[Lead]:
    """Return one page of the leads a person owns since sales accepted them, the newest first.

    Each has ``newest`` (its opportunities) and ``due`` (its open follow-ups, the first due first).
    ``state`` narrows: "sql" without an opportunity yet, "open", "won" or "lost".
    """
    rows = Lead.objects.listed().filter(owner=user, handoffs__outcome="accepted").distinct()
    if state in Opportunity.Outcome.values:
        rows = rows.filter(opportunities__outcome=state)
    else:
        rows = rows.filter(stage__in=AFTER_SQL)
        rows = rows.filter(opportunities=None) if state == "sql" else rows
    opportunities = Opportunity.objects.order_by("-pk")
    follow_ups = FollowUp.objects.open().filter(assignee=user).order_by("due_at", "pk")
    rows = rows.select_related("company", "standing", "source").prefetch_related(
        Prefetch("opportunities", opportunities, to_attr="newest"),
        Prefetch("follow_ups", follow_ups, to_attr="due"),
    )
    return keyset_page(rows, order=("-pk",), cursor=cursor)
