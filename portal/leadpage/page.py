"""Everything known of one lead, gathered in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.capture.models import Consent
from leads.database.models import AFTER_SQL, Lead, Opportunity, Stage
from leads.database.queries import (
    FactLine,
    Stay,
    facts_for_page,
    may_close,
    notes_for_page,
    opportunity_of,
    path_steps,
    stage_history,
)
from leads.dispositions.appeals import may_contest, why_not_contestable
from leads.dispositions.models import Disposition
from leads.dispositions.touches import OUTCOMES, TOUCH_KINDS
from leads.handoffs.models import Handoff
from leads.meetings.checks import may_book
from leads.meetings.lists import meetings_of_lead
from leads.tasks.models import FollowUp
from portal.accounts.models import Role, Side, User
from portal.desk.advice import next_act
from portal.desk.case import changes_of, no_longer
from portal.desk.forms import new_token
from portal.desk.timeline import Story, folded_words, story_of
from portal.leadpage.score import score_chart
from scoring.definitions.registration import labels
from scoring.engine.explanation import Explanation, explain_lead, explanations_of
from scoring.engine.models import Evidence
from sla.clocks.shown import ClockView, clocks_for

HANDOFFS = 50
FOLLOW_UPS = 20
BY_MARKETING = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.ADMIN})
MARKETINGS = frozenset({Stage.KNOWN, Stage.MQL, Stage.RECYCLED})
DESK = frozenset({Role.SDR, Role.SALES_LEAD, Role.ADMIN})


@dataclass(frozen=True)
class Passing:
    """One handoff with its decision, its clocks and the evidence behind it."""

    handoff: Handoff
    disposition: Disposition | None
    explanation: Explanation | None
    clocks: list[ClockView]

    @property
    def is_contestable(self) -> bool:
        return self.disposition is not None and not why_not_contestable(self.disposition)


def lead_context(
    lead: Lead, *, reader: User, at: datetime, cursor: str, everything: bool
) -> dict[str, Any]:
    """Return what the lead page shows. Load ``lead`` with company, source, owner and standing."""
    explanation = explain_lead(lead, at)
    passings = _passings(lead, at=at)
    opened = next((one for one in passings if one.handoff.is_open), None)
    stays = stage_history(lead, at=at)
    opportunity = opportunity_of(lead)
    facts = facts_for_page(lead, at=at)
    known = {fact.name: fact.value for fact in facts}
    story = story_of(
        lead,
        reader=reader,
        counted=explanation.counted if explanation else None,
        cursor=cursor,
    )
    return {
        "lead": lead,
        "now": at,
        "explanation": explanation,
        **_score_context(explanation, stays, passings),
        "facts": in_words(facts),
        "who": str(known.get("title") or known.get("role") or ""),
        "about": about(known),
        "stays": stays,
        "steps": path_steps(lead, stays),
        "passings": passings,
        "open": opened,
        "next_step": next_step(lead, opened, opportunity, explanation, at=at),
        "warning": no_longer(lead, opened.handoff) if opened else "",
        "notes": notes_for_page(lead),
        "consents": list(Consent.objects.filter(lead=lead)[:5]),
        "follow_ups": _follow_ups(lead),
        "meetings": meetings_of_lead(lead, at=at),
        "opportunity": opportunity,
        **_story_context(story, everything=everything),
        **_acts(lead, reader, opened, opportunity, passings),
    }


def _score_context(
    explanation: Explanation | None, stays: Sequence[Stay], passings: Sequence[Passing]
) -> dict[str, Any]:
    """Draw the score with what happened on the way, and say what would change it."""
    if explanation is None or explanation.outlook is None:
        return {"chart": None, "changes": []}
    outlook = explanation.outlook
    happened = [(stay.entered_at, _("MQL")) for stay in stays if stay.stage == Stage.MQL]
    for one in passings:
        if one.handoff.made_at is not None:
            happened.append((one.handoff.made_at, _("handed over")))
        if one.disposition is not None and one.disposition.decided_at is not None:
            word = _("accepted") if one.disposition.reason is None else _("rejected")
            happened.append((one.disposition.decided_at, word))
    chart = score_chart(outlook, happened)
    return {"chart": chart, "changes": changes_of(outlook)}


def in_words(facts: Sequence[FactLine]) -> list[FactLine]:
    """Return the facts with codes written out as a definition's sentences write them."""
    words = labels()
    return [replace(one, value=words.get(f"{one.name}:{one.value}", one.value)) for one in facts]


