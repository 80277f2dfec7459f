"""What keeps one promise from being signed, in whole sentences. Pure but for translation."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from leads.database.registry import FACTS_BY_NAME, KINDS_BY_NAME
from sla.terms.applies import ASKED, SEGMENT_FACTS
from sla.terms.ladder import BEFORE_DUE, LATEST, MOST_STEPS, TOLD, Act, When
from sla.terms.text import (
    CLOCKED,
    CONTACT,
    EVIDENCE,
    SIDE_OF,
    PromiseKind,
    Untouched,
)

Body = Mapping[str, Any]


class Problem(NamedTuple):
    """One thing to mend: the field it is about, and a sentence that says how."""

    path: str
    sentence: str


SHORTEST = 60
LONGEST = 90 * 86_400  # seconds of working time; more is no promise of speed
NUMBERED = {
    PromiseKind.ATTEMPTS: "at_least",
    PromiseKind.VOLUME: "at_least",
    PromiseKind.REASON_REQUIRED: "percent",
    PromiseKind.ACCEPTANCE_RATE: "percent",
    PromiseKind.PACKET: "percent",
    PromiseKind.HIGH_INTENT: "percent",
}


def check_promise(body: Body) -> list[Problem]:
    problems = named(body)
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
        problems += _number(PromiseKind(kind), body) + _carried(body)
    else:
        problems += _timing(body) + _details(body) + _ladder(body)
    return problems + touch_kinds(body.get("touch_kinds", [])) + _applies(body)


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
    if body.get("untouched", Untouched.ENDED) in set(Untouched):
        return []
    sentence = _("Say what an untouched clock is: ended, met or breached.")
    return [Problem("untouched", sentence)]


def _carried(body: Body) -> list[Problem]:
    """Check what a packet must carry and what is a high-intent signal."""
    known: dict[str, tuple[Any, str]] = {
        "fields": ({*FACTS_BY_NAME, *CONTACT}, _("There is no field “%(name)s” of a lead.")),
        "evidence": (set(EVIDENCE), _("“%(name)s” is no evidence that a handoff carries.")),
        "signals": (set(KINDS_BY_NAME), _("There is no activity “%(name)s”.")),
    }
    problems = []
    for path, (names, sentence) in known.items():
        given = body.get(path, [])
        if not _is_list_of_texts(given):
            problems.append(Problem(path, _("Give this as a list of names.")))
        else:
            problems += [
                Problem(path, sentence % {"name": name}) for name in given if name not in names
            ]
    if body.get("kind") == PromiseKind.PACKET and not (body.get("fields") or body.get("evidence")):
        sentence = _("Name at least one field or piece of evidence that a packet must carry.")
        problems.append(Problem("fields", sentence))
    if body.get("kind") == PromiseKind.HIGH_INTENT and not body.get("signals"):
        sentence = _("Name at least one activity that is a high-intent signal.")
        problems.append(Problem("signals", sentence))
    return problems


def _applies(body: Body) -> list[Problem]:
    applies = body.get("applies") or {}
    if not isinstance(applies, Mapping):
        applies = {"": None}
    lists = all(_is_list_of_texts(applies.get(name, [])) for name in ("grades", "sources"))
    if not (set(applies) <= ASKED and lists and isinstance(applies.get("fast_track"), bool | None)):
        sentence = _(
            "A promise may be about grades, sources and the fast track, or about a segment, only."
        )
        return [Problem("applies", sentence)]
    segment = applies.get("segment") or {}
    if not isinstance(segment, Mapping) or not all(
        _is_list_of_texts(values) and values for values in segment.values()
    ):
        sentence = _("Write a segment as a fact and its values, such as industry: software.")
        return [Problem("segment", sentence)]
    return [
        Problem("segment", _("A segment cannot ask for “%(fact)s”.") % {"fact": fact})
        for fact in segment
        if fact not in SEGMENT_FACTS
    ]


def _ladder(body: Body) -> list[Problem]:
    steps = body.get("ladder", [])
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        return [Problem("ladder", _("Give what happens at breach as a list of steps."))]
    problems = [each for step in steps for each in _step(step)]
    if len(steps) > MOST_STEPS:
        sentence = _("A ladder has at most %(most)d steps.") % {"most": MOST_STEPS}
        problems.append(Problem("ladder", sentence))
    said = [(step.get("do"), step.get("when", When.DUE), step.get("after_s", 0)) for step in steps]
    if len({str(one) for one in said}) < len(said):
        sentence = _("The ladder does the same thing twice at one time. Take one step out.")
        problems.append(Problem("ladder", sentence))
    return problems


def _step(step: Body) -> list[Problem]:
    act, when, after = step.get("do"), step.get("when", When.DUE), step.get("after_s", 0)
    if (
        not (isinstance(act, str) and isinstance(when, str))
        or act not in set(Act)
        or when not in set(When)
        or not isinstance(step.get("quiet", False), bool)
    ):
        sentence = _("Each step says what is done: warn, tell, task, reassign or rest, and when.")
        return [Problem("ladder", sentence)]
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= LATEST:
        sentence = _("A step comes 0 minutes to 30 days of working time after the deadline.")
        return [Problem("ladder", sentence)]
    if when == When.WARN and act not in BEFORE_DUE:
        sentence = _("Nobody loses a lead or a turn before the deadline: put that step after it.")
        return [Problem("ladder", sentence)]
    if when == When.WARN and after:
        sentence = _("A step at the warning comes with the warning: leave its minutes out.")
        return [Problem("ladder", sentence)]
    if step.get("quiet") and act not in TOLD:
        sentence = _("Only telling somebody can wait for their working hours.")
        return [Problem("ladder", sentence)]
    return []


def _is_list_of_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) and one.strip() for one in given)


def touch_kinds(kinds: Any) -> list[Problem]:
    """Check a list of activities that count as a touch."""
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


def named(body: Body) -> list[Problem]:
    """Check that a clause has a name."""
    name = body.get("name")
    if isinstance(name, str) and name.strip():
        return []
    return [Problem("name", _("Give it a name that people will recognise."))]
