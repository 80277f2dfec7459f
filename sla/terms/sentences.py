"""Each clause of the terms as a sentence in parts; the editable parts are its blanks."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from string import Formatter
from typing import Any, NamedTuple

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.database.registry import FACTS_BY_NAME, KINDS_BY_NAME
from sla.calendar.arithmetic import duration
from sla.terms.step_words import ladder_words
from sla.terms.text import OWNER, ClauseKind, PromiseKind, Untouched


class Part(NamedTuple):
    """A piece of a sentence; ``editable`` ones are its blanks."""

    text: str
    editable: bool = False


Parts = tuple[Part, ...]
Calendars = Mapping[str, Mapping[str, Any]]


def sentence(
    kind: str,
    body: Mapping[str, Any],
    calendars: Calendars | None = None,
    earlier: Sequence[str] = (),
) -> Parts:
    """Return the sentence of one clause; ``calendars`` are the version's, to call by name.

    ``earlier`` are the names of the promises that are tried before it.
    """
    if kind == ClauseKind.CALENDAR:
        return _calendar(body)
    if kind == ClauseKind.TOUCH_POLICY:
        return _policy(body)
    return _promise(body, calendars or {}, earlier)


def plain(parts: Parts) -> str:
    """Return the sentence as one text."""
    return "".join(part.text for part in parts)


def _calendar(body: Mapping[str, Any]) -> Parts:
    return _fill(
        _("“{name}” is open {week}, {zone}."),
        name=body["name"],
        week=week_words(body["week"]),
        zone=body["zone"],
    )


def _policy(body: Mapping[str, Any]) -> Parts:
    template = (
        _("A touch is when the lead {kinds}; automated mail counts only once the lead wrote.")
        if body["automated_after_reply"]
        else _("A touch is when the lead {kinds}; automated mail never counts.")
    )
    return _fill(template, kinds=kinds_words(body["touch_kinds"]))


def _promise(body: Mapping[str, Any], calendars: Calendars, earlier: Sequence[str]) -> Parts:
    kind = PromiseKind(body["kind"])
    if kind not in {PromiseKind.FIRST_TOUCH, PromiseKind.DISPOSITION}:
        return _counted(kind, body)
    template = (
        _("Sales makes a first touch within {amount} of the handoff, {calendar}")
        if kind == PromiseKind.FIRST_TOUCH
        else _("Sales decides within {amount} of the handoff, {calendar}")
    )
    parts = _fill(
        template,
        amount=amount_words(body["amount_s"], body["calendar"], calendars),
        calendar=_hours_words(body, calendars),
    )
    parts += _about(body.get("applies") or {})
    if body.get("touch_kinds"):
        parts += _fill(_(", counting {kinds}"), kinds=kinds_words(body["touch_kinds"]))
    if earlier:
        names = _(" or ").join(f"“{name}”" for name in earlier)
        parts += _fill(_(", unless {names} applies"), names=names)
    parts += (Part("."),)
    if kind == PromiseKind.FIRST_TOUCH:
        parts += _fill(
            _(" Decided in time without a touch, it {untouched}."),
            untouched=UNTOUCHED[Untouched(body.get("untouched", Untouched.ENDED))](),
        )
    steps = ladder_words(body)
    return (*parts, Part(f" {steps}")) if steps else parts


def _counted(kind: PromiseKind, body: Mapping[str, Any]) -> Parts:
    parts = _fill(OTHERS[kind](), number=_number(body), carried=carried_words(body))
    parts += _about(body.get("applies") or {})
    if kind == PromiseKind.ATTEMPTS and body.get("touch_kinds"):
        parts += _fill(_(", counting {kinds}"), kinds=kinds_words(body["touch_kinds"]))
    return (*parts, Part("."))


def carried_words(body: Mapping[str, Any]) -> str:
    """Return what a packet must carry, or what is a high-intent signal: "e-mail, industry"."""
    if body.get("kind") == PromiseKind.HIGH_INTENT:
        return kinds_words(body.get("signals", ())) or _("does what shows high intent")
    names = [*body.get("fields", ()), *body.get("evidence", ())]
    return ", ".join(field_words(name) for name in names) or _("every field agreed on")


def field_words(name: str) -> str:
    """Return the words of a fact, a contact field or a piece of evidence."""
    if name in FACTS_BY_NAME:
        return str(FACTS_BY_NAME[name].label)
    return str(CARRIED.get(name, name))


OTHERS = {
    PromiseKind.ATTEMPTS: lambda: _("Sales makes at least {number} attempts before “unresponsive”"),
    PromiseKind.REASON_REQUIRED: lambda: _("Sales gives a reason with {number} of rejections"),
    PromiseKind.VOLUME: lambda: _("Marketing hands over at least {number} leads a month"),
    PromiseKind.ACCEPTANCE_RATE: lambda: _("Sales accepts at least {number} of what it is sent"),
    PromiseKind.PACKET: lambda: _("Marketing hands over {number} of leads with {carried}"),
    PromiseKind.HIGH_INTENT: lambda: _(
        "Marketing hands over {number} of leads after a high-intent signal: the lead {carried}"
    ),
}
CARRIED = {
    "name": gettext_lazy("name"),
    "email": gettext_lazy("e-mail address"),
    "phone": gettext_lazy("phone number"),
    "company": gettext_lazy("company"),
    "source": gettext_lazy("where it came from"),
    "campaign": gettext_lazy("campaign"),
    "score": gettext_lazy("score with its reasons"),
    "activity": gettext_lazy("something the lead did"),
}
UNTOUCHED = {
    Untouched.ENDED: lambda: _("ends and is counted apart"),
    Untouched.MET: lambda: _("is met by the disposition"),
    Untouched.BREACHED: lambda: _("is breached"),
}


def amount_words(seconds: int, calendar: str, calendars: Calendars) -> str:
    """Return "4 working hours" where the calendar closes, "24 hours" where it never does."""
    hours, rest = divmod(int(seconds), 3600)
    closes = not _never_closes(calendars.get(calendar))
    if rest or not hours:
        words = duration(timedelta(seconds=int(seconds)))
        return _("%(time)s of working time") % {"time": words} if closes else words
    if closes:
        return ngettext("%(n)d working hour", "%(n)d working hours", hours) % {"n": hours}
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def week_words(week: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """Return "Mon–Fri 09:00–17:00; Sat 10:00–12:00": neighbours with equal hours together."""
    if _never_closes({"week": week}):
        return _("day and night")
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        hours = ", ".join(f"{opens}–{closes}" for opens, closes in week.get(str(day), ()))
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], day, hours)
        elif hours:
            runs.append((day, day, hours))
    return "; ".join(
        f"{WEEKDAYS_ABBR[first]}–{WEEKDAYS_ABBR[last]} {hours}"
        if last > first
        else f"{WEEKDAYS_ABBR[first]} {hours}"
        for first, last, hours in runs
    )


def kinds_words(kinds: Sequence[str]) -> str:
    """Return "is called, meets us" for kinds of activities."""
    return ", ".join(
        str(KINDS_BY_NAME[kind].label) if kind in KINDS_BY_NAME else kind for kind in kinds
    )


def _never_closes(calendar: Mapping[str, Any] | None) -> bool:
    whole = [["00:00", "00:00"]]
    return calendar is not None and all(
        [list(each) for each in calendar["week"].get(str(day), ())] == whole for day in range(7)
    )


def _hours_words(body: Mapping[str, Any], calendars: Calendars) -> str:
    """Name the hours a promise counts in; of the owner's own, also those that stand in."""
    if body["calendar"] != OWNER:
        return _calendar_words(body["calendar"], calendars)
    if not body.get("otherwise"):
        return _("in the owner’s own hours")
    said = {"otherwise": _calendar_words(body["otherwise"], calendars)}
    return _("in the owner’s own hours, else %(otherwise)s") % said


