"""What keeps terms from being signed, in whole sentences. Pure but for translation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from django.utils.translation import gettext as _

from sla.calendar.reading import problems_of
from sla.terms.promise_checks import Body, Problem, check_promise, named, touch_kinds
from sla.terms.text import OWNER, ClauseKind, PromiseKind, PromiseTerms, Terms, terms_of

DAYS = frozenset("0123456")


def check_clause(kind: str, body: Any) -> list[Problem]:
    """Return what is wrong with one clause, as sentences; [] when it may stand."""
    checks: dict[str, Callable[[Body], list[Problem]]] = {
        ClauseKind.CALENDAR: _check_calendar,
        ClauseKind.PROMISE: check_promise,
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
    return problems + _shorter_than_touch(terms) + _never_run(terms)


def _check_calendar(body: Body) -> list[Problem]:
    problems = named(body)
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
    problems = touch_kinds(body.get("touch_kinds"))
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


def _never_run(terms: Terms) -> list[Problem]:
    """Name promises that no handoff ever gets, because an earlier one of the kind takes it."""
    chosen = {one.key for promises in _combinations(terms) for one in promises}
    sentence = _(
        "“%(name)s” never runs: a promise of the same kind before it applies to all its leads. "
        "Put it further up, or take it out."
    )
    return [
        Problem(f"{promise.key}.applies", sentence % {"name": promise.name})
        for promise in terms.promises
        if promise.key not in chosen
    ]


def _shorter_than_touch(terms: Terms) -> list[Problem]:
    sentence = _(
        "“%(disposition)s” is due before “%(touch)s” on the same calendar. "
        "Give the disposition at least as long as the first touch."
    )
    pairs = dict.fromkeys(
        (decision, touch)
        for promises in _combinations(terms)
        for decision in promises
        for touch in promises
        if (decision.kind, touch.kind) == (PromiseKind.DISPOSITION, PromiseKind.FIRST_TOUCH)
    )
    return [
        Problem(
            f"{decision.key}.amount_s",
            sentence % {"disposition": decision.name, "touch": touch.name},
        )
        for decision, touch in pairs
        if decision.calendar == touch.calendar and decision.amount < touch.amount
    ]


def _combinations(terms: Terms) -> Iterator[list[PromiseTerms]]:
    """Yield the promises that run together for each sort of handoff that the terms tell apart."""
    asked = [promise.applies for promise in terms.promises]
    grades = {"", *(grade for one in asked for grade in one.grades)}
    sources = {"", *(source for one in asked for source in one.sources)}
    leads: list[dict[str, str]] = [
        {},
        *({fact: min(values) for fact, values in one.segment} for one in asked if one.segment),
    ]
    for grade, source, fast_track, facts in product(
        sorted(grades), sorted(sources), (False, True), leads
    ):
        yield terms.chosen_for(grade=grade, fast_track=fast_track, source=source, facts=facts)
