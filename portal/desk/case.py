"""Everything one needs to decide one handoff, gathered in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads.capture.models import Consent
from leads.database.facts import current_facts
from leads.database.models import Gate, Lead, Note
from leads.dispositions.models import Disposition
from leads.handoffs.models import Cause, Handoff
from leads.routing.reasons import explain_routing
from portal.accounts.models import User
from portal.core.moments import moment_words
from portal.desk.timeline import Story, story_of
from scoring.engine.explanation import Explanation, explanation_of
from scoring.engine.models import Evidence
from sla.clocks.models import Promise
from sla.clocks.shown import ClockView
from sla.clocks.states import State

EARLIER = 10  # handoffs before this one
NOTES = 20
STORY = 8  # loud entries on the desk; the lead page has all


@dataclass(frozen=True)
class Case:
    """One handoff as the desk shows it. ``facts`` are (icon, words)."""

    handoff: Handoff
    title: str
    facts: list[tuple[str, str]]
    clocks: Sequence[ClockView]
    next_act: str
    explanation: Explanation | None
    story: Story
    earlier: list[Handoff]
    notes: list[Note]
    routing: str
    warning: str
    disposition: Disposition | None

    @property
    def lead(self) -> Lead:
        return self.handoff.lead

    @property
    def shown_story(self) -> list[object]:
        return list(self.story.loud[:STORY])


def case_of(handoff: Handoff, clocks: Sequence[ClockView], *, reader: User, at: datetime) -> Case:
    """Gather one case. Load ``handoff`` with ``for_case``; clocks come with the queue's."""
    lead = handoff.lead
    facts = current_facts([lead.pk], at=at)[lead.pk]
    explanation = _explanation(handoff)
    return Case(
        handoff=handoff,
        title=str(facts.get("title") or facts.get("role") or ""),
        facts=_facts(lead, facts),
        clocks=sorted(clocks, key=lambda one: one.clock.kind != Promise.FIRST_TOUCH),
        next_act=next_act(handoff, clocks, at=at),
        explanation=explanation,
        story=story_of(lead, reader=reader, counted=explanation.counted if explanation else None),
        earlier=earlier_handoffs(lead, but=handoff),
        notes=list(lead.notes.select_related("author").order_by("-at", "-pk")[:NOTES]),
        routing=explain_routing([handoff])[handoff.pk],
        warning=no_longer(lead, handoff),
        disposition=_standing(handoff),
    )


def earlier_handoffs(lead: Lead, *, but: Handoff) -> list[Handoff]:
    """Return a lead's other handoffs, the newest first, each with the disposition that counts."""
    counting = Disposition.objects.standing().select_related("reason", "decided_by")
    rows = Handoff.objects.filter(lead=lead).exclude(pk=but.pk).select_related("owner", "source")
    rows = rows.prefetch_related(Prefetch("dispositions", counting, to_attr="standing"))
    return list(rows.order_by(F("made_at").desc(nulls_last=True), "-pk")[:EARLIER])


def _explanation(handoff: Handoff) -> Explanation | None:
    evidence = Evidence.objects.filter(handoff=handoff).select_related("version", "handoff").first()
    return explanation_of(evidence) if evidence else None


def _standing(handoff: Handoff) -> Disposition | None:
    if not handoff.is_decided:
        return None
    counting = handoff.dispositions.standing()
    return counting.select_related("reason", "decided_by").first()


def _facts(lead: Lead, facts: dict[str, str | int]) -> list[tuple[str, str]]:
    """What one reads before calling: the company, the place, the source, what is allowed."""
    size = facts.get("company_size")
    people = _("%(n)s people") % {"n": f"{size:,}"} if isinstance(size, int) else ""
    company = capfirst(", ".join(filter(None, (str(facts.get("industry") or ""), people))))
    place = ", ".join(str(facts[name]) for name in ("city", "country") if facts.get(name))
    source = str(lead.source) if lead.source else ""
    known = (("building", company), ("geo-alt", place), ("megaphone", source))
    return [(icon, words) for icon, words in (*known, consent_of(lead)) if words]


def consent_of(lead: Lead) -> tuple[str, str]:
    """Return the icon and the words for how one may reach this lead."""
    if lead.do_not_call and lead.do_not_email:
        return "shield-x", _("Do not call or write")
    if lead.do_not_call:
        return "shield-x", _("Do not call")
    if lead.do_not_email:
        return "shield-x", _("Do not write")
    given = Consent.objects.filter(lead=lead).first()
    if given is None:
        return "shield-check", _("No consent on file")
    day = date_format(timezone.localtime(given.given_at), "j M")
    return "shield-check", _("May call and write, since %(day)s") % {"day": day}


def next_act(handoff: Handoff, clocks: Sequence[ClockView], *, at: datetime) -> str:
    """Say what is owed next, and by when."""
    if handoff.is_decided:
        return _("Nothing: this handoff is decided.")
    running = [one for one in clocks if one.is_running and one.state != State.PAUSED]
    if not running:
        return _("a decision. No clock is running.")
    owed = sorted(running, key=lambda one: one.due)
    words = [_owed_words(one, at=at) for one in owed]
    if len(owed) == 1 and owed[0].clock.kind == Promise.DISPOSITION:
        return _("%(what)s. Nothing else is owed.") % {"what": words[0]}
    return _("%(what)s.") % {"what": _(", and ").join(words)}


def _owed_words(clock: ClockView, *, at: datetime) -> str:
    when = {"when": moment_words(timezone.localtime(clock.due), timezone.localtime(at))}
    is_touch = clock.clock.kind == Promise.FIRST_TOUCH
    if clock.state == State.BREACHED:
        touch = _("a first touch now, it was due %(when)s")
        decision = _("a decision now, it was due %(when)s")
    else:
        touch, decision = _("a first touch, due %(when)s"), _("a decision, due %(when)s")
    return (touch if is_touch else decision) % when


def no_longer(lead: Lead, handoff: Handoff | None) -> str:
    """Say that the gate which made the handoff has closed since; empty while it is open."""
    standing = getattr(lead, "standing", None)
    gated = {Cause.SALES_READY, Cause.FAST_TRACK, Cause.RE_ENTRY, Cause.RELEASED}
    if handoff is None or not handoff.is_open or handoff.cause not in gated:
        return ""
    if standing is None or standing.total is None:
        return ""
    if standing.gates & (Gate.SALES_READY | Gate.FAST_TRACK):
        return ""
    return _("No longer meets the gate that handed it over: %(total)d points now.") % {
        "total": standing.total
    }
