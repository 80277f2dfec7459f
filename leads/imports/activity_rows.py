"""Rows that are activities of leads who are known already."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.activities.services import ActivityInput, record_activities
from leads.database.models import Lead
from leads.imports.batch import ImportRow, Setting, Stored
from leads.imports.first_touch import stamp_first_touches

LONGEST_ID = 64
OBJECT_KINDS = {
    "page_view": "page",
    "content_download": "asset",
    "video_watched": "asset",
    "form_submitted": "form",
    "demo_request": "form",
    "quote_request": "form",
    "contact_request": "form",
    "subscription": "form",
    "email_sent": "mail",
    "email_opened": "mail",
    "email_clicked": "mail",
    "email_replied": "mail",
    "webinar_registered": "event",
    "webinar_attended": "event",
    "event_attended": "event",
}


def refuse(rows: Sequence[ImportRow], setting: Setting) -> dict[int, str]:
    """Refuse rows whose lead nobody knows, and ids that are known with another time."""
    leads = _Leads(rows, setting)
    known = _known_times(rows, setting)
    refused = {}
    for row in rows:
        if leads.of(row) is None:
            refused[row.number] = _(
                'No lead has the id or address "%(lead)s". Import the leads first.'
            ) % {"lead": row.text("lead_external_id") or row.text("lead_email")}
            continue
        times = known.setdefault(_id(row), {row.instant("occurred_at")})
        if row.instant("occurred_at") not in times:
            refused[row.number] = _(
                'The activity "%(id)s" is known with another time. Activities are never '
                "edited: give this one an id of its own."
            ) % {"id": row.text("external_id")}
    return refused


def store(rows: Sequence[ImportRow], setting: Setting) -> Stored:
    """Record the activities as history: they count from when they happened, and never hand off."""
    leads = _Leads(rows, setting)
    recorded = record_activities(
        [_input(row, lead_id) for row in rows if (lead_id := leads.of(row)) is not None],
        source=_source(setting),
        by=None,  # who uploaded the file did not make the calls
        at=setting.at,
        history=True,
    )
    stored = Stored(leads={one.lead_id for one in recorded if one.is_new})
    for one in recorded:
        stored.count(is_new=one.is_new, is_changed=False)
    stamp_first_touches(stored.leads)
    return stored


class _Leads:
    """The leads that rows name, merged ones by whom they became; two statements."""

    def __init__(self, rows: Sequence[ImportRow], setting: Setting) -> None:
        ids = {row.text("lead_external_id") for row in rows} - {""}
        emails = {row.text("lead_email") for row in rows} - {""}
        survivor = Coalesce("duplicate_of_id", "pk")
        mine = Lead.objects.filter(external_source=setting.system, external_id__in=ids)
        self._by_id = dict(mine.values_list("external_id", survivor)) if ids else {}
        addressed = Lead.objects.filter(email_key__in=emails).annotate(stays=survivor)
        ordered = addressed.order_by(F("duplicate_of").desc(nulls_last=True))  # who counts, last
        self._by_email = dict(ordered.values_list("email_key", "stays")) if emails else {}

    def of(self, row: ImportRow) -> int | None:
        found = self._by_id.get(row.text("lead_external_id"))
        return found or self._by_email.get(row.text("lead_email"))


def _known_times(rows: Sequence[ImportRow], setting: Setting) -> dict[str, set[datetime | None]]:
    stored = Activity.objects.filter(
        source=_source(setting), external_id__in={_id(row) for row in rows}
    )
    times: dict[str, set[datetime | None]] = {}
    for external_id, occurred_at in stored.values_list("external_id", "occurred_at"):
        times.setdefault(external_id, set()).add(occurred_at)
    return times


def _source(setting: Setting) -> str:
    return f"import:{setting.system}"


def _id(row: ImportRow) -> str:
    """Return the id as stored; one that is too long is only ever compared, so its digest does."""
    text = row.text("external_id")
    return text if len(text) <= LONGEST_ID else sha256(text.encode()).hexdigest()


def _input(row: ImportRow, lead_id: int) -> ActivityInput:
    kind, about = row.text("kind"), row.text("object")
    object_kind = OBJECT_KINDS.get(kind, "") if about else ""
    occurred_at = row.instant("occurred_at")
    assert occurred_at is not None  # noqa: S101 - a required field of every record
    properties = row.family("properties")
    if row.text("outcome"):
        properties["outcome"] = row.text("outcome")
    if row.values.get("duration_s") is not None:
        properties["duration_s"] = row.values["duration_s"]
    if about and not object_kind:
        properties["object"] = about
    if extra := row.family("extra"):
        properties["extra"] = extra
    return ActivityInput(
        lead_id=lead_id,
        kind=kind,
        occurred_at=occurred_at,
        external_id=_id(row),
        object_kind=object_kind,
        object_key=about if object_kind else "",
        properties=properties,
    )
