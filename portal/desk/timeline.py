"""One story from two tables: what a lead did (activities) and what was done (events)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.activities.models import Activity
from leads.database.models import Lead
from leads.dispositions.errors import in_sentence
from leads.dispositions.models import Reason
from leads.dispositions.touches import OUTCOMES
from leads.handoffs.models import Cause
from portal.accounts.models import User
from portal.core.text import clean_text
from portal.desk.story import ACTIVITIES, EVENTS, FOLDED, LEFT_OUT, OURS, QUIET
from portal.events.models import EventLead
from scoring.rules.amounts import show
from sla.clocks.shown import TITLES

SIZE = 60
NAMED = 3  # kinds of quiet things that are named where they are folded
EVENT, ACTIVITY = "e", "a"  # at one instant, what was done stands above what caused it


@dataclass(frozen=True)
class Entry:
    """One line, as ``components/_timeline.html`` shows it; ``key`` is its place in the story."""

    icon: str
    text: str
    at: datetime
    key: tuple[datetime, str, int]
    more: str = ""
    is_quiet: bool = False
    is_theirs: bool = False  # done by the lead, not by us
    folded: str = ""  # what it is counted as when folded, a plural
    url: str = ""

    @property
    def anchor(self) -> str:
        """What an address of just this line ends with."""
        return f"{self.key[1]}{self.key[2]}"


@dataclass(frozen=True)
class Story:
    """A stretch of a lead's story, newest first. ``next`` is the cursor of what came before."""

    entries: list[Entry]
    next: str = ""

    @property
    def loud(self) -> list[Entry]:
        return [one for one in self.entries if not one.is_quiet]

    @property
    def quiet(self) -> list[Entry]:
        return [one for one in self.entries if one.is_quiet]


def story_of(
    lead: Lead,
    *,
    reader: User,
    counted: Mapping[int, int] | None = None,
    cursor: str = "",
    size: int = SIZE,
) -> Story:
    """Return up to ``size`` entries before ``cursor``; at most four queries.

    ``counted`` are the points (hundredths) of the activities that the score counts, by id: they
    are never folded, and say what they bring.
    """
    since = _read(cursor)
    activities = list(_activities(lead, since)[: size + 1])
    links = list(_links(lead, since)[: size + 1])
    names = _Names.read(links, reader)
    entries = [_of_activity(one, reader, counted or {}) for one in activities]
    entries += [_of_event(one, names) for one in links]
    entries.sort(key=lambda entry: entry.key, reverse=True)
    shown = entries[:size]
    return Story(shown, next=_write(shown[-1]) if len(entries) > size else "")


def _activities(lead: Lead, since: tuple[datetime, str, int] | None) -> Any:
    rows = Activity.objects.filter(lead=lead).select_related("object", "actor")
    if since is not None:
        at, kind, pk = since
        same = Q(occurred_at=at) if kind == EVENT else Q(occurred_at=at, pk__lt=pk)
        rows = rows.filter(Q(occurred_at__lt=at) | same)
    return rows.order_by("-occurred_at", "-pk")


def _links(lead: Lead, since: tuple[datetime, str, int] | None) -> Any:
    rows = EventLead.objects.filter(lead_id=lead.pk).exclude(event__kind__in=LEFT_OUT)
    if since is not None:
        at, kind, pk = since
        earlier = Q(event__at__lt=at)
        rows = rows.filter(earlier | Q(event__at=at, event__lt=pk) if kind == EVENT else earlier)
    return rows.select_related("event__actor").order_by("-event__at", "-event_id")


@dataclass(frozen=True)
class _Names:
    """The people and reasons that events name by key."""

    reader: User
    people: Mapping[int, str]
    reasons: Mapping[str, str]

    @classmethod
    def read(cls, links: Iterable[EventLead], reader: User) -> "_Names":
        payloads = [link.event.payload for link in links]
        ids = {
            payload[key] for payload in payloads for key in ("user", "owner") if payload.get(key)
        }
        codes = {payload["reason"] for payload in payloads if payload.get("reason")}
        people = User.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
        reasons = Reason.objects.filter(pk__in=codes).values_list("pk", "label") if codes else ()
        return cls(reader, dict(people), dict(reasons))

    def person(self, pk: Any) -> str:
        return _("you") if pk == self.reader.pk else self.people.get(pk, _("somebody"))


