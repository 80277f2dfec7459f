"""What happened to a version, newest first: who wrote, proposed, signed, and when."""

from typing import Any

from django.utils.translation import gettext as _

from portal.agreements.models import Version
from portal.events.models import Event

NEWEST = 15
ICONS = {
    "agreement.drafted": "pen",
    "agreement.changed": "pencil",
    "agreement.proposed": "lock",
    "agreement.signed": "patch-check",
    "agreement.voided": "x-circle",
    "agreement.withdrawn": "unlock",
    "agreement.given_up": "archive",
    "agreement.declined": "x-circle",
    "agreement.commented": "chat-left",
    "agreement.comment_resolved": "check-lg",
    "agreement.comment_reopened": "chat-left",
    "agreement.overridden": "exclamation-triangle-fill",
    "agreement.override_ended": "clock",
    "backtest.started": "arrow-repeat",
    "backtest.finished": "bar-chart-line",
    "backtest.cancelled": "x-circle",
    "backtest.failed": "exclamation-circle-fill",
    "rescore.started": "arrow-repeat",
    "rescore.finished": "arrow-repeat",
    "rescore.cancelled": "x-circle",
}


def story_of(version: Version) -> list[dict[str, Any]]:
    """Return the newest entries as the timeline shows them; one query."""
    events = Event.objects.filter(
        subject_type=Version._meta.label_lower, subject_id=version.pk
    ).select_related("actor")
    return [_entry(event) for event in events.order_by("-at", "-pk")[:NEWEST]]


def _entry(event: Event) -> dict[str, Any]:
    return {
        "icon": ICONS.get(event.kind, "patch-check-fill"),
        "text": _words(event),
        "at": event.at,
    }


def _words(event: Event) -> str:
    who = event.actor.get_short_name() if event.actor else _("The portal")
    templates = {
        "agreement.drafted": _("%(who)s started the draft"),
        "agreement.proposed": _("%(who)s proposed it for signature"),
        "agreement.signed": _("%(who)s signed for %(side)s"),
        "agreement.voided": _("That edit voided what was proposed"),
        "agreement.withdrawn": _("%(who)s withdrew the proposal"),
        "agreement.given_up": _("%(who)s gave the draft up"),
        "agreement.changed": _("%(who)s changed “%(clause)s”"),
        "agreement.declined": _("%(who)s declined it for %(side)s"),
        "agreement.commented": _("%(who)s commented"),
        "agreement.comment_resolved": _("%(who)s resolved a comment"),
        "agreement.comment_reopened": _("%(who)s opened a comment again"),
        "agreement.overridden": _("%(who)s put it in force for a while, without both signatures"),
        "agreement.override_ended": _("The override ended"),
        "backtest.started": _("%(who)s began a back-test"),
        "backtest.finished": _("The back-test is done"),
        "backtest.cancelled": _("%(who)s stopped the back-test"),
        "backtest.failed": _("The back-test stopped by itself"),
        "rescore.started": _("%(who)s began to score every lead by it"),
        "rescore.finished": _("Every lead is scored by it"),
        "rescore.cancelled": _("%(who)s stopped scoring the others by it"),
    }
    if event.kind == "agreement.changed" and event.payload.get("is") is None:
        template = _("%(who)s took out “%(clause)s”")
    elif event.kind == "agreement.changed" and event.payload.get("was") is None:
        template = _("%(who)s added “%(clause)s”")
    else:
        template = templates.get(event.kind, _("It came into force"))
    return template % {
        "who": who,
        "side": event.payload.get("side", ""),
        "clause": str(event.payload.get("clause", "")).replace("_", " "),
    }
