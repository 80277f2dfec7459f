"""The signed terms as the clocks read them: parsed once for each text, then never again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from leads.database.registry import KINDS

OWNER: Final = "owner"  # a promise's calendar: the one of whoever holds the handoff
TOUCH_KINDS: Final = tuple(kind.name for kind in KINDS if kind.is_touch)
AUTOMATED_KINDS: Final = ("email_sent", "sms_sent")
WARN_PERCENT: Final = 75  # of the amount: from then on a clock is at risk
REPLY_KINDS: Final = ("email_replied", "chat", "call_inbound", "contact_request")


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
class Applies:
    """The handoffs a promise is about; what is empty is not asked. Sources are folded names."""

    grades: frozenset[str] = frozenset()
    fast_track: bool | None = None
    sources: frozenset[str] = frozenset()

    def to(self, *, grade: str, fast_track: bool, source: str) -> bool:
        """Tell whether a handoff of this grade, cause and source is one of them."""
        return (
            (not self.grades or grade in self.grades)
            and self.fast_track in {None, fast_track}
            and (not self.sources or source in self.sources)
        )


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

    @property
    def first_calendar(self) -> str:
        return self.otherwise if self.calendar == OWNER else self.calendar


@dataclass(frozen=True)
class Terms:
    """Calendars by key, promises with a clock in the text's order, and the touch policy."""

    calendars: Mapping[str, Mapping[str, Any]]
    promises: tuple[PromiseTerms, ...]
    touch: TouchPolicy
    others: tuple[Mapping[str, Any], ...] = ()  # promises without a clock, as signed

    def chosen_for(self, *, grade: str, fast_track: bool, source: str) -> list[PromiseTerms]:
        """Return the promises that run for such a handoff: of each kind the first that applies."""
        chosen: dict[PromiseKind, PromiseTerms] = {}
        for promise in self.promises:
            if promise.applies.to(grade=grade, fast_track=fast_track, source=source):
                chosen.setdefault(promise.kind, promise)
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
        others=tuple(row["body"] for row in promises if row["body"]["kind"] not in CLOCKED),
    )


def _promise(key: str, body: Mapping[str, Any], touch: TouchPolicy) -> PromiseTerms:
    amount = int(body["amount_s"])
    own: Sequence[str] = body.get("touch_kinds") or ()
    applies = body.get("applies") or {}
    return PromiseTerms(
        key=key,
        name=body["name"],
        kind=PromiseKind(body["kind"]),
        amount=amount,
        warn_amount=amount * body.get("warn_percent", WARN_PERCENT) // 100,
        calendar=body["calendar"],
        otherwise=body.get("otherwise") or body["calendar"],
        applies=Applies(
            grades=frozenset(applies.get("grades", ())),
            fast_track=applies.get("fast_track"),
            sources=frozenset(applies.get("sources", ())),
        ),
        touch=TouchPolicy(frozenset(own), touch.after_reply) if own else touch,
        untouched=Untouched(body.get("untouched", Untouched.ENDED)),
    )


def _policy(body: Mapping[str, Any]) -> TouchPolicy:
    return TouchPolicy(
        frozenset(body["touch_kinds"]), after_reply=bool(body["automated_after_reply"])
    )
