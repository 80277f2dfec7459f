"""Finding a lead by e-mail or by another system's id, or making one; in sets. Editing one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.database.companies import clean_domain, companies_named
from leads.database.facts import FactChange, inherit_company_facts, write_facts
from leads.database.lead_rows import store_changes, store_words_of, write_email_kinds
from leads.database.matching import Batch, FoundLead, MergedAway
from leads.database.models import Lead, StaleCause
from leads.database.registry import SetBy
from leads.database.standing import mark_stale
from leads.database.wanted import LeadInput, set_keys
from portal.accounts.models import Role, User
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record, recorded_together

__all__ = [
    "FoundLead",
    "LeadInput",
    "add_lead",
    "edit_lead",
    "find_or_create_leads",
    "require_writer",
]

TRIES = 4  # how often a batch starts again when somebody else stored one of its people first
EDITABLE = frozenset(
    ["name", "email", "phone", "source", "campaign", "owner", "do_not_email", "do_not_call"]
)


def find_or_create_leads(
    inputs: Sequence[LeadInput],
    *,
    external_source: str,
    by: User | None,
    at: datetime,
    cause: StaleCause,
    overwrite: bool = False,
) -> list[FoundLead]:
    """Return the lead of each input, by e-mail, then by the external id; make the missing ones.

    Inputs of one batch that mean one person make one lead. Blanks of a known lead are filled;
    ``overwrite`` replaces what stands there too. Where it came from first stays, but for
    ``overwrite``. Statements do not grow with ``inputs``. Records ``lead.captured`` for each new
    and ``lead.changed`` for each changed lead, unless an import's own event names them. A batch
    that another one was quicker than starts again. Raises DomainError for an input with neither
    an e-mail address nor an external id.
    """
    merged: set[int] = set()
    for left in reversed(range(TRIES)):
        try:
            with recorded_together(savepoint=True):
                batch = Batch(external_source, by, whole_second(at), cause, overwrite=overwrite)
                return batch.store(inputs, merged=merged)
        except MergedAway as found:
            merged |= found.into
            if not left:
                raise
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("unreachable")


def require_writer(by: User) -> None:
    """Raise NotAllowed unless this person writes leads down; leadership reads."""
    if by.role == Role.LEADERSHIP:
        raise NotAllowed(_("Marketing and sales write leads down. Ask one of them."))


@transaction.atomic
def add_lead(*, values: Mapping[str, Any], by: User, at: datetime) -> Lead:
    """Make the lead that a person wrote down, and return it; ``values`` as in ``edit_lead``.

    Raises NotAllowed for leadership, DomainError when somebody with this address is a lead already.
    """
    require_writer(by)
    one = LeadInput(
        name=values.get("name") or "",
        email=values.get("email") or "",
        phone=values.get("phone") or "",
        company=values.get("company") or "",
        company_domain=values.get("company_domain") or "",
        source=str(values.get("source") or ""),
        campaign=str(values.get("campaign") or ""),
        owner=values.get("owner"),
        do_not_email=bool(values.get("do_not_email")),
        do_not_call=bool(values.get("do_not_call")),
    )
    (found,) = find_or_create_leads(
        [one], external_source="page", by=by, at=at, cause=StaleCause.LIVE
    )
    if not found.is_new:
        raise DomainError(_("Somebody with this e-mail address is a lead already."))
    if facts := values.get("facts"):
        _write_said(found.lead_id, facts, by=by, at=at)
    return Lead.objects.get(pk=found.lead_id)


@transaction.atomic
def edit_lead(
    *, lead: Lead, values: Mapping[str, Any], revision: int, by: User, at: datetime
) -> Lead:
    """Change a lead as a person wants it, and return it.

    ``values`` may hold EDITABLE columns, ``company`` (a name; blank takes it away) with
    ``company_domain``, and ``facts`` (name to value, said by a person). Locks the lead. Raises
    Conflict when the lead has another revision than the one that was edited, DomainError when
    another lead has the address or nothing is left to find this one by, NotAllowed for leadership.
    """
    require_writer(by)
    at = whole_second(at)
    lead = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
    if lead.revision != revision:
        raise Conflict(_("Somebody changed this lead while you were editing it."))
    changed = _put(lead, values)
    _check(lead)
    facts = values.get("facts")
    if changed or facts:
        lead.revision += 1
        _store(lead, changed, at=at)
    if changed:
        payload = {"fields": sorted(changed)}
        record("lead.changed", subject=lead, actor=by, payload=payload, at=at)
        mark_stale([lead.pk], cause=StaleCause.LIVE, at=at)
    if facts:
        _write_said(lead.pk, facts, by=by, at=at)
    return lead


def _write_said(lead_id: int, facts: Mapping[str, Any], *, by: User, at: datetime) -> None:
    write_facts(
        [FactChange(lead_id, at, facts)],
        set_by=SetBy.PERSON,
        by=by,
        at=at,
        cause=StaleCause.LIVE,
    )


def _put(lead: Lead, values: Mapping[str, Any]) -> set[str]:
    before = {name: getattr(lead, name) for name in (*EDITABLE, "company")}
    for name in EDITABLE & values.keys():
        value = values[name]
        setattr(lead, name, clean_text(value) if isinstance(value, str) else value)
    if "company" in values:
        pair = clean_text(values["company"]), clean_domain(values.get("company_domain") or "")
        lead.company = companies_named([pair]).get(pair)
    set_keys(lead)
    return {name for name, value in before.items() if getattr(lead, name) != value}


def _check(lead: Lead) -> None:
    if not lead.email_key and not lead.external_id:
        raise DomainError(_("Give an e-mail address or an external id."))
    taken = Lead.objects.filter(email_key=lead.email_key, duplicate_of=None).exclude(pk=lead.pk)
    if lead.email_key and taken.exists():
        raise DomainError(_("Another lead has this e-mail address."))


def _store(lead: Lead, changed: set[str], *, at: datetime) -> None:
    try:
        with transaction.atomic():
            store_changes([lead])
    except IntegrityError:
        raise DomainError(_("Another lead has this e-mail address.")) from None
    if {"name", "company"} & changed:
        store_words_of([lead.pk])
    if "email" in changed:
        write_email_kinds([lead.pk], at=at, cause=StaleCause.LIVE)
    if "company" in changed:
        inherit_company_facts([lead], at=at, cause=StaleCause.LIVE)
