"""What keeps terms from being signed, in whole sentences. Pure but for translation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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


class Problem(NamedTuple):
    """One thing to mend: the field it is about, and a sentence that says how."""

    path: str
    sentence: str


SHORTEST = 60
LONGEST = 90 * 86_400  # seconds of working time; more is no promise of speed
DAYS = frozenset("0123456")
NUMBERED = {
    PromiseKind.ATTEMPTS: "at_least",
    PromiseKind.VOLUME: "at_least",
    PromiseKind.REASON_REQUIRED: "percent",
    PromiseKind.ACCEPTANCE_RATE: "percent",
    PromiseKind.PACKET: "percent",
    PromiseKind.HIGH_INTENT: "percent",
}


def check_clause(kind: str, body: Any) -> list[Problem]:
    """Return what is wrong with one clause, as sentences; [] when it may stand."""
    checks: dict[str, Callable[[Body], list[Problem]]] = {
        ClauseKind.CALENDAR: _check_calendar,
        ClauseKind.PROMISE: _check_promise,
        ClauseKind.TOUCH_POLICY: _check_policy,
    }
    if kind not in checks:
        return [Problem("kind", _("Terms have no clause of the kind “%(kind)s”.") % {"kind": kind})]
    if not isinstance(body, Mapping):
        return [Problem("", _("A clause is a set of fields."))]
    return checks[kind](body)


def check_version(clauses: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return what is wrong with clauses (kind, key, position, body) that are to stand together."""
    rows = list(clauses)
    problems = [each for row in rows for each in check_clause(row["kind"], row["body"])]
    if problems:
        return problems
    policies = [row for row in rows if row["kind"] == ClauseKind.TOUCH_POLICY]
    if len(policies) > 1:
        problems.append(
            Problem("", _("Terms say once which activities are a touch. Keep one touch policy."))
        )
    terms = terms_of(rows)
    if not terms.promises and not terms.others:
        problems.append(
            Problem("", _("A text without a promise binds nobody. Add at least one promise."))
        )
    for promise in terms.promises:
        problems += _unknown_calendars(promise, terms.calendars)
    return problems + _shorter_than_touch(terms.promises)


def _check_calendar(body: Body) -> list[Problem]:
    problems = _named(body)
    week = body.get("week")
    if not isinstance(body.get("zone"), str) or not _is_week(week):
        return [
            *problems,
            Problem("week", _("A calendar needs a zone and a week of hours such as 09:00–17:00.")),
        ]
    try:
        return problems + [Problem("week", sentence) for sentence in problems_of(body)]
    except (TypeError, ValueError):
        return [
            *problems,
            Problem("week", _("Write each opening as two times, such as 09:00–12:30.")),
        ]


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


def _check_policy(body: Body) -> list[Problem]:
    problems = _touch_kinds(body.get("touch_kinds"))
    if not body.get("touch_kinds"):
        problems.append(
            Problem("touch_kinds", _("Name at least one activity that counts as a touch."))
        )
    if not isinstance(body.get("automated_after_reply"), bool):
        problems.append(
            Problem(
                "automated_after_reply",
                _("Say whether automated mail counts once the lead wrote: yes or no."),
            )
        )
    return problems


def _check_promise(body: Body) -> list[Problem]:
    problems = _named(body)
    kind = body.get("kind")
    if kind not in set(PromiseKind):
        return [
            *problems,
            Problem("kind", _("“%(kind)s” is no kind of promise.") % {"kind": kind}),
        ]
    if body.get("side") != SIDE_OF[PromiseKind(kind)]:
        problems.append(
            Problem(
                "side",
                _("“%(name)s” is kept by %(side)s. Set its side so.")
                % {"name": body.get("name", ""), "side": SIDE_OF[PromiseKind(kind)]},
            )
        )
    if kind not in CLOCKED:
        return problems + _number(PromiseKind(kind), body)
    return problems + _timing(body) + _details(body)


def _number(kind: PromiseKind, body: Body) -> list[Problem]:
    field = NUMBERED[kind]
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        return [Problem(field, _("Give the number that is promised."))]
    if field == "percent" and not 0 < value <= 100:
        return [Problem(field, _("A promised share lies above 0 % and is at most 100 %."))]
    if field == "at_least" and (value < 1):
        return [Problem(field, _("A promised number is a whole number of at least 1."))]
    return []


