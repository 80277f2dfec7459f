"""What is new of a lead that came back since sales last said no."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.database.facts import KnownFacts, since
from leads.database.registry import FACTS
from leads.dispositions.models import Disposition
from leads.handoffs.models import Handoff
from portal.desk.timeline import Entry, Story
from scoring.definitions.registration import labels

SHOWN = 6  # things the lead did; the story below has all


@dataclass(frozen=True)
class NewFact:
    """A fact that another value was known of before; ``before`` is empty for one that is new."""

    label: str
    value: str
    before: str
    at: datetime


@dataclass(frozen=True)
class Returned:
    """``rejection`` is the latest before this handoff; what is listed came after it.

    ``more`` counts the quiet things and those beyond ``SHOWN``; ``has_older`` when the story did
    not reach back to the rejection, so that there may be more still.
    """

    rejection: Disposition
    done: list[Entry]
    facts: list[NewFact]
    more: int
    has_older: bool

    @property
    def is_nothing(self) -> bool:
        return not (self.done or self.facts or self.more)


def returned_of(
    handoff: Handoff, earlier: Sequence[Handoff], story: Story, known: Sequence[KnownFacts]
) -> Returned | None:
    """Return what is new since the rejection before ``handoff``; None if there was none.

    No queries: ``earlier`` come with their dispositions, ``known`` are the facts over time.
    """
    rejection = _rejection(handoff, earlier)
    if rejection is None or rejection.decided_at is None:
        return None
    after = rejection.decided_at
    theirs = [one for one in story.entries if one.is_theirs and one.at > after]
    done = [one for one in theirs if not one.is_quiet][:SHOWN]
    reaches_back = not story.next or story.entries[-1].at <= after
    return Returned(
        rejection=rejection,
        done=done,
        facts=_news(known, after),
        more=len(theirs) - len(done),
        has_older=not reaches_back,
    )


def _rejection(handoff: Handoff, earlier: Sequence[Handoff]) -> Disposition | None:
    """Return the newest dated rejection of an earlier handoff; ``standing`` was prefetched."""
    decided = [one for each in earlier for one in each.standing]  # type: ignore[attr-defined]
    made = handoff.made_at
    said_no = [
        one
        for one in decided
        if one.reason_id and one.decided_at and (made is None or one.decided_at <= made)
    ]
    return max(said_no, key=lambda one: (one.decided_at, one.pk), default=None)


def _news(known: Sequence[KnownFacts], after: datetime) -> list[NewFact]:
    """Compare what is known now with what was known then; derived facts follow from others."""
    if not known or known[-1].known_from <= after:
        return []
    before = next((row.values for row in reversed(known) if row.known_from <= after), {})
    now, words = known[-1], labels()
    return [
        NewFact(
            label=str(fact.label),
            value=_words(fact.name, now.values[fact.name], words),
            before=_words(fact.name, before[fact.name], words) if fact.name in before else "",
            at=since(now.origins[fact.name][1]),
        )
        for fact in FACTS
        if not fact.derived
        and fact.name in now.values
        and now.values[fact.name] != before.get(fact.name)
    ]


def _words(name: str, value: str | int, words: dict[str, str]) -> str:
    return f"{value:,}" if isinstance(value, int) else words.get(f"{name}:{value}", value)
