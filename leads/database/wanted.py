"""Incoming people, cleaned and with their company, source and campaign found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leads.database.companies import clean_domain, companies_named
from leads.database.models import Company, Lead, Stage
from leads.database.sources import campaigns_named, sources_named
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text, email_key, fold

LIMITS = {
    "name": 200, "phone": 50, "content": 200, "term": 200, "landing_page": 300,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LeadInput:
    """What is said of a person who may be a lead already. Blank means "not said"."""

    email: str = ""
    external_id: str = ""
    name: str = ""
    phone: str = ""
    company: str = ""
    company_domain: str = ""
    source: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""
    landing_page: str = ""
    owner: User | None = None
    created_at: datetime | None = None
    stage: Stage = Stage.KNOWN  # of a new lead only
    do_not_email: bool = False
    do_not_call: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """One input, ready to be matched. ``values`` are those of its columns that were said."""

    email_key: str
    external_id: str
    company: str
    stage: Stage
    values: Mapping[str, Any]  # filled where blank
    origin: Mapping[str, Any]  # source, campaign and the rest: kept together
    flags: Mapping[str, bool]  # only ever turned on
    extra: Mapping[str, Any]

    def fill(
        self,
        lead: Lead,
        *,
        external_source: str,
        is_id_free: bool,
        is_email_free: bool,
        overwrite: bool,
    ) -> set[str]:
        """Put what was said on ``lead``; return the names of the columns that changed."""
        new: dict[str, Any] = {
            name: value
            for name, value in self.values.items()
            if overwrite or not getattr(lead, name)
        }
        if self.origin and (overwrite or lead.source_id is None):
            new |= self.origin
        if self.external_id and is_id_free and not lead.external_id:
            new |= {"external_source": external_source, "external_id": self.external_id}
        if not is_email_free and lead.email_key != self.email_key:
            new.pop("email", None)
        new |= {name: True for name, is_on in self.flags.items() if is_on}
        if self.extra:
            new["extra"] = (
                {**lead.extra, **self.extra} if overwrite else {**self.extra, **lead.extra}
            )
        changed = {name for name, value in new.items() if getattr(lead, name) != value}
        for name in changed:
            setattr(lead, name, new[name])
        set_keys(lead)
        return changed


def set_keys(lead: Lead) -> None:
    """Set the columns that follow from name and e-mail."""
    lead.name_key = fold(lead.name)[:200]
    lead.email_key = email_key(lead.email)
    lead.email_domain = lead.email_key.rpartition("@")[2][:200]


def wanted_leads(inputs: Sequence[LeadInput]) -> list[Wanted]:
    """Clean ``inputs`` and find what they refer to, in a fixed number of statements."""
    companies = companies_named(_company(one) for one in inputs)
    sources = sources_named(one.source for one in inputs)
    campaigns = campaigns_named(
        [
            (sources[fold(clean_text(one.source)[:120])], one.campaign)
            for one in inputs
            if clean_text(one.source)
        ]
    )
    found = []
    for one in inputs:
        company = companies.get(_company(one))
        source = sources.get(fold(clean_text(one.source)[:120]))
        named = clean_text(one.campaign)[:200]
        campaign = campaigns.get((source.pk, fold(named)[:200])) if source and named else None
        found.append(
            _wanted(
                one,
                company=company,
                source_id=source.pk if source else None,
                campaign_id=campaign.pk if campaign else None,
            )
        )
    return found


def _company(one: LeadInput) -> tuple[str, str]:
    return clean_text(one.company), clean_domain(one.company_domain)


def _wanted(
    one: LeadInput,
    *,
    company: Company | None,
    source_id: int | None,
    campaign_id: int | None,
) -> Wanted:
    key, external_id = email_key(clean_text(one.email)), clean_text(one.external_id)
    if not key and not external_id:
        raise DomainError(_("Give an e-mail address or an external id."))
    texts = {name: clean_text(getattr(one, name))[:limit] for name, limit in LIMITS.items()}
    values = {
        "email": clean_text(one.email) if key else "",
        "name": texts["name"],
        "phone": texts["phone"],
        "company_id": company.pk if company else None,
        "owner_id": one.owner.pk if isinstance(one.owner, User) else None,
        "created_at": whole_second(one.created_at) if one.created_at else None,
    }
    origin = {
        "source_id": source_id,
        "campaign_id": campaign_id,
        "content": texts["content"],
        "term": texts["term"],
        "landing_page": texts["landing_page"],
    }
    return Wanted(
        email_key=key,
        external_id=external_id,
        company=company.name if company else "",
        stage=one.stage,
        values={name: value for name, value in values.items() if value},
        origin=origin if source_id else {k: v for k, v in origin.items() if v},
        flags={"do_not_email": one.do_not_email, "do_not_call": one.do_not_call},
        extra=dict(one.extra),
    )
