"""The signed terms as the clocks read them: parsed once for each text, then never again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from leads.database.registry import KINDS
from sla.terms.applies import Applies, applies_of
from sla.terms.ladder import Step, ladder_of

OWNER: Final = "owner"  # a promise's calendar: the one of whoever holds the handoff
TOUCH_KINDS: Final = tuple(kind.name for kind in KINDS if kind.is_touch)
WARN_PERCENT: Final = 75  # of the amount: from then on a clock is at risk


class ClauseKind(StrEnum):
    """What a clause of SLA terms can be."""

    CALENDAR = "calendar"
    PROMISE = "promise"
    TOUCH_POLICY = "touch_policy"


class PromiseKind(StrEnum):
    """What one side promises. Clocks measure the first two; the scoreboard counts the others."""

    FIRST_TOUCH = "first_touch"
    DISPOSITION = "disposition"
    ATTEMPTS = "attempts"
    REASON_REQUIRED = "reason_required"
    VOLUME = "volume"
    ACCEPTANCE_RATE = "acceptance_rate"
    PACKET = "packet"
    HIGH_INTENT = "high_intent"


CLOCKED: Final = (PromiseKind.FIRST_TOUCH, PromiseKind.DISPOSITION)
SIDE_OF: Final = {
    PromiseKind.FIRST_TOUCH: "sales",
    PromiseKind.DISPOSITION: "sales",
    PromiseKind.ATTEMPTS: "sales",
    PromiseKind.REASON_REQUIRED: "sales",
    PromiseKind.VOLUME: "marketing",
    PromiseKind.ACCEPTANCE_RATE: "marketing",
    PromiseKind.PACKET: "marketing",
    PromiseKind.HIGH_INTENT: "marketing",
}


# What a handoff may have to carry besides facts, each told from the handoff and its lead alone.
CONTACT: Final = ("name", "email", "phone", "company")
EVIDENCE: Final = ("source", "campaign", "score", "activity")


class Untouched(StrEnum):
    """What a touch clock without a touch is once the handoff is decided before its due time."""

    ENDED = "ended"  # neither kept nor broken: counted apart
    MET = "met"  # the disposition counts as the touch
    BREACHED = "breached"


@dataclass(frozen=True)
class TouchPolicy:
    """Which activities are a touch. ``after_reply``: automated mail counts once the lead wrote."""

    kinds: frozenset[str] = frozenset(TOUCH_KINDS)
    after_reply: bool = True


@dataclass(frozen=True)
class PromiseTerms:
    """One promise with a clock: ``amount`` and ``warn_amount`` are seconds of working time.

    ``calendar`` is a signed calendar's key or OWNER; ``otherwise`` is used while nobody holds the
    handoff, or its holder has chosen no calendar.
    """

    key: str
    name: str
    kind: PromiseKind
    amount: int
    warn_amount: int
    calendar: str
    otherwise: str
    applies: Applies
    touch: TouchPolicy
    untouched: Untouched
    ladder: tuple[Step, ...] = ()

    @property
    def first_calendar(self) -> str:
        return self.otherwise if self.calendar == OWNER else self.calendar


@dataclass(frozen=True)
class CountedTerms:
    """One promise without a clock, as the scoreboard counts it over the handoffs it ``applies`` to.

    ``at_least`` is the number of ATTEMPTS and VOLUME (handoffs a month), ``percent`` the share of
    the others. ``fields`` (facts and CONTACT) and ``evidence`` (EVIDENCE) are what a packet must
    carry, ``signals`` the kinds of activity of which a high-intent handoff had one before it was
    made. ``touch`` says what an attempt is.
    """

    key: str
    name: str
    kind: PromiseKind
    side: str
    at_least: int
    percent: int
    applies: Applies
    touch: TouchPolicy
    fields: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """Calendars by key, promises in the text's order, and the touch policy."""

    calendars: Mapping[str, Mapping[str, Any]]
    promises: tuple[PromiseTerms, ...]
    touch: TouchPolicy
    others: tuple[CountedTerms, ...] = ()  # promises without a clock

    @property
    def asks_for_facts(self) -> bool:
        """Whether it takes the lead's facts to tell which promises with a clock run."""
        return any(promise.applies.segment for promise in self.promises)

    def chosen_for(
        self, *, grade: str, fast_track: bool, source: str, facts: Mapping[str, Any] | None = None
    ) -> list[PromiseTerms]:
        """Return the promises that run for such a handoff: of each kind the first that applies.

        ``facts`` are the lead's, by name, when it was handed over; only segments ask for them.
        """
        chosen: dict[PromiseKind, PromiseTerms] = {}
        for each in self.promises:
            if each.applies.to(grade=grade, fast_track=fast_track, source=source, facts=facts):
                chosen.setdefault(each.kind, each)
        return list(chosen.values())

    def promise(self, key: str) -> PromiseTerms | None:
        return next((each for each in self.promises if each.key == key), None)


