"""Rows that are people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from leads.database.fact_rows import Value
from leads.database.facts import FactChange, write_facts
from leads.database.models import Lead, StaleCause
from leads.database.people import FoundLead, LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.imports.batch import ImportRow, People, Setting, Stored

KEPT = ("order", "source_stage", "consent_email")  # shown with the lead, never scored


def refuse(rows: Sequence[ImportRow], setting: Setting) -> dict[int, str]:
    """A person who can be read can be stored."""
    return {}


def store(rows: Sequence[ImportRow], setting: Setting) -> Stored:
    """Find or make the lead of each row, fill its blanks and write its facts."""
    people = People.all()
    found = find_or_create_leads(
        [_input(row, people) for row in rows],
        external_source=setting.system,
        by=setting.by,
        at=setting.at,
        cause=StaleCause.IMPORT,
    )
    informed = store_facts(rows, found, setting, known_since="created_at")
    stored = Stored(leads=informed | {one.lead_id for one in found if one.is_changed})
    seen: set[int] = set()
    for one in found:
        is_changed = one.lead_id not in seen and (one.is_changed or one.lead_id in informed)
        stored.count(is_new=one.is_new, is_changed=is_changed)
        seen.add(one.lead_id)
    return stored


def store_facts(
    rows: Sequence[ImportRow],
    found: Sequence[FoundLead],
    setting: Setting,
    *,
    known_since: str,
) -> set[int]:
    """Write what the rows say of their leads; return the leads of which more is known.

    Known from the instant that the mapping names, else from the row's creation, else from the
    lead's, else from now on.
    """
    said = [
        (row, one.lead_id, facts)
        for row, one in zip(rows, found, strict=True)
        if (facts := row.family("fact"))
    ]
    if not said:
        return set()
    began = dict(
        Lead.objects.filter(pk__in={pk for _, pk, _ in said}).values_list("pk", "created_at")
    )
    return write_facts(
        [
            FactChange(pk, _known_from(row, known_since, began[pk]) or setting.at, _values(facts))
            for row, pk, facts in said
        ],
        set_by=SetBy.IMPORT,
        by=setting.by,
        at=setting.at,
        cause=StaleCause.IMPORT,
    )


def _known_from(row: ImportRow, known_since: str, began: datetime | None) -> datetime | None:
    return row.instant("known_from") or row.instant(known_since) or began


def _values(facts: Mapping[str, object]) -> Mapping[str, Value]:
    return cast("Mapping[str, Value]", facts)


def _input(row: ImportRow, people: People) -> LeadInput:
    owner = people.named(row.text("owner"))
    extra = {name: row.values[name] for name in KEPT if row.values.get(name) is not None}
    if row.text("owner") and owner is None:
        extra["owner"] = row.text("owner")
    return LeadInput(
        email=row.text("email"),
        external_id=row.text("external_id"),
        name=row.text("name"),
        phone=row.text("phone"),
        company=row.text("company"),
        company_domain=row.text("company_domain"),
        source=row.text("source"),
        campaign=row.text("campaign"),
        content=row.text("content"),
        term=row.text("term"),
        landing_page=row.text("landing_page"),
        owner=owner,
        created_at=row.instant("created_at"),
        do_not_email=row.flag("do_not_email"),
        do_not_call=row.flag("do_not_call"),
        extra={**extra, **row.family("extra")},
    )
