"""Plain functions that make rows for tests; what they are not told is plausible.

They go through the product's own services where those are part of what a row means (a lead has
a standing, facts follow one another), and make the row itself otherwise.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.companies import company_key
from leads.database.facts import FactChange, write_facts
from leads.database.models import (
    Campaign,
    Company,
    Lead,
    Source,
    Stage,
    StageChange,
    StaleCause,
    Standing,
)
from leads.database.people import LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from leads.database.sources import campaigns_named, sources_named
from leads.dispositions.models import Reason
from leads.handoffs.models import Cause, Handoff, Origin
from portal.accounts.models import Membership, Role, Team, User
from portal.agreements.models import Agreement, Version
from portal.agreements.services import propose, sign, start_draft
from scoring.definitions.services import seed_default
from scoring.rules.defaults import default_clauses
from sla.calendar.services import seed_calendars
from sla.terms.services import seed_default_terms

numbers = count(1)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # the Monday morning of the ``now`` fixture


def make_user(*, role: str = Role.SDR, team: Team | None = None, **values: Any) -> User:
    """Make an active person, in a team when one is given."""
    number = next(numbers)
    values = {"name": f"Person {number}", "password": "a long enough one"} | values
    user = User.objects.create_user(
        values.pop("email", f"person{number}@example.test"), role=role, **values
    )
    if team is not None:
        Membership.objects.create(team=team, user=user)
    return user


def make_team(name: str = "", **values: Any) -> Team:
    return Team.objects.create(name=name or f"Team {next(numbers)}", **values)


def make_company(name: str = "", **values: Any) -> Company:
    name = name or f"Company {next(numbers)}"
    return Company.objects.create(name=name, key=company_key(name), **values)


def make_source(name: str = "Website") -> Source:
    (source,) = sources_named([name]).values()
    return source


def make_campaign(source: Source | None = None, name: str = "Spring") -> Campaign:
    (campaign,) = campaigns_named([(source or make_source(), name)]).values()
    return campaign


def make_lead(
    *,
    at: datetime = AT,
    stage: str = Stage.KNOWN,
    facts: Mapping[str, Any] | None = None,
    **values: Any,
) -> Lead:
    """Make a lead through the door that every lead comes through.

    ``values`` are those of ``LeadInput``; ``company`` may be a Company, ``source`` a Source.
    """
    number = next(numbers)
    given = {"email": f"lead{number}@example.test", "name": f"Lead {number}"} | values
    if isinstance(company := given.get("company"), Company):
        given |= {"company": company.name, "company_domain": company.domain}
    for name in ("source", "campaign"):
        given[name] = str(given.get(name) or "")
    (found,) = find_or_create_leads(
        [LeadInput(stage=Stage(stage), **given)],
        external_source="test",
        by=None,
        at=at,
        cause=StaleCause.LIVE,
    )
    if facts:
        make_facts(found.lead_id, at=at, **facts)
    return Lead.objects.get(pk=found.lead_id)


def make_leads(number: int, **values: Any) -> list[Lead]:
    return [make_lead(**values) for _ in range(number)]


def make_facts(
    lead: Lead | int,
    *,
    at: datetime = AT,
    set_by: SetBy = SetBy.FORM,
    by: User | None = None,
    **values: Any,
) -> None:
    """Say facts of a lead, as known from ``at``."""
    lead_id = lead if isinstance(lead, int) else lead.pk
    write_facts(
        [FactChange(lead_id, at, values)], set_by=set_by, by=by, at=at, cause=StaleCause.LIVE
    )


def make_activity(
    lead: Lead,
    *,
    kind: str = "page_view",
    at: datetime = AT,
    tags: list[str] | None = None,
    **values: Any,
) -> Activity:
    """Record one activity; ``tags`` are put on its object."""
    given = {"external_id": f"activity-{next(numbers)}", "occurred_at": at} | values
    (recorded,) = record_activities(
        [ActivityInput(lead_id=lead.pk, kind=kind, **given)], source="test", by=None, at=at
    )
    activity = Activity.objects.select_related("object").get(pk=recorded.activity_id)
    if tags is not None:
        assert activity.object is not None, "tags are an object's: give object_kind and object_key"
        activity.object.tags = sorted(tags)
        activity.object.save(update_fields=["tags"])
    return activity


def make_handoff(
    lead: Lead | None = None, *, at: datetime = AT, owner: User | None = None, **values: Any
) -> Handoff:
    """Make the row of a handoff and put its lead with sales; no events, no clocks."""
    lead = lead or make_lead(at=at)
    given = {
        "origin": Origin.LIVE,
        "cause": Cause.SALES_READY,
        "made_at": at,
        "owner": owner,
        "routed_at": at if owner else None,
        "source_id": lead.source_id,
        "campaign_id": lead.campaign_id,
    } | values
    handoff = Handoff.objects.create(lead=lead, **given)
    if handoff.is_open:
        set_stage(lead, Stage.WITH_SALES, at=at)
    return handoff


def set_stage(lead: Lead, stage: str, *, at: datetime = AT) -> None:
    """Put a lead in a stage, with its history, and nothing else."""
    Lead.objects.filter(pk=lead.pk).update(stage=stage)
    Standing.objects.filter(pk=lead.pk).update(stage=stage)
    StageChange.objects.filter(lead=lead, left_at=None).update(left_at=at)
    StageChange.objects.create(lead=lead, stage=stage, entered_at=at, cause="test")
    lead.stage = stage


def make_reason(code: str = "no_budget", **values: Any) -> Reason:
    given = {"label": code.replace("_", " "), "group": "fit", "effect": "recycle", "blames": "fit"}
    reason, _ = Reason.objects.update_or_create(code=code, defaults=given | values)
    return reason


def make_terms(*, at: datetime = AT, clauses: list[dict[str, Any]] | None = None) -> Version:
    """Sign SLA terms by both sides, in force from ``at``: the default ones unless given clauses."""
    marketing = make_user(role=Role.MARKETING_LEAD)
    sales = make_user(role=Role.SALES_LEAD)
    if clauses is None:
        return seed_default_terms(by_marketing=marketing, by_sales=sales, at=at)
    agreement, _ = Agreement.objects.get_or_create(
        slug="terms", defaults={"kind": "terms", "name": "SLA terms", "created_at": at}
    )
    seed_calendars(by=marketing, at=at)
    version = start_draft(agreement=agreement, by=marketing, at=at, clauses=clauses)
    version = propose(version=version, by=marketing, at=at)
    for signer in (marketing, sales):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version


def make_definition(
    *, at: datetime = AT, signed: bool = True, checklist: list[str] | None = None
) -> Version:
    """Make the default definition: in force from ``at``, or a draft of it.

    ``checklist`` adds the answers that accepting needs to a signed one.
    """
    marketing = make_user(role=Role.MARKETING_LEAD)
    if signed and checklist is None:
        sales = make_user(role=Role.SALES_LEAD)
        return seed_default(by_marketing=marketing, by_sales=sales, at=at)
    agreement, _ = Agreement.objects.get_or_create(
        slug="definition",
        defaults={"kind": "definition", "name": "Qualified lead", "created_at": at},
    )
    clauses = default_clauses()
    if checklist:
        body = {"questions": checklist}
        asks = {"kind": "checklist", "key": "checklist", "position": 99, "body": body}
        clauses = [*clauses, asks]
    draft = start_draft(agreement=agreement, by=marketing, at=at, clauses=clauses)
    if not signed:
        return draft
    version = propose(version=draft, by=marketing, at=at)
    for signer in (marketing, make_user(role=Role.SALES_LEAD)):
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version
