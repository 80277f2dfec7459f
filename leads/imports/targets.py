"""Every field a column can be mapped to, by kind of import: the table that all else reads."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.database.registry import FACTS as REGISTERED_FACTS
from leads.database.registry import KINDS as KINDS_OF_ACTIVITY

KINDS = ("leads", "activities", "spend", "handoffs")

ACTIVITY_KINDS = tuple(kind.name for kind in KINDS_OF_ACTIVITY)
DISPOSITIONS = ("accepted", "rejected")
OUTCOMES = ("won", "lost", "open")
SYSTEM_LIMIT = 30  # characters of a source system's name: activities store it after "import:"

Label = str | Promise


@dataclass(frozen=True)
class TargetField:
    """One field: ``type`` is a key of values.TYPES, ``limit`` the most characters of a text."""

    name: str
    type: str
    label: Label
    help: Label = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    limit: int = 500


@dataclass(frozen=True)
class Family:
    """Fields whose name the mapping makes up after ``prefix``, and whose type it may choose."""

    prefix: str
    label: Label
    help: Label
    limit: int = 5_000


FACT = Family(
    "fact",
    _("Fact"),
    _("What rules may ask about, as fact.title. With known: later it is kept as extra, unscored."),
)
EXTRA = Family(
    "extra", _("Extra"), _("Kept and shown, never scored: running totals, later remarks.")
)
PROPERTIES = Family(
    "properties", _("Property"), _("A detail of the activity that rules may ask about.")
)

# Facts that rules may ask about; any other name is kept with the lead as extra, unscored.
FACTS: dict[str, tuple[str, Label]] = {
    fact.name: ("integer" if fact.type == "number" else "text", fact.label)
    for fact in REGISTERED_FACTS
}
FACT_LIMIT = 300  # characters of a text fact: what the dictionary of texts holds

_ORIGIN = (
    TargetField("source", "text", _("Source"), _("Where the lead came from."), limit=120),
    TargetField("campaign", "text", _("Campaign"), limit=200),
    TargetField("content", "text", _("Content"), _("The advertisement: utm_content."), limit=200),
    TargetField("term", "text", _("Term"), _("The search word or audience: utm_term."), limit=200),
    TargetField("landing_page", "text", _("Landing page"), limit=300),
)

_LEADS = (
    TargetField(
        "external_id",
        "id",
        _("Id"),
        _("The source's own id. Needed without e-mail."),
        limit=64,
    ),
    TargetField("email", "email", _("E-mail"), limit=254),
    TargetField("name", "text", _("Name"), limit=200),
    TargetField("phone", "text", _("Phone"), limit=50),
    TargetField("company", "text", _("Company"), limit=200),
    TargetField("company_domain", "text", _("Company's domain"), limit=200),
    *_ORIGIN,
    TargetField("owner", "text", _("Owner"), _("A person's name or e-mail."), limit=254),
    TargetField("created_at", "instant", _("Created"), _("When the lead came in. May be unknown.")),
    TargetField(
        "known_from", "instant", _("Known from"), _("When the facts of this row were known.")
    ),
    TargetField(
        "order", "integer", _("Order"), _("Order of arrival where the source has no dates.")
    ),
    TargetField(
        "source_stage", "text", _("Source's stage"), _("The source's own word. Never scored.")
    ),
    TargetField("consent_email", "flag", _("Consent to e-mail")),
    TargetField("do_not_email", "flag", _("Do not e-mail")),
    TargetField("do_not_call", "flag", _("Do not call")),
)

_ACTIVITIES = (
    TargetField(
        "external_id",
        "id",
        _("Id"),
        _("Makes a second upload change nothing."),
        required=True,
        limit=200,
    ),
    TargetField("lead_external_id", "id", _("Lead's id"), limit=64),
    TargetField("lead_email", "email", _("Lead's e-mail"), limit=254),
    TargetField("kind", "choice", _("Kind"), required=True, choices=ACTIVITY_KINDS),
    TargetField("occurred_at", "instant", _("When"), required=True),
    TargetField(
        "object", "text", _("Object"), _("The page, asset, form, mail or event."), limit=300
    ),
    TargetField("duration_s", "duration", _("Duration"), _("In seconds, or as 0:12:30.")),
    TargetField("outcome", "text", _("Outcome"), _("Status or result in the source's own word.")),
)

_SPEND = (
    TargetField("date", "date", _("Day"), required=True),
    TargetField("source", "text", _("Source"), required=True, limit=120),
    TargetField("campaign", "text", _("Campaign"), limit=200),
    TargetField("ad_group", "text", _("Ad group"), limit=200),
    TargetField("ad", "text", _("Ad"), limit=200),
    TargetField("impressions", "integer", _("Impressions")),
    TargetField("clicks", "integer", _("Clicks")),
    TargetField("amount", "decimal", _("Amount"), required=True),
    TargetField(
        "currency", "text", _("Currency"), _("Three letters, as EUR."), required=True, limit=3
    ),
    TargetField(
        "external_id", "id", _("Key"), _("Joined from columns; may repeat in a file."), limit=2_000
    ),
)

_HANDOFFS = (
    TargetField(
        "external_id", "id", _("Id"), _("The deal's id in the source."), required=True, limit=64
    ),
    TargetField(
        "lead_external_id", "id", _("Lead's id"), _("Empty: a lead keyed by the deal."), limit=64
    ),
    TargetField("lead_email", "email", _("Lead's e-mail"), limit=254),
    TargetField("lead_name", "text", _("Lead's name"), limit=200),
    TargetField("lead_phone", "text", _("Lead's phone"), limit=50),
    TargetField("lead_company", "text", _("Lead's company"), limit=200),
    TargetField("lead_company_domain", "text", _("Company's domain"), limit=200),
    TargetField("lead_created_at", "instant", _("Lead created"), _("For a lead made by this row.")),
    TargetField(
        "known_from", "instant", _("Known from"), _("When the facts of this row were known.")
    ),
    TargetField("made_at", "instant", _("Handed off"), _("May be unknown.")),
    *_ORIGIN,
    TargetField("owner", "text", _("SDR"), _("A person's name, e-mail or id."), limit=120),
    TargetField("account_executive", "text", _("Account executive"), limit=254),
    TargetField("source_stage", "text", _("Source's stage"), _("The source's own word."), limit=80),
    TargetField("disposition", "choice", _("Disposition"), choices=DISPOSITIONS),
    TargetField(
        "reason", "code", _("Reason"), _("A reason's code; only with a rejection."), limit=40
    ),
    TargetField(
        "reason_text", "text", _("Reason as written"), _("The source's own word."), limit=200
    ),
    TargetField("decided_at", "instant", _("Decided"), _("May be unknown.")),
    TargetField("decided_by", "text", _("Decided by"), _("Empty: the SDR."), limit=254),
    TargetField("outcome", "choice", _("Outcome"), choices=OUTCOMES),
    TargetField("outcome_at", "instant", _("Outcome at"), _("When it was won or lost.")),
    TargetField("value", "decimal", _("Value")),
    TargetField("currency", "text", _("Currency"), _("Three letters, as EUR."), limit=3),
)

TARGETS: dict[str, dict[str, TargetField]] = {
    kind: {target.name: target for target in targets}
    for kind, targets in zip(KINDS, (_LEADS, _ACTIVITIES, _SPEND, _HANDOFFS), strict=True)
}

FAMILIES: dict[str, dict[str, Family]] = {
    "leads": {"fact": FACT, "extra": EXTRA},
    "activities": {"properties": PROPERTIES, "extra": EXTRA},
    "spend": {},
    "handoffs": {"fact": FACT, "extra": EXTRA},
}

# Of each pair one must be there in every row: how the row finds its lead.
ONE_OF: dict[str, tuple[str, ...]] = {
    "leads": ("external_id", "email"),
    "activities": ("lead_external_id", "lead_email"),
}
