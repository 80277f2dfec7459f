"""Taking what somebody sent: the lead, its facts, the activity and the consent, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.capture.models import CaptureForm, Consent, Submission
from leads.database.facts import FactChange, write_facts
from leads.database.models import StaleCause
from leads.database.people import FoundLead, LeadInput, find_or_create_leads
from leads.database.registry import SetBy
from portal.accounts.models import User
from portal.core.instants import whole_second
from portal.core.text import FREE_MAIL, clean_text, domain_of
from portal.events.services import recorded_together

FACTS = ("title", "company_size", "industry", "use_case", "timeline", "budget")
LONGEST_ANSWER = 2000


@dataclass(frozen=True, kw_only=True)
class ConsentGiven:
    """What the person agreed to: the exact words and their version."""

    text: str
    version: int


@dataclass(frozen=True, kw_only=True)
class Capture:
    """One person's coming in.

    ``via`` says who told us ("form:demo", "api:crm") and is the activity's source;
    ``external_source`` is the system that the lead's external id belongs to. ``activity`` needs
    no lead yet. An activity with an external id counts once for its lead, whenever it is sent.
    """

    lead: LeadInput
    via: str
    external_source: str
    facts: Mapping[str, str | int | None] = field(default_factory=dict)
    set_by: SetBy = SetBy.FORM
    activity: ActivityInput | None = None
    consent: ConsentGiven | None = None


@dataclass(frozen=True)
class Captured:
    lead_id: int
    is_new: bool


@recorded_together()
def take_capture(*, capture: Capture, by: User | None, at: datetime) -> Captured:
    """Find or make the lead and store all that came with it; it is scored after the commit.

    Locks the lead until then: of two presses of one button the second finds what the first left.
    """
    at = whole_second(at)
    (found,) = find_or_create_leads(
        [capture.lead],
        external_source=capture.external_source,
        by=by,
        at=at,
        cause=StaleCause.LIVE,
    )
    marked = {found.lead_id} if found.is_changed else set()
    if capture.facts:
        known_more = write_facts(
            [FactChange(lead_id=found.lead_id, known_from=at, values=capture.facts)],
            set_by=capture.set_by,
            by=by,
            at=at,
            cause=StaleCause.LIVE,
            marked=marked,
        )
        marked |= known_more & {found.lead_id}
    if capture.activity and not _is_known(capture.activity, found.lead_id, via=capture.via):
        activity = replace(capture.activity, lead_id=found.lead_id)
        record_activities([activity], source=capture.via, by=by, at=at, marked=marked)
    if capture.consent:
        _keep_consent(capture.consent, found, via=capture.via, at=at)
    return Captured(found.lead_id, found.is_new)


def _is_known(activity: ActivityInput, lead_id: int, *, via: str) -> bool:
    """Whether this lead's activity was stored before, perhaps a few seconds earlier."""
    if not activity.external_id:
        return False
    same = Activity.objects.filter(source=via, external_id=activity.external_id, lead=lead_id)
    return same.exists()


def _keep_consent(consent: ConsentGiven, found: FoundLead, *, via: str, at: datetime) -> None:
    given = {"lead_id": found.lead_id, "via": via, "version": consent.version, "text": consent.text}
    if found.is_new or not Consent.objects.filter(**given).exists():
        Consent.objects.create(given_at=at, **given)


@transaction.atomic
def take_submission(*, form: CaptureForm, answers: Mapping[str, Any], at: datetime) -> Submission:
    """Store what the hosted form's cleaned values say, and keep the answers as they came.

    The token that comes with the page makes a second press of the button harmless.
    """
    at, via = whole_second(at), f"form:{form.slug}"[:40]
    activity = ActivityInput(
        lead_id=0,
        kind=form.activity,
        occurred_at=at,
        external_id=str(answers["token"]),
        object_kind="form",
        object_key=form.slug,
        object_title=form.name,
        properties={"form": form.slug},
    )
    capture = Capture(
        lead=_lead_of(form, answers, at=at),
        via=via,
        external_source=via,
        facts={name: answers[name] for name in FACTS if answers.get(name)},
        activity=activity,
        consent=ConsentGiven(text=form.consent_text, version=form.consent_version),
    )
    captured = take_capture(capture=capture, by=None, at=at)
    return _keep(form, answers, at, state=Submission.State.TAKEN, lead_id=captured.lead_id)


def _lead_of(form: CaptureForm, answers: Mapping[str, Any], *, at: datetime) -> LeadInput:
    domain, medium = domain_of(answers["email"]), answers.get("utm_medium", "")
    return LeadInput(
        email=answers["email"],
        name=answers["name"],
        company=answers["company"],
        company_domain="" if domain in FREE_MAIL else domain,
        source=answers.get("utm_source") or form.source.name,
        campaign=answers.get("utm_campaign", ""),
        content=answers.get("utm_content", ""),
        term=answers.get("utm_term", ""),
        landing_page=form.get_absolute_url(),
        created_at=at,
        extra={"utm_medium": medium} if medium else {},
    )


@transaction.atomic
def quarantine_submission(
    *, form: CaptureForm, answers: Mapping[str, Any], at: datetime
) -> Submission:
    """Keep what a robot sent, out of the lead database, for somebody to look at."""
    reason = "The hidden field was filled in."
    return _keep(form, answers, at, state=Submission.State.QUARANTINED, reason=reason)


def _keep(form: CaptureForm, answers: Mapping[str, Any], at: datetime, **more: Any) -> Submission:
    said = {name: clean_text(str(value)) for name, value in answers.items() if value is not None}
    kept = {name: value[:LONGEST_ANSWER] for name, value in said.items() if value}
    return Submission.objects.create(form=form, at=whole_second(at), answers=kept, **more)
