"""What the pages about leads read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Prefetch, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.facts import KnownFacts, known_facts, since
from leads.database.filters import ORDERS, LeadFilter
from leads.database.models import (
    Campaign,
    FactSnapshot,
    Lead,
    Note,
    Opportunity,
    Spend,
    Stage,
    StageChange,
    Standing,
)
from leads.database.registry import FACTS, SetBy
from leads.database.search import narrow, search_ids
from portal.accounts.models import Role, User
from portal.core.paging import Page, keyset_page

CLOSERS = frozenset({Role.ACCOUNT_EXECUTIVE, Role.SALES_LEAD, Role.ADMIN})
PATH = (Stage.KNOWN, Stage.MQL, Stage.WITH_SALES, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


def standings_seen_by(user: User) -> QuerySet[Standing]:
    """Return the listed standings that ``user`` may see, with what a row of the list shows.

    Leads and companies are read for the rows of one page, by a statement of their own: joined,
    PostgreSQL may choose to walk all leads up to a deep page, and a search sorts wide rows.
    """
    rows = Standing.objects.filter(is_listed=True)
    if not user.sees_everything:
        rows = rows.filter(lead__in=Lead.objects.visible_to(user).values("pk"))
    leads = Prefetch("lead", Lead.objects.select_related("company"))
    return rows.select_related("source", "owner").prefetch_related(leads)


def lead_page(filters: LeadFilter, *, user: User, cursor: str) -> Page[Standing]:
    """Return one page of the list; its statements do not grow with it."""
    rows: QuerySet[Standing] = filters.qs
    if text := filters.chosen.get("q"):
        among = None if user.sees_everything else Lead.objects.visible_to(user)
        rows = narrow(rows, search_ids(text, among=among))
    return keyset_page(rows, order=ORDERS[filters.order_name], cursor=cursor)


@dataclass(frozen=True)
class Stay:
    """One stay in a stage; ``lasted`` runs on to the page's instant for the current one."""

    stage: Stage
    entered_at: datetime
    left_at: datetime | None
    by: User | None
    lasted: timedelta

    @property
    def label(self) -> str:
        return str(self.stage.label)


def stage_history(lead: Lead, *, at: datetime) -> list[Stay]:
    """Return the lead's stays, oldest first; one query."""
    return [
        Stay(
            Stage(row.stage),
            row.entered_at,
            row.left_at,
            row.by,
            max((row.left_at or at) - row.entered_at, timedelta()),
        )
        for row in StageChange.objects.filter(lead=lead).select_related("by")
    ]


def path_steps(lead: Lead, stays: Sequence[Stay]) -> list[dict[str, object]]:
    """Return the steps of the lead's path for the stepper: first dates, and where it is now."""
    first: dict[Stage, datetime] = {}
    for stay in stays:
        first.setdefault(stay.stage, stay.entered_at)
    now = Stage(lead.stage)
    path = PATH if now in PATH else (*(s for s in PATH if s in first), now)
    return [
        {
            "label": stage.label,
            "state": "now" if stage == now else "done" if stage in first else "",
            "at": first.get(stage),
        }
        for stage in path
    ]


@dataclass(frozen=True)
class FactLine:
    """One fact as the lead page shows it: since when it is known, and who said so."""

    name: str
    label: str | Promise
    value: str | int
    since: datetime
    by: str


SAID_BY = {
    SetBy.PERSON: _("a person"),
    SetBy.FORM: _("a form"),
    SetBy.IMPORT: _("an import"),
    SetBy.ENRICHMENT: _("enrichment"),
    SetBy.DERIVED: _("worked out"),
}


def facts_for_page(lead: Lead, *, at: datetime) -> list[FactLine]:
    """Return what is known of the lead at ``at``, in the registry's order; three queries."""
    known = known_facts([lead.pk], until=at).get(lead.pk)
    if not known:
        return []
    latest: KnownFacts = known[-1]
    written = FactSnapshot.objects.filter(lead=lead, actor__isnull=False)
    people = {
        (int(instant.timestamp()), set_by): name
        for instant, set_by, name in written.values_list("known_from", "set_by", "actor__name")
    }
    lines = []
    for fact in FACTS:
        if fact.name in latest.values:
            set_by, seconds = latest.origins[fact.name]
            by = people.get((seconds, set_by)) or str(SAID_BY[SetBy(set_by)])
            lines.append(
                FactLine(fact.name, fact.label, latest.values[fact.name], since(seconds), by)
            )
    return lines


def notes_for_page(lead: Lead) -> list[Note]:
    """Return the lead's notes and questions, newest first, answers with their questions."""
    answers = Note.objects.select_related("author")
    return list(
        Note.objects.filter(lead=lead, answers=None)
        .select_related("author")
        .prefetch_related(Prefetch("answered_by", queryset=answers))
        .order_by("-at", "-pk")[:100]
    )


def opportunity_of(lead: Lead) -> Opportunity | None:
    """Return the lead's newest opportunity."""
    rows = Opportunity.objects.filter(lead=lead).select_related("owner")
    return rows.order_by("-pk").first()


@dataclass(frozen=True)
class SpendRow:
    """What one source cost, by month and in all, in one currency."""

    name: str
    currency: str
    months: list[Decimal | None]
    total: Decimal


def spend_by_month(*, months: int = 12) -> tuple[list[date], list[SpendRow]]:
    """Return the newest months with spend and a row for each source and currency; two queries."""
    every = Spend.objects.annotate(month=TruncMonth("day")).values("month").distinct()
    shown = sorted(row["month"] for row in every.order_by("-month")[:months])
    sums: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(dict)
    if shown:
        rows = Spend.objects.filter(day__gte=shown[0]).annotate(month=TruncMonth("day"))
        grouped = rows.values("source__name", "currency", "month").annotate(cost=Sum("amount"))
        for row in grouped.order_by("source__name", "currency", "month"):
            sums[row["source__name"], row["currency"]][row["month"]] = row["cost"]
    return shown, [
        SpendRow(
            name, currency, [by_month.get(m) for m in shown], sum(by_month.values(), Decimal())
        )
        for (name, currency), by_month in sums.items()
    ]


def campaigns_by_cost(*, limit: int = 50) -> QuerySet[Campaign]:
    """Return the campaigns that cost most, with their spend."""
    costly = Campaign.objects.annotate(cost=Sum("spend__amount")).filter(cost__isnull=False)
    return costly.select_related("source").order_by("-cost", "pk")[:limit]


def may_close(user: User) -> bool:
    """Tell whether this person decides what becomes of an SQL."""
    return user.role in CLOSERS