def about(known: Mapping[str, str | int]) -> str:
    """Return the company and place in a few words: “software, 320 people, Stockholm”."""
    size = known.get("company_size")
    people = _("%(n)s people") % {"n": f"{size:,}"} if isinstance(size, int) else ""
    parts = (str(known.get("industry") or ""), people, str(known.get("city") or ""))
    return ", ".join(part for part in parts if part)


def _story_context(story: Story, *, everything: bool) -> dict[str, Any]:
    return {
        "story": story,
        "everything": everything,
        "entries": story.entries if everything else story.loud,
        "folded": "" if everything else folded_words(story.quiet),
    }


def _acts(
    lead: Lead,
    reader: User,
    opened: Passing | None,
    opportunity: Opportunity | None,
    passings: list[Passing],
) -> dict[str, Any]:
    """What this person may do here; services decide again."""
    accepted = any(one.handoff.outcome == "accepted" for one in passings)
    return {
        "can_decide": opened is not None and reader.role in DESK,
        "can_contest": may_contest(reader),
        "can_book": may_book(reader),
        "can_touch": reader.side == Side.SALES or reader.role == Role.ADMIN,
        "can_hand_over": reader.role in BY_MARKETING and lead.stage in MARKETINGS,
        "can_open": accepted and opportunity is None and may_close(reader),
        "can_close": may_close(reader),
        "touch_kinds": TOUCH_KINDS,
        "outcomes": OUTCOMES,
        "token": new_token(),
    }


def _passings(lead: Lead, *, at: datetime) -> list[Passing]:
    related = ("reason", "decided_by", "appeal__made_by", "appeal__answered_by")
    counting = Disposition.objects.standing().select_related("handoff__lead", *related)
    handoffs = list(
        Handoff.objects.filter(lead=lead)
        .select_related("owner", "source", "team", "made_by")
        .prefetch_related(Prefetch("dispositions", counting, to_attr="standing"))
        .order_by(F("made_at").desc(nulls_last=True), "-pk")[:HANDOFFS]
    )
    evidences = Evidence.objects.filter(handoff__in=handoffs).select_related("version", "handoff")
    explained = explanations_of(list(evidences)) if handoffs else {}
    clocks = clocks_for([one.pk for one in handoffs], at=at) if handoffs else {}
    return [
        Passing(one, next(iter(one.standing), None), explained.get(one.pk), clocks.get(one.pk, []))
        for one in handoffs
    ]


def _follow_ups(lead: Lead) -> list[FollowUp]:
    rows = FollowUp.objects.filter(lead=lead).select_related("assignee")
    return list(rows.order_by(F("done_at").asc(nulls_first=True), "due_at", "pk")[:FOLLOW_UPS])


def next_step(
    lead: Lead,
    opened: Passing | None,
    opportunity: Opportunity | None,
    explanation: Explanation | None,
    *,
    at: datetime,
) -> str:
    """Say in one sentence what happens next, and who does it."""
    if opened is not None:
        return next_act(opened.handoff, opened.clocks, at=at)
    if lead.stage in AFTER_SQL:
        return _after_sql(opportunity)
    if lead.stage == Stage.RECYCLED:
        return _recycled(lead)
    if lead.stage == Stage.DISQUALIFIED:
        return _("Nothing: only a person brings it back.")
    return _nurture(lead, explanation)


def _recycled(lead: Lead) -> str:
    if lead.recycle_on is None:
        return _("It comes back to sales by new high intent.")
    day = date_format(lead.recycle_on, "j M Y")
    return _("It may come back from %(day)s on, by new high intent.") % {"day": day}


def _after_sql(opportunity: Opportunity | None) -> str:
    if opportunity is None:
        return _("The owner opens an opportunity, or says why not.")
    if opportunity.outcome == Opportunity.Outcome.OPEN:
        return _("The owner wins or loses the opportunity.")
    return _("Nothing: the opportunity is closed.")


def _nurture(lead: Lead, explanation: Explanation | None) -> str:
    if lead.mend_since is not None:
        return _("Marketing mends its data; a changed fact sends it to sales again.")
    if explanation is None:
        return _("It is scored once a definition is signed by both sides.")
    if lead.stage == Stage.MQL:
        return _("Marketing nurtures it until the sales-ready gate opens.")
    return _("Marketing wins its interest until the MQL gate opens.")
