"""What a back-test asks: a period, and what would have judged under each of two versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from scoring.rules.conditions import Condition
from scoring.rules.definition import Definition
from scoring.rules.segments import Among, Segmented, either, narrowed


@dataclass(frozen=True)
class Question:
    """What is asked: a period in seconds, and what would have judged under each version.

    Each definition opens gates only for those to whom it applies; there are several where a
    draft moves leads from one segment to another. ``whom`` are the leads it is about: others'
    handoffs are left out. An empty ``base`` stands for no definition at all.
    """

    since: int
    until: int
    base: Sequence[Definition]
    draft: Sequence[Definition]
    zone: ZoneInfo
    whom: Condition | None = None


def question_of(
    draft: Definition,
    base: Definition | None,
    among: Among,
    *,
    since: int,
    until: int,
    zone: ZoneInfo,
) -> Question:
    """Return what to ask for a draft and the version before it, among the other definitions."""
    if among.is_alone:
        return Question(since, until, () if base is None else (base,), (draft,), zone)
    whom = among.whom(draft)
    if base is not None:
        whom = either(whom, among.whom(base))
    if base is not None and base.segment == draft.segment:
        ours = [narrowed(one, whom) for one in (base, draft)]
        return Question(since, until, ours[:1], ours[1:], zone, whom)
    before, after = (_from(among.place, among.having(one), whom) for one in (base, draft))
    return Question(since, until, before, after, zone, whom)


def _from(place: int, all_of_them: Segmented | None, whom: Condition | None) -> list[Definition]:
    """Return the definitions from a place on, each for those among ``whom`` it applies to."""
    if all_of_them is None:
        return []
    return [
        narrowed(one, all_of_them.whom(n), whom)
        for n, one in enumerate(all_of_them.definitions)
        if n >= place
    ]
