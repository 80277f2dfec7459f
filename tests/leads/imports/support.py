"""Files and mappings of the import tests."""

from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile

from leads.imports import services
from leads.imports.models import Import
from leads.imports.reading import open_table
from leads.imports.rejects import rejects_csv
from tests.factories import AT

LATER = AT + timedelta(minutes=5)


def mapping(kind, fields, **more):
    return {
        "kind": kind,
        "name": "Test",
        "source_system": "crm",
        "fields": {
            name: {"column": spec} if isinstance(spec, str) else spec
            for name, spec in fields.items()
        },
    } | more


LEADS = mapping(
    "leads",
    {
        "external_id": "Id",
        "email": "Mail",
        "name": "Name",
        "source": "Source",
        "created_at": "Created",
        "fact.title": "Title",
        "extra.visits": {"column": "Visits", "type": "integer"},
    },
)
LEADS_HEADER = "Id,Mail,Name,Source,Created,Title,Visits"
ACTIVITIES = mapping(
    "activities",
    {"external_id": "Id", "lead_external_id": "Lead", "kind": "Kind", "occurred_at": "At"},
)
SPEND = mapping(
    "spend",
    {
        "date": "Day",
        "source": "Source",
        "campaign": "Campaign",
        "amount": "Amount",
        "currency": {"constant": "EUR"},
    },
)
HANDOFFS = mapping(
    "handoffs",
    {
        "external_id": "Id",
        "lead_external_id": "Lead",
        "lead_email": "Mail",
        "lead_created_at": "Created",
        "made_at": "Created",
        "source": "Source",
        "campaign": "Campaign",
        "owner": "Owner",
        "source_stage": "Stage",
        "disposition": "Said",
        "reason": {
            "column": "Reason",
            "when": {"disposition": "rejected"},
            "default": "not_stated",
        },
        "reason_text": "Reason",
        "decided_at": "Decided",
        "outcome": "Outcome",
        "value": "Value",
        "currency": {"constant": "EUR"},
    },
)
HANDOFFS_HEADER = (
    "Id,Lead,Mail,Created,Source,Campaign,Owner,Stage,Said,Reason,Decided,Outcome,Value"
)


def lines(header, *rows):
    return "\n".join([header, *rows, ""])


def lead_rows(count, start=0):
    return [
        f"L{n},lead{n}@acme{n % 7}.test,Lead {n},Web,2024-01-01 10:00,Director of {n % 5},{n}"
        for n in range(start, start + count)
    ]


def upload(text, document, *, by=None, at=AT, name="rows.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    run = services.start_import(
        file=ContentFile(content, name=name), kind=document["kind"], by=by, at=at
    )
    services.set_mapping(run=run, mapping=document, by=by)
    return run


def begin(run, at=AT):
    return services.begin_import(run=run, by=run.started_by, at=at, here=True)


def bring(text, document, *, at=AT, batch=1_000, **more):
    """Upload and import in one go; return the import as it stands afterwards."""
    run = begin(upload(text, document, at=at, **more), at)
    services.run_import(run_id=run.pk, clock=lambda: at, batch=batch)
    return Import.objects.get(pk=run.pk)


def counts(run):
    return run.created, run.updated, run.unchanged, run.rejected


def rejected_text(run):
    header = open_table(run.file.path).header
    return "".join(rejects_csv(header, run.rejected_rows.all(), has_nth=run.kind == "spend"))


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
