"""What keeps terms from being signed, in whole sentences. Pure but for translation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from leads.database.registry import KINDS_BY_NAME
from sla.calendar.reading import problems_of
from sla.terms.text import (
    CLOCKED,
    OWNER,
    SIDE_OF,
    ClauseKind,
    PromiseKind,
    PromiseTerms,
    Untouched,
    terms_of,
)

Body = Mapping[str, Any]
LONGEST = 90 * 86_400  # seconds of working time; more is no promise of speed
DAYS = frozenset("0123456")
NUMBERED = {
    PromiseKind.ATTEMPTS: "at_least",
    PromiseKind.VOLUME: "at_least",
    PromiseKind.REASON_REQUIRED: "share",
    PromiseKind.ACCEPTANCE_RATE: "share",
    PromiseKind.PACKET: "share",
    PromiseKind.HIGH_INTENT: "share",
}


def check_clause(kind: str, body: Any) -> list[str]:
    """Return what is wrong with one clause, as sentences; [] when it may stand."""
    checks: dict[str, Callable[[Body], list[str]]] = {
        ClauseKind.CALENDAR: _check_calendar,
        ClauseKind.PROMISE: _check_promise,
        ClauseKind.TOUCH_POLICY: _check_policy,
    }
    if kind not in checks:
        return [_("Terms have no clause of the kind “%(kind)s”.") % {"kind": kind}]
    if not isinstance(body, Mapping):
        return [_("A clause is a set of fields.")]
    return checks[kind](body)


def check_version(clauses: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with clauses (kind, key, position, body) that are to stand together."""
    rows = list(clauses)
    problems = [each for row in rows for each in check_clause(row["kind"], row["body"])]
    if problems:
        return problems
    policies = [row for row in rows if row["kind"] == ClauseKind.TOUCH_POLICY]
    if len(policies) > 1:
        problems.append(_("Terms say once which activities are a touch. Keep one touch policy."))
    terms = terms_of(rows)
    if not terms.promises and not terms.others:
        problems.append(_("Terms without a promise bind nobody. Add at least one promise."))
    for promise in terms.promises:
        problems += _unknown_calendars(promise, terms.calendars)
    return problems + _shorter_than_touch(terms.promises)


def _check_calendar(body: Body) -> list[str]:
    problems = _named(body)
    week = body.get("week")
    if not isinstance(body.get("zone"), str) or not _is_week(week):
        return [
            *problems,
            _("A calendar needs a time zone and a week of hours such as 09:00–17:00."),
        ]
    try:
        return problems + problems_of(body)
    except (TypeError, ValueError):
        return [*problems, _("Write each opening as two times, such as 09:00–12:30.")]


def _is_week(week: Any) -> bool:
    return (
        isinstance(week, Mapping)
        and set(week) <= DAYS
        and all(
            isinstance(hours, Sequence) and all(_is_pair(each) for each in hours)
            for hours in week.values()
        )
    )


def _is_pair(interval: Any) -> bool:
    return (
        isinstance(interval, list | tuple)
        and len(interval) == 2
        and all(isinstance(end, str) for end in interval)
    )


def _check_policy(body: Body) -> list[str]:
    problems = _touch_kinds(body.get("touch_kinds"))
    if not body.get("touch_kinds"):
        problems.append(_("Name at least one activity that counts as a touch."))
    if not isinstance(body.get("automated_after_reply"), bool):
        problems.append(_("Say whether automated mail counts once the lead wrote: yes or no."))
    return problems


def _check_promise(body: Body) -> list[str]:
    problems = _named(body)
    kind = body.get("kind")
    if kind not in set(PromiseKind):
        return [*problems, _("“%(kind)s” is no kind of promise.") % {"kind": kind}]
    if body.get("side") != SIDE_OF[PromiseKind(kind)]:
        problems.append(
            _("“%(name)s” is kept by %(side)s. Set its side so.")
            % {"name": body.get("name", ""), "side": SIDE_OF[PromiseKind(kind)]}
        )
    if kind not in CLOCKED:
        return problems + _number(PromiseKind(kind), body)
    return problems + _timing(body) + _details(body)