def _of_activity(one: Activity, reader: User, counted: Mapping[int, int]) -> Entry:
    kind = one.registered
    icon, words = ACTIVITIES.get(kind.name, ("dot", kind.label))
    text = _touch_words(one, str(words), reader) if kind.is_touch else str(words)
    outcome = str(one.properties.get("outcome") or "")
    if outcome:
        text = f"{text}, {in_sentence(str(dict(OUTCOMES).get(outcome, outcome)))}"
    about = str(one.object) if one.object is not None else ""
    points = counted.get(one.pk)
    more = [] if points is None else [show(points, plus=True)]
    more += [_("a machine’s, not counted")] if one.is_bot else []
    return Entry(
        icon="telephone-x" if outcome == "no_answer" else icon,
        text=f"{text}: {about}" if about else text,
        at=one.occurred_at,
        key=(one.occurred_at, ACTIVITY, one.pk),
        more=", ".join(more),
        is_quiet=one.is_bot or (kind.is_quiet and points is None),
        is_theirs=not (one.is_bot or kind.is_touch or kind.name in OURS),
        folded=str(FOLDED.get("bot" if one.is_bot else kind.name, FOLDED[""])),
    )


def _touch_words(one: Activity, words: str, reader: User) -> str:
    if one.actor_id == reader.pk:
        return _("You %(words)s") % {"words": words}
    return _("%(who)s %(words)s") % {"who": one.actor or _("Somebody"), "words": words}


def _of_event(link: EventLead, names: _Names) -> Entry:
    event = link.event
    is_known = event.kind in EVENTS
    plain = event.kind.replace(".", " ").replace("_", " ").capitalize()
    icon, words = EVENTS.get(event.kind) or QUIET.get(event.kind, ("dot", plain))
    by = ""
    if event.actor is not None:
        who = _("you") if event.actor_id == names.reader.pk else event.actor.name
        by = _("by %(who)s") % {"who": who}
    return Entry(
        icon=icon,
        text=f"{words}{_what(event.kind, event.payload, names)}",
        at=event.at,
        key=(event.at, EVENT, event.pk),
        more=by,
        is_quiet=not is_known,
        folded=str(FOLDED.get(event.kind, FOLDED[""])),
    )


def _what(kind: str, payload: Mapping[str, Any], names: _Names) -> str:
    """Return what the payload adds to the words of an event."""
    if kind == "handoff.rejected" and payload.get("reason"):
        reason = names.reasons.get(payload["reason"], payload["reason"])
        return f", {in_sentence(reason)}"
    if kind == "handoff.made" and payload.get("cause") in Cause.values:
        return f": {in_sentence(str(Cause(payload['cause']).label))}"
    if kind == "handoff.routed" and payload.get("user"):
        return _(" to %(who)s") % {"who": names.person(payload["user"])}
    if kind == "clock.breached":
        promise = TITLES.get(str(payload.get("promise", "")).replace("-", "_"))
        return f": {in_sentence(str(promise))}" if promise else ""
    if kind == "handoff.accepted" and payload.get("owner"):
        return _(" for %(who)s") % {"who": names.person(payload["owner"])}
    return _answered(payload) if kind == "appeal.answered" else ""


def _answered(payload: Mapping[str, Any]) -> str:
    return _(": granted") if payload.get("granted") else _(": the rejection is upheld")


def folded_words(quiet: Sequence[Entry]) -> str:
    """Say what is folded: “14 quieter things: page views, mails”; empty for nothing."""
    if not quiet:
        return ""
    kinds = Counter(entry.folded for entry in quiet)
    named = [kind for kind, _n in kinds.most_common(NAMED)]
    words = {
        "n": len(quiet),
        "kinds": ", ".join([*named, _("more")] if len(kinds) > NAMED else named),
    }
    return (
        ngettext("%(n)d quieter thing: %(kinds)s", "%(n)d quieter things: %(kinds)s", len(quiet))
        % words
    )


def place_of(activity: Activity) -> str:
    """Return the query and anchor under which a lead's page shows this activity, however old."""
    after = f"{int(activity.occurred_at.timestamp())}{ACTIVITY}{activity.pk + 1}"
    return f"?all&before={after}#{ACTIVITY}{activity.pk}"


def _write(entry: Entry) -> str:
    at, kind, pk = entry.key
    return f"{int(at.timestamp())}{kind}{pk}"


def _read(cursor: str) -> tuple[datetime, str, int] | None:
    """Return where a cursor points; one that nobody made is the beginning."""
    for kind in (EVENT, ACTIVITY):
        seconds, found, pk = clean_text(cursor).partition(kind)
        if found and seconds.isdecimal() and pk.isdecimal() and len(seconds) < 12 and len(pk) < 19:
            return datetime.fromtimestamp(int(seconds), UTC), kind, int(pk)
    return None
