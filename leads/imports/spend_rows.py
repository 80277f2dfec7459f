"""Rows that say what one day of one campaign, ad group or ad cost."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from leads.database.models import Spend
from leads.database.sources import campaigns_named, sources_named
from leads.imports.batch import ImportRow, Setting, Stored
from portal.core.bulk import insert_objects, update_rows
from portal.core.text import fold

MOST = Decimal(10) ** 12
CENT = Decimal("0.01")
COUNTS = ("impressions", "clicks")
CHANGING = ("day", "source_id", "campaign_id", "ad_group", "ad", "amount", "currency", *COUNTS)


def key_of(values: Mapping[str, Any]) -> str | None:
    """Return what a row of spend is about; None when that cannot be read."""
    if values.get("external_id"):
        return str(values["external_id"])
    if not values.get("date") or not values.get("source"):
        return None
    parts = (values.get(name) or "" for name in ("date", "source", "campaign", "ad_group", "ad"))
    return "\x1f".join(map(str, parts))


def refuse(rows: Sequence[ImportRow], setting: Setting) -> dict[int, str]:
    """Refuse numbers that no day of advertising comes to."""
    refused = {}
    for row in rows:
        if any(int(str(row.values.get(name) or 0)) < 0 for name in COUNTS):
            refused[row.number] = _("Impressions and clicks cannot be below zero.")
        elif abs(Decimal(str(row.values["amount"]))) >= MOST:
            refused[row.number] = _(
                "The amount is too large: at most twelve digits before the mark."
            )
    return refused


def store(rows: Sequence[ImportRow], setting: Setting) -> Stored:
    """Store or correct each row under its key and its place among the rows of that key."""
    wanted = {_stored_key(row, setting): row for row in rows}
    columns = _columns(wanted)
    known = Spend.objects.in_bulk(list(wanted), field_name="external_key")
    new = [Spend(external_key=key, **columns[key]) for key in wanted if key not in known]
    changed = [
        {"id": spend.pk, **columns[key]}
        for key, spend in known.items()
        if any(getattr(spend, name) != columns[key][name] for name in CHANGING)
    ]
    insert_objects(new)
    update_rows(Spend, changed, key="id")
    return Stored(len(new), len(changed), len(rows) - len(new) - len(changed))


def _stored_key(row: ImportRow, setting: Setting) -> str:
    text = "\x1e".join((setting.system, key_of(row.values) or "", row.nth))
    return sha256(text.encode()).hexdigest()


def _columns(rows: Mapping[str, ImportRow]) -> dict[str, dict[str, Any]]:
    """Return what each row stores; sources and campaigns found or made in a few statements."""
    sources = sources_named(row.text("source") for row in rows.values())
    of_row = {key: sources[fold(row.text("source"))] for key, row in rows.items()}
    named = [(of_row[key], row.text("campaign")) for key, row in rows.items()]
    campaigns = campaigns_named([(source, name) for source, name in named if name])
    found = {}
    for key, row in rows.items():
        campaign = campaigns.get((of_row[key].pk, fold(row.text("campaign"))))
        day = row.values["date"]
        assert isinstance(day, date)  # noqa: S101 - a required field of every record
        found[key] = {
            "day": day,
            "source_id": of_row[key].pk,
            "campaign_id": campaign.pk if campaign else None,
            "ad_group": row.text("ad_group"),
            "ad": row.text("ad"),
            "amount": Decimal(str(row.values["amount"])).quantize(CENT, ROUND_HALF_UP),
            "currency": row.text("currency").upper(),
            **{name: row.values.get(name) for name in COUNTS},
        }
    return found
