"""Read-only views for Power BI, Tableau, Metabase and notebooks: stable names and columns.

They say nothing by which a lead could be found: no name, address, number or free text of a
person; leads, owners and deciders are numbers. What each column is, and what may be added:
docs/reference/reporting-views.md, which a test compares with what stands here. Whether something
is so is 1 or 0, instants are UTC; both databases answer the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

READERS = "portal_reports"  # a role of PostgreSQL that may read these views, where it exists

# leads.database.registry.KINDS, which lies above this floor: a test compares the two.
KINDS = {
    1: "page_view", 2: "form_submitted", 3: "demo_request", 4: "quote_request",
    5: "contact_request", 6: "content_download", 7: "subscription", 8: "webinar_registered",
    9: "webinar_attended", 10: "event_attended", 11: "email_sent", 12: "email_opened",
    13: "email_clicked", 14: "email_replied", 15: "chat", 16: "trial_started", 17: "product_used",
    18: "video_watched", 19: "social_interaction", 20: "call_inbound", 21: "call_outbound",
    22: "call_missed", 23: "email_outbound", 24: "linkedin_outbound", 25: "meeting_booked",
    26: "meeting_held", 27: "unsubscribed", 28: "wish_listed", 29: "checkout_started",
    30: "sms_sent",
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """One view: its columns in their order, each with its SQL, and where they come from.

    ``{day:x}`` is the UTC day of an instant, ``{id:x}`` a public id as text, ``{text:x}`` JSON as
    text, ``{s:a,b}`` whole seconds from a to b: what the two databases spell differently.
    """

    name: str
    columns: Sequence[tuple[str, str]]
    source: str
    tables: Sequence[str]


def yes(condition: str) -> str:
    """Return 1 where the condition holds, else 0."""
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


_GATES = "coalesce(t.gates, 0)"
LEADS = View(
    "report_leads",
    (
        ("lead_id", "l.id"),
        ("lead_uuid", "{id:l.public_id}"),
        ("created_at", "l.created_at"),
        ("stage", "l.stage"),
        ("stage_since", "g.entered_at"),
        ("source", "s.name"),
        ("campaign", "c.name"),
        ("owner_id", "l.owner_id"),
        ("total", "t.total"),
        ("fit_points", "t.fit / 100.0"),
        ("engagement_points", "t.engagement / 100.0"),
        ("grade", "nullif(t.grade, '')"),
        ("is_mql_gate_open", yes(f"({_GATES} & 1) > 0")),
        ("is_sales_ready", yes(f"({_GATES} & 2) > 0")),
        ("is_fast_track", yes(f"({_GATES} & 4) > 0")),
        ("definition", "a.slug"),
        ("definition_version", "v.number"),
        ("scored_at", "t.scored_at"),
        ("recycle_on", "l.recycle_on"),
        ("updated_at", "t.changed_at"),
    ),
    "leads_lead l JOIN leads_standing t ON t.lead_id = l.id "
    "LEFT JOIN leads_stagechange g ON g.lead_id = l.id AND g.left_at IS NULL "
    "LEFT JOIN leads_source s ON s.id = l.source_id "
    "LEFT JOIN leads_campaign c ON c.id = l.campaign_id "
    "LEFT JOIN portal_version v ON v.id = t.version_id "
    "LEFT JOIN portal_agreement a ON a.id = v.agreement_id WHERE l.duplicate_of_id IS NULL",
    ("leads_lead", "leads_standing", "leads_stagechange", "portal_version"),
)
_JUDGES = "d.id IS NOT NULL AND coalesce(r.effect, '') NOT IN ('duplicate', 'mend')"
HANDOFFS = View(
    "report_handoffs",
    (
        ("handoff_id", "h.id"),
        ("handoff_uuid", "{id:h.public_id}"),
        ("lead_id", "h.lead_id"),
        ("origin", "h.origin"),
        ("cause", "h.cause"),
        ("made_at", "h.made_at"),
        ("routed_at", "h.routed_at"),
        ("first_touch_at", "h.first_touch_at"),
        ("seconds_to_first_touch", "{s:h.made_at,h.first_touch_at}"),
        ("is_decided", yes("h.is_decided")),
        ("decided_at", "h.decided_at"),
        ("outcome", "nullif(h.outcome, '')"),
        ("reason", "d.reason_id"),
        ("reason_label", "r.label"),
        ("reason_effect", "r.effect"),
        (
            "judges_the_lead",
            yes("d.id IS NOT NULL AND coalesce(r.effect, '') NOT IN ('duplicate', 'mend')"),
        ),
        ("decided_by_id", "d.decided_by_id"),
        ("source", "s.name"),
        ("campaign", "c.name"),
        ("team", "m.name"),
        ("owner_id", "h.owner_id"),
        ("total", "h.total"),
        ("grade", "nullif(h.grade, '')"),
        ("definition", "a.slug"),
        ("definition_version", "v.number"),
        ("evidence", "e.kind"),
        ("opportunity", "o.outcome"),
        ("opportunity_value", "o.value"),
        ("opportunity_currency", "nullif(o.currency, '')"),
        ("opportunity_closed_at", "o.closed_at"),
        ("updated_at", "h.changed_at"),
    ),
    "leads_handoff h "
    "LEFT JOIN leads_disposition d ON d.handoff_id = h.id AND d.withdrawn_at IS NULL "
    "LEFT JOIN leads_reason r ON r.code = d.reason_id "
    "LEFT JOIN leads_source s ON s.id = h.source_id "
    "LEFT JOIN leads_campaign c ON c.id = h.campaign_id "
    "LEFT JOIN portal_team m ON m.id = h.team_id "
    "LEFT JOIN scoring_evidence e ON e.handoff_id = h.id "
    "LEFT JOIN portal_version v ON v.id = e.version_id "
    "LEFT JOIN portal_agreement a ON a.id = v.agreement_id "
    "LEFT JOIN leads_opportunity o ON o.handoff_id = h.id",
    ("leads_handoff", "leads_disposition", "leads_opportunity", "scoring_evidence"),
)
_KIND = " ".join(f"WHEN {code} THEN '{name}'" for code, name in KINDS.items())
ACTIVITIES = View(
    "report_activities_daily",
    (
        ("day", "{day:x.occurred_at}"),
        ("kind", f"CASE x.kind {_KIND} END"),
        ("object_kind", "b.kind"),
        ("activities", "count(*)"),
        ("leads", "count(DISTINCT x.lead_id)"),
    ),
    "leads_activity x LEFT JOIN leads_trackedobject b ON b.id = x.object_id "
    "WHERE NOT x.is_bot GROUP BY 1, 2, 3",
    ("leads_activity", "leads_trackedobject"),
)
CLOCKS = View(
    "report_clocks",
    (
        ("clock_id", "k.id"),
        ("handoff_id", "k.handoff_id"),
        ("lead_id", "h.lead_id"),
        ("kind", "k.kind"),
        ("promise", "k.promise"),
        ("terms_version", "v.number"),
        ("calendar", "k.calendar"),
        ("team", "m.name"),
        ("owner_id", "h.owner_id"),
        ("promised_seconds", "k.amount"),
        ("started_at", "k.started_at"),
        ("warn_at", "k.warn_at"),
        ("due_at", "k.due_at"),
        ("stamped_at", "k.stamped_at"),
        ("worked_seconds", "k.worked"),
        ("ended_at", "k.ended_at"),
        ("paused_at", "k.paused_at"),
        ("is_met", yes("k.stamped_at <= k.due_at")),
        ("is_met_late", yes("k.stamped_at > k.due_at")),
        ("is_breached", yes("k.is_breached")),
        ("is_excused", yes("k.is_excused")),
        ("is_running", yes("k.stamped_at IS NULL AND k.ended_at IS NULL")),
    ),
    "sla_clock k JOIN leads_handoff h ON h.id = k.handoff_id "
    "JOIN portal_version v ON v.id = k.version_id LEFT JOIN portal_team m ON m.id = h.team_id",
    ("sla_clock", "leads_handoff", "portal_version"),
)
_NEXT = (
    "(SELECT min(n.effective_from) FROM portal_version n"
    " WHERE n.agreement_id = v.agreement_id AND n.effective_from > v.effective_from)"
)
DEFINITIONS = View(
    "report_definitions",
    (
        ("agreement", "a.slug"),
        ("agreement_kind", "a.kind"),
        ("agreement_name", "a.name"),
        ("version", "v.number"),
        ("effective_from", "v.effective_from"),
        ("effective_until", _NEXT),
        ("sha256", "v.sha256"),
        ("clause", "p.key"),
        ("clause_kind", "p.kind"),
        ("position", "p.position"),
        ("body", "{text:p.body}"),
    ),
    "portal_version v JOIN portal_agreement a ON a.id = v.agreement_id "
    "JOIN portal_clause p ON p.version_id = v.id WHERE v.effective_from IS NOT NULL",
    ("portal_version", "portal_agreement", "portal_clause"),
)  # fmt: skip
VIEWS = (HANDOFFS, LEADS, ACTIVITIES, CLOCKS, DEFINITIONS)


def statement(view: View, vendor: str) -> str:
    """Return the SQL that makes the view on ``vendor``."""
    columns = ", ".join(f"{_spelt(sql, vendor)} AS {name}" for name, sql in view.columns)
    return f"CREATE VIEW {view.name} AS SELECT {columns} FROM {view.source}"  # noqa: S608 - our own


def _spelt(sql: str, vendor: str) -> str:
    """Put what the databases spell differently in the words of ``vendor``."""
    if not sql.startswith("{"):
        return sql
    what, _, given = sql.strip("{}").partition(":")
    return (_IN_POSTGRES if vendor == "postgresql" else _IN_SQLITE)[what](*given.split(","))


def _dashed(column: str) -> str:
    places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return " || '-' || ".join(f"substr({column}, {at}, {n})" for at, n in places)


def _seconds(first: str, second: str) -> str:
    parts = (f"CAST(strftime('%s', {one}) AS integer)" for one in (second, first))
    return " - ".join(parts)


_IN_POSTGRES: dict[str, Callable[..., str]] = {
    "day": lambda at: f"CAST({at} AT TIME ZONE 'UTC' AS date)",
    "id": lambda column: f"CAST({column} AS text)",
    "text": lambda column: f"CAST({column} AS text)",
    "s": lambda first, second: f"CAST(floor(extract(epoch FROM {second} - {first})) AS bigint)",
}
_IN_SQLITE: dict[str, Callable[..., str]] = {
    "day": lambda at: f"date({at})",
    "id": _dashed,
    "text": lambda column: column,
    "s": _seconds,
}
