"""One rejected handoff as it was known when it was made, and what sales then did: never today."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads.activities.models import Activity
from leads.database.facts import known_facts
from leads.database.registry import FACTS, TOUCH_CODES
from leads.dispositions.models import CallSheet, Disposition
from leads.handoffs.models import Handoff, Origin
from scoring.definitions.registration import value_words
from scoring.engine.explanation import Explanation, explanations_of
from scoring.engine.models import Evidence

DID = 12  # activities that a page shows, the newest
TRIED = 12
SHEET = ("pain", "impact", "urgency", "decision_makers", "budget", "authority", "need", "timeline")


@dataclass(frozen=True)
class Entry:
    """One line of ``components/_timeline.html``."""

    icon: str
    text: str
    at: datetime
    more: str = ""
    url: str = ""


@dataclass(frozen=True)
class Known:
    """What was known of a lead when its handoff was made."""

    handoff: Handoff
    explanation: Explanation | None
    title: str
    facts: list[tuple[str, str]]
    did: list[Entry]
    did_more: int
    earlier: int  # handoffs of this lead before it

    @property
    def fired(self) -> list[tuple[str, str]]:
        found = self.explanation
        return [(one.key, one.name) for one in found.fired] if found else []


@dataclass(frozen=True)
class Tried:
    """What sales did with the handoff until it was decided, and what they said."""

    disposition: Disposition
    touches: list[Entry]
    sheet: list[tuple[str, str]]
    named: list[str]  # the rules that the SDR named as wrong
    took: timedelta | None


def known_then(handoff: Handoff) -> Known:
    """Gather what was known at the instant of the handoff. Seven queries.

    Facts and activities count that had come in by then, whatever day they are dated; of an
    imported handoff those dated before it, for all of them came in later.
    """
    made_at = handoff.made_at
    evidence = Evidence.objects.filter(handoff=handoff).select_related("version").first()
    live = handoff.origin == Origin.LIVE
    known = (
        known_facts([handoff.lead_id], until=made_at, recorded=made_at if live else None)
        if made_at
        else {}
    )
    rows = known.get(handoff.lead_id, [])
    values = rows[-1].values if rows else {}
    explanation = None
    if evidence is not None:
        evidence.handoff = handoff
        values = {**values, **evidence.document.get("facts", {})}
        explanation = explanations_of([evidence], {handoff.lead_id: rows})[handoff.pk]
    counted = explanation.counted if explanation else {}
    before = _before(handoff, made_at)
    newest = list(before.select_related("object").order_by("-occurred_at", "-pk")[: DID + 1])
    return Known(
        handoff=handoff,
        explanation=explanation,
        title=str(values.get("title") or values.get("role") or ""),
        facts=[
            (capfirst(str(fact.label)), capfirst(value_words(fact.name, values[fact.name])))
            for fact in FACTS
            if fact.name in values and fact.name != "title"
        ],
        did=[_entry(one, counted.get(one.pk)) for one in newest[:DID]],
        did_more=before.count() - DID if len(newest) > DID else 0,
        earlier=Handoff.objects.filter(lead=handoff.lead_id, made_at__lt=made_at).count()
        if made_at
        else 0,
    )


def _before(handoff: Handoff, made_at: datetime | None) -> QuerySet[Activity]:
    rows = Activity.objects.filter(lead=handoff.lead_id, is_bot=False)
    if made_at is None:
        return rows.none()
    return rows.filter(occurred_at__lte=made_at, received_at__lte=made_at)


def tried_then(disposition: Disposition) -> Tried:
    """Gather what sales did between the handoff and its decision. Three queries."""
    handoff, decided_at = disposition.handoff, disposition.decided_at
    touches: list[Activity] = []
    sheet: dict[str, Any] = {}
    if decided_at is not None and handoff.made_at is not None:
        rows = Activity.objects.filter(
            lead=handoff.lead_id, kind__in=TOUCH_CODES, is_bot=False,
            occurred_at__gte=handoff.made_at, occurred_at__lte=decided_at,
        )  # fmt: skip
        newest = rows.select_related("object", "actor").order_by("-occurred_at", "-pk")
        touches = list(newest[:TRIED])
        kept = CallSheet.objects.filter(handoff=handoff, changed_at__lte=decided_at)
        sheet = kept.values(*SHEET).first() or {}
    names = {}
    evidence = Evidence.objects.filter(handoff=handoff).select_related("version").first()
    if evidence is not None and disposition.wrong_rules:
        evidence.handoff = handoff
        found = explanations_of([evidence], {handoff.lead_id: []})[handoff.pk]
        names = {one.key: one.name for one in found.fired}
    return Tried(
        disposition=disposition,
        touches=[_entry(one, None) for one in touches],
        sheet=[
            (capfirst(str(CallSheet._meta.get_field(name).verbose_name)), text)  # type: ignore[union-attr]
            for name, text in sheet.items()
            if text
        ],
        named=[names.get(key, key) for key in disposition.wrong_rules or ()],
        took=decided_at - handoff.made_at if decided_at and handoff.made_at else None,
    )


def _entry(one: Activity, points: int | None) -> Entry:
    kind = one.registered
    about = str(one.object) if one.object is not None else ""
    text = capfirst(str(kind.label))
    outcome = str(one.properties.get("outcome") or "").replace("_", " ")
    more = [outcome] if outcome else []
    more += [str(one.actor)] if kind.is_touch and one.actor else []
    return Entry(
        icon="telephone" if kind.is_touch else "lightning-charge-fill" if points else "dot",
        text=f"{text}: {about}" if about else text,
        at=one.occurred_at,
        more=", ".join([*more, *([_("counted")] if points else [])]),
    )