def _number(kind: PromiseKind, body: Body) -> list[str]:
    field = NUMBERED[kind]
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [_("Give the number that is promised.")]
    if field == "share" and not 0 < value <= 1:
        return [_("A promised share lies above 0 % and is at most 100 %.")]
    if field == "at_least" and (value < 1 or value != int(value)):
        return [_("A promised number is a whole number of at least 1.")]
    return []


def _timing(body: Body) -> list[str]:
    problems = []
    amount, share = body.get("amount_s"), body.get("warn_share", 0.5)
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        problems.append(_("The time promised must be longer than nothing. Give at least 1 minute."))
    elif amount < 60:
        problems.append(
            _("A promise of less than 1 minute cannot be kept. Give at least 1 minute.")
        )
    elif amount > LONGEST:
        problems.append(_("A promise of more than 90 days of working time tells nobody anything."))
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        problems.append(_("Warn after a share of the time above 0 % and at most 100 %."))
    if not isinstance(body.get("calendar"), str) or not body["calendar"]:
        problems.append(_("Name the calendar that the time is counted in."))
    return problems


def _details(body: Body) -> list[str]:
    problems = _touch_kinds(body.get("touch_kinds", []))
    if body.get("untouched", Untouched.ENDED) not in set(Untouched):
        problems.append(_("Say what an untouched clock is: ended, met or breached."))
    applies = body.get("applies") or {}
    lists = all(
        isinstance(applies.get(name, []), list)
        and all(isinstance(each, str) for each in applies.get(name, []))
        for name in ("grades", "sources")
    )
    known = set(applies) <= {"grades", "sources", "fast_track"}
    if not (known and lists and applies.get("fast_track") in {None, True, False}):
        problems.append(_("A promise may be about grades, sources and the fast track only."))
    return problems


def _touch_kinds(kinds: Any) -> list[str]:
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        return [_("Give the activities that count as a touch as a list.")]
    problems = []
    for kind in kinds:
        if kind not in KINDS_BY_NAME:
            problems.append(_("There is no activity “%(kind)s”.") % {"kind": kind})
        elif KINDS_BY_NAME[kind].is_quiet:
            problems.append(
                _("“%(kind)s” happens without a person and can never be a touch.") % {"kind": kind}
            )
    return problems


def _named(body: Body) -> list[str]:
    name = body.get("name")
    if isinstance(name, str) and name.strip():
        return []
    return [_("Give it a name that people will recognise.")]


def _unknown_calendars(promise: PromiseTerms, calendars: Mapping[str, Body]) -> list[str]:
    said = {"name": promise.name}
    if promise.first_calendar == OWNER:
        return [
            _("“%(name)s” counts in the owner’s hours. Name a calendar for when nobody owns it.")
            % said
        ]
    return [
        _("“%(name)s” names the calendar “%(calendar)s”, which these terms do not have.")
        % (said | {"calendar": key})
        for key in dict.fromkeys((promise.calendar, promise.otherwise))
        if key not in calendars and key != OWNER
    ]


def _shorter_than_touch(promises: Iterable[PromiseTerms]) -> list[str]:
    rows = list(promises)
    touches = [each for each in rows if each.kind == PromiseKind.FIRST_TOUCH]
    return [
        _(
            "“%(disposition)s” is due before “%(touch)s” on the same calendar. "
            "Give the disposition at least as long as the first touch."
        )
        % {"disposition": decision.name, "touch": touch.name}
        for decision in rows
        if decision.kind == PromiseKind.DISPOSITION
        for touch in touches
        if touch.calendar == decision.calendar and decision.amount < touch.amount
        if touch.applies == decision.applies
    ]