def _calendar_words(key: str, calendars: Calendars) -> str:
    signed = calendars.get(key)
    if signed is None:
        return _("in “%(calendar)s”") % {"calendar": key}
    if _never_closes(signed):
        return _("day and night")
    name = str(signed["name"])
    said = {"calendar": name[:1].lower() + name[1:], "zone": signed["zone"]}
    return _("in %(calendar)s, %(zone)s") % said


def _about(applies: Mapping[str, Any]) -> Parts:
    parts: Parts = ()
    if applies.get("fast_track"):
        parts += (Part(_(", for the fast track")),)
    elif applies.get("fast_track") is False:
        parts += (Part(_(", outside the fast track")),)
    if applies.get("grades"):
        parts += _fill(_(", for grades {grades}"), grades=", ".join(applies["grades"]))
    if applies.get("sources"):
        parts += _fill(_(", for leads from {sources}"), sources=", ".join(applies["sources"]))
    for fact, values in sorted((applies.get("segment") or {}).items()):
        parts += _fill(
            _(", where {fact} is {values}"), fact=field_words(fact), values=_(" or ").join(values)
        )
    return parts


def _number(body: Mapping[str, Any]) -> str:
    if "percent" in body:
        return f"{body['percent']} %"
    return str(body.get("at_least", ""))


def _fill(template: str, **blanks: str) -> Parts:
    filled: list[Part] = []
    for text, name, _spec, _conversion in Formatter().parse(template):
        if text:
            filled.append(Part(text))
        if name:
            filled.append(Part(blanks[name], editable=True))
    return tuple(filled)