def _timing(body: Body) -> list[Problem]:
    problems = []
    amount, share = body.get("amount_s"), body.get("warn_percent", 75)
    if isinstance(amount, bool) or not isinstance(amount, int) or amount < SHORTEST:
        sentence = _("The time promised is at least 1 minute: nothing can be done in less.")
        problems.append(Problem("amount_s", sentence))
    elif amount > LONGEST:
        sentence = _("The time promised is at most 90 days of working time.")
        problems.append(Problem("amount_s", sentence))
    if isinstance(share, bool) or not isinstance(share, int) or not 0 < share <= 100:
        sentence = _("Warn after a share of the time above 0 % and at most 100 %.")
        problems.append(Problem("warn_percent", sentence))
    for field in ("calendar", "otherwise"):
        if not isinstance(body.get(field, "none"), str) or not body.get(field, "none"):
            sentence = _("Name the calendar that the time is counted in.")
            problems.append(Problem(field, sentence))
    if "calendar" not in body:
        problems.append(Problem("calendar", _("Name the calendar that the time is counted in.")))
    return problems


def _details(body: Body) -> list[Problem]:
    problems = _touch_kinds(body.get("touch_kinds", []))
    if body.get("untouched", Untouched.ENDED) not in set(Untouched):
        problems.append(
            Problem("untouched", _("Say what an untouched clock is: ended, met or breached."))
        )
    applies = body.get("applies") or {}
    lists = all(
        isinstance(applies.get(name, []), list)
        and all(isinstance(each, str) for each in applies.get(name, []))
        for name in ("grades", "sources")
    )
    known = set(applies) <= {"grades", "sources", "fast_track"}
    if not (known and lists and applies.get("fast_track") in {None, True, False}):
        problems.append(
            Problem("applies", _("A promise may be about grades, sources and the fast track only."))
        )
    return problems


def _touch_kinds(kinds: Any) -> list[Problem]:
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        return [Problem("touch_kinds", _("Give the activities that count as a touch as a list."))]
    problems = []
    for kind in kinds:
        if kind not in KINDS_BY_NAME:
            sentence = _("There is no activity “%(kind)s”.") % {"kind": kind}
            problems.append(Problem("touch_kinds", sentence))
        elif KINDS_BY_NAME[kind].is_quiet:
            sentence = _("“%(kind)s” is not a person’s act and can never be a touch.")
            problems.append(Problem("touch_kinds", sentence % {"kind": kind}))
    return problems


def _named(body: Body) -> list[Problem]:
    name = body.get("name")
    if isinstance(name, str) and name.strip():
        return []
    return [Problem("name", _("Give it a name that people will recognise."))]


def _unknown_calendars(promise: PromiseTerms, calendars: Mapping[str, Body]) -> list[Problem]:
    if promise.first_calendar == OWNER:
        sentence = _(
            "“%(name)s” counts in the owner’s hours. Name a calendar for when nobody owns it."
        )
        return [Problem(f"{promise.key}.otherwise", sentence % {"name": promise.name})]
    sentence = _("“%(name)s” names the calendar “%(calendar)s”, which these terms do not have.")
    return [
        Problem(f"{promise.key}.calendar", sentence % {"name": promise.name, "calendar": key})
        for key in dict.fromkeys((promise.calendar, promise.otherwise))
        if key not in calendars and key != OWNER
    ]


def _shorter_than_touch(promises: Sequence[PromiseTerms]) -> list[Problem]:
    sentence = _(
        "“%(disposition)s” is due before “%(touch)s” on the same calendar. "
        "Give the disposition at least as long as the first touch."
    )
    return [
        Problem(
            f"{decision.key}.amount_s",
            sentence % {"disposition": decision.name, "touch": touch.name},
        )
        for decision in promises
        for touch in promises
        if (decision.kind, touch.kind) == (PromiseKind.DISPOSITION, PromiseKind.FIRST_TOUCH)
        and (decision.calendar, decision.applies) == (touch.calendar, touch.applies)
        and decision.amount < touch.amount
    ]
