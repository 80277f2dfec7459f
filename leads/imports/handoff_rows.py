"""Rows that are past handoffs: deals with what sales said of them and what they came to."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from leads.database.models import Lead, StaleCause
from leads.database.people import FoundLead, LeadInput, find_or_create_leads
from leads.database.sources import campaigns_named, sources_named
from leads.dispositions.models import Reason
from leads.handoffs.models import Cause, Handoff, Origin
from leads.imports.batch import ImportRow, People, Setting, Stored, plain
from leads.imports.deal_ends import store_dispositions, store_opportunities
from leads.imports.deal_stages import follow_stages
from leads.imports.first_touch import stamp_first_touches
from leads.imports.leads_rows import store_facts
from portal.core.bulk import insert_objects, update_rows
from portal.core.text import fold

CHANGING = (
    "made_at", "source_id", "campaign_id", "content", "term", "landing_page", "owner_id",
    "is_decided", "decided_at", "outcome", "source_stage", "source_owner", "extra",
)  # fmt: skip
ORIGIN = ("source_id", "campaign_id", "content", "term", "landing_page")


def refuse(rows: Sequence[ImportRow], setting: Setting) -> dict[int, str]:
    """Refuse reasons that nobody has set up; all else that can be read can be stored."""
    known = set(Reason.objects.values_list("code", flat=True))
    return {
        row.number: _('There is no reason "%(code)s". Map the word to one of: %(known)s.')
        % {"code": row.text("reason"), "known": ", ".join(sorted(known))}
        for row in rows
        if row.text("reason") and row.text("reason") not in known
    }


def store(rows: Sequence[ImportRow], setting: Setting) -> Stored:
    """Store each deal as an imported handoff with its disposition and outcome, and what follows.

    Of rows with one id the last counts. Nothing here is routed, queued, clocked or handed off.
    """
    last = {row.text("external_id"): row for row in rows}
    rows_of_deals = list(last.values())
    people = People.all()
    found = find_or_create_leads(
        [_lead_input(row, people) for row in rows_of_deals],
        external_source=setting.system,
        by=setting.by,
        at=setting.at,
        cause=StaleCause.IMPORT,
    )
    informed = store_facts(rows_of_deals, found, setting, known_since="made_at")
    handoffs, new, changed = _store_handoffs(rows_of_deals, found, people, setting)
    deals = list(zip(rows_of_deals, handoffs, strict=True))
    changed |= store_dispositions(deals, new, people)
    changed |= store_opportunities(deals, new, people)
    touched = {one.lead_id for one in handoffs if one.pk in new or one.pk in changed}
    follow_stages(touched, by=setting.by, at=setting.at)
    stamp_first_touches(touched)
    stored = Stored(unchanged=len(rows) - len(rows_of_deals))
    stored.leads = touched | informed | {one.lead_id for one in found if one.is_changed}
    for handoff in handoffs:
        stored.count(is_new=handoff.pk in new, is_changed=handoff.pk in changed)
    return stored


def _lead_input(row: ImportRow, people: People) -> LeadInput:
    own_id = "" if row.text("lead_email") else row.text("external_id")
    return LeadInput(
        email=row.text("lead_email"),
        external_id=row.text("lead_external_id") or own_id,
        name=row.text("lead_name"),
        phone=row.text("lead_phone"),
        company=row.text("lead_company"),
        company_domain=row.text("lead_company_domain"),
        source=row.text("source"),
        campaign=row.text("campaign"),
        content=row.text("content"),
        term=row.text("term"),
        landing_page=row.text("landing_page"),
        owner=people.named(row.text("account_executive")),
        created_at=row.instant("lead_created_at"),
    )


def _store_handoffs(
    rows: Sequence[ImportRow], found: Sequence[FoundLead], people: People, setting: Setting
) -> tuple[list[Handoff], set[int], set[int]]:
    """Return the handoff of each row, and the ids of the new and of the changed ones."""
    mine = Handoff.objects.filter(external_source=setting.system)
    ids = [row.text("external_id") for row in rows]
    known = {one.external_id: one for one in mine.filter(external_id__in=ids)}
    said = _said(rows, found, people)
    new, changed = [], []
    for row, one, values in zip(rows, found, said, strict=True):
        handoff = known.get(row.text("external_id"))
        if handoff is None:
            handoff = Handoff(
                lead_id=one.lead_id,
                origin=Origin.IMPORTED,
                cause=Cause.IMPORTED,
                external_source=setting.system,
                external_id=row.text("external_id"),
                **values,
            )
            new.append(handoff)
        elif _apply(handoff, values):
            changed.append(handoff)
        known[handoff.external_id] = handoff
    insert_objects(new)
    update_rows(
        Handoff,
        [{"id": one.pk, **{name: getattr(one, name) for name in CHANGING}} for one in changed],
        key="id",
    )
    handoffs = [known[external_id] for external_id in ids]
    return handoffs, {one.pk for one in new}, {one.pk for one in changed}


def _apply(handoff: Handoff, values: dict[str, Any]) -> bool:
    """Put what was said on a known handoff; an empty cell erases nothing."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    given["extra"] = handoff.extra | values["extra"]
    given["is_decided"] = handoff.is_decided or values["is_decided"]
    is_changed = any(getattr(handoff, name) != value for name, value in given.items())
    for name, value in given.items():
        setattr(handoff, name, value)
    return is_changed


def _said(
    rows: Sequence[ImportRow], found: Sequence[FoundLead], people: People
) -> list[dict[str, Any]]:
    """Return the columns of each row; where it names no source, where its lead came from."""
    sources = sources_named(row.text("source") for row in rows)
    named = [(sources.get(fold(row.text("source"))), row.text("campaign")) for row in rows]
    campaigns = campaigns_named([(source, name) for source, name in named if source and name])
    without = {one.lead_id for row, one in zip(rows, found, strict=True) if not row.text("source")}
    leads = Lead.objects.in_bulk(without)
    said = []
    for row, one, (source, campaign_name) in zip(rows, found, named, strict=True):
        campaign = campaigns.get((source.pk, fold(campaign_name))) if source else None
        origin: dict[str, Any] = {
            "source_id": source.pk if source else None,
            "campaign_id": campaign.pk if campaign else None,
            **{name: row.text(name) for name in ("content", "term", "landing_page")},
        }
        if source is None:
            lead = leads[one.lead_id]
            origin |= {name: origin[name] or getattr(lead, name) for name in ORIGIN}
        said.append({**origin, **_own(row, people)})
    return said


def _own(row: ImportRow, people: People) -> dict[str, Any]:
    owner = people.named(row.text("owner"))
    outcome = row.text("disposition")
    return {
        "made_at": row.instant("made_at"),
        "owner_id": owner.pk if owner else None,
        "is_decided": bool(outcome),
        "decided_at": row.instant("decided_at") if outcome else None,
        "outcome": outcome,
        "source_stage": row.text("source_stage"),
        "source_owner": row.text("owner"),
        "extra": {**_kept(row, people), **row.family("extra")},
    }


def _kept(row: ImportRow, people: People) -> dict[str, Any]:
    """What the row says that has no column of its own: kept as text, shown, never scored."""
    names = ["outcome", "outcome_at", "value"]
    names += [n for n in ("account_executive", "decided_by") if people.named(row.text(n)) is None]
    if not row.text("disposition"):
        names += ["decided_at"]
    if not row.text("reason"):
        names += ["reason_text"]
    return {name: plain(row.values[name]) for name in names if row.text(name)}
