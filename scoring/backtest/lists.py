"""The leads behind each number of a back-test: which rows, and the same as a table."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import Lead
from portal.accounts.models import User
from portal.core.sheets import Sheet
from scoring.backtest.models import Backtest, Mover, Replayed
from scoring.backtest.shown import GATES

DRAFT_KEEPS = Q(draft_at__isnull=False) | Q(draft_waits=True)
JUDGED = ~Q(outcome="") & Q(is_mend=False)
SHOWS: Mapping[str, tuple[Promise, Q]] = {
    "draft": (gettext_lazy("Would be handed over"), Q(draft_at__isnull=False)),
    "base": (gettext_lazy("Handed over by the version in force"), Q(base_at__isnull=False)),
    "decided": (gettext_lazy("Would be handed over, and sales judged"),
                Q(draft_at__isnull=False) & JUDGED),
    "base_decided": (gettext_lazy("Handed over by the version in force, and sales judged"),
                     Q(base_at__isnull=False) & JUDGED),
    "missed": (gettext_lazy("Accepted leads missed"), Q(outcome="accepted") & ~DRAFT_KEEPS),
    "spared": (gettext_lazy("Rejections spared"),
               Q(outcome="rejected", is_mend=False) & ~DRAFT_KEEPS),
    "won": (gettext_lazy("Won deals kept"), Q(is_won=True) & DRAFT_KEEPS),
    "missed_won": (gettext_lazy("Won deals missed"), Q(is_won=True) & ~DRAFT_KEEPS),
    "unseen": (gettext_lazy("Leads that sales never saw"), Q(way="", draft_at__isnull=False)),
    "waits": (gettext_lazy("On the release list all the time"), Q(draft_at=None, draft_waits=True)),
    "record": (gettext_lazy("Really handed over"), ~Q(way="")),
    "by_hand": (gettext_lazy("Handed over by hand"), Q(way="by_hand")),
    "both": (gettext_lazy("Handed over by both"), Q(base_at__isnull=False, draft_at__isnull=False)),
}  # fmt: skip
GROUPS = {"source": "source_id", "size": "size_id", "industry": "industry_id"}


def replayed(test: Backtest, wanted: Mapping[str, str], user: User) -> QuerySet[Replayed]:
    """Return the rows behind one number, of leads that ``user`` may see.

    ``show`` is one of SHOWS; ``source``, ``size`` or ``industry`` an id, or ``none``.
    """
    _title, which = SHOWS.get(wanted.get("show", ""), SHOWS["draft"])
    rows = test.replayed.filter(which)
    for name, column in GROUPS.items():
        key = wanted.get(name, "")
        if key == "none":
            rows = rows.filter(**{column: None})
        elif key.isdecimal() and len(key) < 18:
            rows = rows.filter(**{column: int(key)})
    if not user.sees_everything:
        rows = rows.filter(lead__in=Lead.objects.visible_to(user))
    return rows.select_related("lead__company", "source", "size", "industry")


def movers(test: Backtest, wanted: Mapping[str, str], user: User) -> QuerySet[Mover]:
    """Return who enters or leaves a gate; ``gate``, ``way`` and ``said`` narrow it."""
    bit = int(GATES.get(wanted.get("gate", ""), GATES["sales_ready"]))
    rows = test.movers.alias(was=F("base_gates").bitand(bit), now=F("draft_gates").bitand(bit))
    leaves = wanted.get("way") == "leaves"
    rows = rows.filter(was=bit, now=0) if leaves else rows.filter(was=0, now=bit)
    if (said := wanted.get("said", "")) in {"accepted", "rejected", "nothing"}:
        rows = rows.filter(said="" if said == "nothing" else said)
    if not user.sees_everything:
        rows = rows.filter(lead__in=Lead.objects.visible_to(user))
    return rows.select_related("lead__company", "lead__source")


def sheet_of(rows: QuerySet[Replayed], title: str, names: tuple[str, str]) -> Sheet:
    """Return the rows as a table; it streams."""
    columns = [
        _("Lead"), _("E-mail"), _("Company"), _("Source"), _("Company size"), _("Industry"),
        _("Handed over by"), _("Really handed over"), _("Sales said"), _("Won"),
        _("Opens under %s") % names[0], _("Opens under %s") % names[1],
    ]  # fmt: skip
    return Sheet(title, columns, map(_cells, rows.order_by("pk").iterator(chunk_size=2000)))


def _cells(row: Replayed) -> list[Any]:
    lead = row.lead
    return [
        lead.label, lead.email, str(lead.company or ""), str(row.source or ""),
        str(row.size or ""), str(row.industry or ""), str(row.get_way_display()), row.made_at,
        row.outcome, _("yes") if row.is_won else "", row.base_at, row.draft_at,
    ]  # fmt: skip


def mover_sheet(rows: QuerySet[Mover], title: str) -> Sheet:
    """Return who moves as a table; it streams."""
    columns = [_("Lead"), _("E-mail"), _("Company"), _("Source"), _("Sales said")]

    def cells() -> Iterator[list[Any]]:
        for row in rows.order_by("pk").iterator(chunk_size=2000):
            lead = row.lead
            yield [
                lead.label,
                lead.email,
                str(lead.company or ""),
                str(lead.source or ""),
                row.said,
            ]

    return Sheet(title, columns, cells())
