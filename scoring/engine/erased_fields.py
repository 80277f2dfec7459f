"""What erasing a person does to every kind of row that can hold words about them: the whole list.

A test walks all models that reach a lead and fails until each of their texts and documents is
named here. ``DELETED`` rows go; of ``BLANKED`` ones the named fields are emptied and the row
stays, for what was decided and when is counted; ``KEPT`` says why a field may stay.
"""

from collections.abc import Mapping

Fields = tuple[str, ...]

# Model -> how it names its lead.
DELETED: Mapping[str, str] = {
    "leads.Consent": "lead",
    "leads.FactSnapshot": "lead",  # what is known of the person, at every instant
    "leads.LeadWord": "lead",
    "leads.Note": "lead",
    "leads.Presence": "lead",
}

# Model -> how it names its lead, and the fields that are emptied.
BLANKED: Mapping[str, tuple[str, Fields]] = {
    "leads.Activity": ("lead", ("properties", "external_id")),
    "leads.Appeal": ("disposition__handoff__lead", ("words", "answer")),
    "leads.CallSheet": (
        "handoff__lead",
        ("pain", "impact", "urgency", "decision_makers", "budget", "authority", "need",
         "timeline"),
    ),
    "leads.Disposition": ("handoff__lead", ("reason_text", "note")),
    "leads.FollowUp": ("lead", ("why",)),
    "leads.Handoff": (
        "lead",
        ("words", "content", "term", "landing_page", "extra", "external_id", "source_stage"),
    ),
    "leads.Meeting": ("lead", ("subject", "place", "note")),
    "leads.Merge": ("kept", ("moved",)),
    "leads.Opportunity": ("lead", ("lost_reason",)),
    "leads.Skip": ("handoff__lead", ("words",)),
    "leads.Submission": ("lead", ("answers", "reason")),
    "portal.Notification": ("lead_id", ("text",)),
    "scoring.SecondOpinion": ("handoff__lead", ("words",)),
    "scoring.Vote": ("handoff__disposition__handoff__lead", ("words",)),
    "sla.Excuse": ("clock__handoff__lead", ("reason",)),
    "sla.Pause": ("clock__handoff__lead", ("reason",)),
}  # fmt: skip

# The lead itself stays as a number that nobody can be found by.
LEAD: Fields = (
    "name", "name_key", "email", "email_key", "email_domain", "phone", "external_source",
    "external_id", "content", "term", "landing_page", "extra",
)  # fmt: skip

# Written by the service row by row: their keys, not all of what they hold.
EVIDENCE: Fields = ("facts",)  # of the document, and of each of its lines
PAYLOAD: Fields = ("lost",)  # values that a higher authority overruled

KEPT: Mapping[str, str] = {
    "leads.Activity.source": "which system told us",
    "leads.Disposition.wrong_rules": "keys of rules",
    "leads.Disposition.was": "the stage before, ids and days",
    "leads.FollowUp.key": "which rule of ours asked for it",
    "leads.Handoff.checklist": "the definition's questions",
    "leads.Handoff.external_source": "which system told us",
    "leads.Handoff.grade": "a class",
    "leads.Handoff.outcome": "a code",
    "leads.Handoff.routing": "ids of our own people",
    "leads.Handoff.source_owner": "one of our own people",
    "leads.Nurture.end": "a code",
    "leads.Nurture.programme": "a code",
    "leads.Opportunity.currency": "a code",
    "leads.Release.gate": "a code",
    "leads.StageChange.cause": "a kind of event",
    "leads.Standing.grade": "a class",
    "portal.Notification.key": "kinds and ids",
    "portal.Notification.kind": "a code",
    "portal.Notification.url": "an address with a number",
    "scoring.ActivationMove.now_grade": "a class",
    "scoring.ActivationMove.was_grade": "a class",
    "scoring.DecidedHandoff.named": "keys of rules",
    "scoring.Evidence.document": "EVIDENCE says what goes out of it",
    "scoring.Evidence.grade": "a class",
    "scoring.Mover.said": "a code",
    "scoring.Replayed.outcome": "a code",
    "scoring.SecondOpinion.outcome": "a code",
    "scoring.Vote.call": "a code",
    "scoring.Vote.change": "a code",
    "scoring.Vote.rule": "a key of a rule",
    "scoring.Vote.side": "a code",
    "sla.Clock.calendar": "the terms' own",
    "sla.Clock.promise": "the terms' own",
    "sla.Clock.touch_policy": "the terms' own",
    "sla.Escalation.act": "the terms' own",
    "sla.Escalation.told": "ids of our own people",
}