@lru_cache(maxsize=64)
def parse_terms(signed_text: str) -> Terms:
    """Return the terms of a frozen text. Equal text gives the same object."""
    return terms_of(json.loads(signed_text)["clauses"])


def terms_of(clauses: Iterable[Mapping[str, Any]]) -> Terms:
    """Return the terms that these clauses (kind, key, position, body) make, in their order."""
    rows = sorted(clauses, key=lambda clause: (clause["position"], clause["key"]))
    calendars = {row["key"]: row["body"] for row in rows if row["kind"] == ClauseKind.CALENDAR}
    policies = [row["body"] for row in rows if row["kind"] == ClauseKind.TOUCH_POLICY]
    touch = _policy(policies[0]) if policies else TouchPolicy()
    promises = [row for row in rows if row["kind"] == ClauseKind.PROMISE]
    return Terms(
        calendars=calendars,
        promises=tuple(
            _promise(row["key"], row["body"], touch)
            for row in promises
            if row["body"]["kind"] in CLOCKED
        ),
        touch=touch,
        others=tuple(
            _counted(row["key"], row["body"], touch)
            for row in promises
            if row["body"]["kind"] not in CLOCKED
        ),
    )


def _promise(key: str, body: Mapping[str, Any], touch: TouchPolicy) -> PromiseTerms:
    amount = int(body["amount_s"])
    return PromiseTerms(
        key=key,
        name=body["name"],
        kind=PromiseKind(body["kind"]),
        amount=amount,
        warn_amount=amount * body.get("warn_percent", WARN_PERCENT) // 100,
        calendar=body["calendar"],
        otherwise=body.get("otherwise") or body["calendar"],
        applies=applies_of(body.get("applies") or {}),
        touch=_touch(body, touch),
        untouched=Untouched(body.get("untouched", Untouched.ENDED)),
        ladder=ladder_of(body),
    )


def _counted(key: str, body: Mapping[str, Any], touch: TouchPolicy) -> CountedTerms:
    kind = PromiseKind(body["kind"])
    return CountedTerms(
        key=key,
        name=body.get("name", key),
        kind=kind,
        side=SIDE_OF[kind],
        at_least=int(body.get("at_least", 0)),
        percent=int(body.get("percent", 100)),
        applies=applies_of(body.get("applies") or {}),
        touch=_touch(body, touch),
        fields=tuple(body.get("fields", ())),
        evidence=tuple(body.get("evidence", ())),
        signals=tuple(body.get("signals", ())),
    )


def _touch(body: Mapping[str, Any], policy: TouchPolicy) -> TouchPolicy:
    own: Sequence[str] = body.get("touch_kinds") or ()
    return TouchPolicy(frozenset(own), policy.after_reply) if own else policy


def _policy(body: Mapping[str, Any]) -> TouchPolicy:
    return TouchPolicy(
        frozenset(body["touch_kinds"]), after_reply=bool(body["automated_after_reply"])
    )
