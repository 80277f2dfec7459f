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
from leads.database.facts import KnownFacts, known_facts
from leads.database.models import Gate, Lead, Note
from leads.dispositions.models import Disposition
from leads.handoffs.models import Cause, Handoff
from leads.routing.reasons import explain_routing
from portal.accounts.models import User
from portal.core.moments import moment_words
from portal.desk.advice import next_act
from portal.desk.returned import Returned, returned_of
from portal.desk.timeline import Entry, Story, story_of
from scoring.engine.explanation import Explanation, explanations_of
from scoring.engine.models import Evidence
from scoring.engine.outlook import Outlook, outlook_of
from scoring.rules.amounts import WHOLE, show
from sla.clocks.models import Promise
from sla.clocks.shown import ClockView

EARLIER = 10  # handoffs before this one
NOTES = 20
STORY = 8  # loud entries on the desk; the lead page has all
FOLDED = 20  # quiet entries that open under them


@dataclass(frozen=True)
class Change:
    """One thing that would change the standing, or has changed it since the handoff."""

    icon: str
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Case:
    """One handoff as the desk shows it. ``facts`` are (icon, words)."""

    handoff: Handoff
    title: str
    facts: list[tuple[str, str]]
    clocks: Sequence[ClockView]
    next_act: str
    explanation: Explanation | None
    changes: list[Change]
    returned: Returned | None
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
    def shown_story(self) -> list[Entry]:
        return self.story.loud[:STORY]

    @property
    def folded_story(self) -> list[Entry]:
        return self.story.quiet[:FOLDED]


def case_of(handoff: Handoff, clocks: Sequence[ClockView], *, reader: User, at: datetime) -> Case:
    """Gather one case. Load ``handoff`` with ``for_case``; clocks come with the queue's."""
    lead = handoff.lead
    known = known_facts([lead.pk]).get(lead.pk, [])
    facts = next((one.values for one in reversed(known) if one.known_from <= at), {})
    explanation = _explanation(handoff, known)
    story = story_of(lead, reader=reader, counted=explanation.counted if explanation else None)
    earlier = earlier_handoffs(lead, but=handoff)
    outlook = outlook_of(lead.pk, known, at) if handoff.is_open else None
    return Case(
        handoff=handoff,
        title=str(facts.get("title") or facts.get("role") or ""),
        facts=_facts(lead, facts, owner_words(handoff, reader)),
        clocks=sorted(clocks, key=lambda one: one.clock.kind != Promise.FIRST_TOUCH),
        next_act=next_act(handoff, clocks, at=at),
        explanation=explanation,
        changes=[*_moved(explanation, outlook), *changes_of(outlook)],
        returned=returned_of(handoff, earlier, story, known),
        story=story,
        earlier=earlier,
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


def _explanation(handoff: Handoff, known: Sequence[KnownFacts]) -> Explanation | None:
    evidence = Evidence.objects.filter(handoff=handoff).select_related("version").first()
    if evidence is None:
        return None
    evidence.handoff = handoff
    return explanations_of([evidence], {handoff.lead_id: known})[handoff.pk]


def _standing(handoff: Handoff) -> Disposition | None:
    if not handoff.is_decided:
        return None
    counting = handoff.dispositions.standing()
    return counting.select_related("reason", "decided_by", "appeal").first()


def _moved(explanation: Explanation | None, outlook: Outlook | None) -> list[Change]:
    """Say how the score moved since the handoff."""
    if outlook is None or explanation is None or explanation.total == outlook.now.total:
        return []
    then, now = explanation.total, outlook.now.total
    words = {"then": show(then * WHOLE), "now": show(now * WHOLE)}
    text = _("%(then)s when it was handed over, %(now)s now.") % words
    return [Change("arrow-up" if now > then else "arrow-down", text)]


def changes_of(outlook: Outlook | None) -> list[Change]:
    """Say what would change a standing: what is missing to the next gate, or what closes it."""
    if outlook is None:
        return []
    changes = []
    if gate := outlook.next_gate():
        words = {"gate": gate.name, "missing": _(" and ").join(gate.missing), "ways": gate.ways}
        said = _("Not %(gate)s now: %(missing)s.")
        if gate.ways:
            said = _("Not %(gate)s now: %(missing)s; %(ways)s.")
        changes.append(Change("dash-lg", said % words, "warn"))
    changes += [Change("hourglass", text) for text in outlook.closings()]
    if falls := outlook.falls():
        changes.append(Change("arrow-down", falls))
    return changes


def owner_words(handoff: Handoff, reader: User) -> str:
    """Say whose it is, and since when."""
    if handoff.owner is None:
        return _("nobody’s yet")
    name = _("yours") if handoff.owner_id == reader.pk else str(handoff.owner)
    if handoff.routed_at is None:
        return name
    when = moment_words(timezone.localtime(handoff.routed_at), timezone.localtime())
    return _("%(name)s since %(when)s") % {"name": name, "when": when}


def _facts(lead: Lead, facts: dict[str, str | int], owner: str) -> list[tuple[str, str]]:
    """What one reads before calling: the company, the place, the source, whose, what is allowed."""
    size = facts.get("company_size")
    people = _("%(n)s people") % {"n": f"{size:,}"} if isinstance(size, int) else ""
    company = capfirst(", ".join(filter(None, (str(facts.get("industry") or ""), people))))
    place = ", ".join(str(facts[name]) for name in ("city", "country") if facts.get(name))
    source = str(lead.source) if lead.source else ""
    known = (
        ("building", company),
        ("geo-alt", place),
        ("megaphone", source),
        ("person", capfirst(owner)),
    )
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
