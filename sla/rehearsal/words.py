"""What a rehearsal says in sentences: its finding, and what it had to assume."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.core.numbers import percent
from sla.clocks.shown import TITLES
from sla.rehearsal.capacity import Answer, Attainment, Level
from sla.rehearsal.history import ASSUMED_MINUTES, Handling
from sla.rehearsal.services import Rehearsal


def finding(shown: Rehearsal, target: float) -> str:
    """Return the sentences on top: what no staff can keep, how many it takes, who is here."""
    found = shown.answer
    if found is None:
        return shown.why_not
    goal = {"target": percent(target)}
    said = []
    short = {kind: share for kind, share in found.ceiling.items() if share < target}
    for kind, share in sorted(short.items(), key=lambda pair: pair[1])[:1]:
        said.append(
            _("No number of people keeps %(target)s of “%(promise)s”: %(share)s come due while "
              "nobody works. Count it in working hours, give more time, or open longer.")
            % (goal | {"promise": TITLES[kind], "share": percent(1 - share)})
        )  # fmt: skip
    said.append(_enough(found, {} if short else goal))
    here = ngettext("%(n)s takes handoffs here.", "%(n)s take handoffs here.", shown.people)
    return " ".join([*said, here % {"n": shown.people}])


def _enough(found: Answer, goal: Mapping[str, str]) -> str:
    """Say how many people reach the goal; without one, what their hours let them reach."""
    if found.needed is None:
        more = (
            _("More than %(most)s people are needed.")
            if goal
            else _("More than %(most)s people are needed to keep what their hours allow.")
        )
        return more % {"most": found.levels[-1].people}
    if goal:
        words = ngettext(
            "%(n)s person keeps %(target)s of every promise",
            "%(n)s people keep %(target)s of every promise",
            found.needed,
        )
    else:
        words = ngettext(
            "%(n)s person keeps what their hours allow",
            "%(n)s people keep what their hours allow",
            found.needed,
        )
    words %= {"n": found.needed, **goal}
    best, sure = found.at_best or found.needed, found.to_be_sure
    if sure is None:
        return _("%s, though not in every run.") % words
    if best == sure:
        return _("%s, in nearly every run.") % words
    between = {"words": words, "sure": sure, "best": best}
    return _("%(words)s (%(best)s in good runs, %(sure)s in bad ones).") % between


def levels_of(shown: Rehearsal) -> list[tuple[Level, list[tuple[str, Attainment]]]]:
    """Return each simulated level with what it keeps of each kind of promise, titled."""
    levels = shown.answer.levels if shown.answer else ()
    return [
        (
            level,
            [(str(TITLES[kind]), level.kept[kind]) for kind in TITLES if kind in level.kept],
        )
        for level in levels
    ]


def assumptions(shown: Rehearsal) -> list[str]:
    """Return what the reader must know before believing the numbers."""
    said = [
        _("The replay takes touches and decisions as they were. People might have acted otherwise "
          "had they been asked for less or for more."),
        _("Pauses and excuses of the real clocks are left out of the replay."),
    ]  # fmt: skip
    if shown.answer is None or shown.handling is None:
        return said
    return [
        *said,
        _handling(shown.handling),
        _("Each run draws for every day the arrivals of a real day with the same weekday: "
          "%(runs)s runs of %(days)s days.") % {"runs": shown.answer.runs,
                                                "days": shown.answer.days},
        _("Everybody takes the handoff that is due first, one at a time, in their own calendar. "
          "Nobody is away, and nobody keeps leads for themselves."),
        _("Starting on a lead is its first touch; its disposition is the end of that work. "
          "Waiting for an answer between attempts is not in it."),
        _("The range is the middle 95 % of the runs."),
    ]  # fmt: skip


def _handling(handling: Handling) -> str:
    if not handling.measured and len(handling.seconds) == 1:
        minutes = round(handling.median_minutes)
        if minutes == ASSUMED_MINUTES:
            return _(
                "Too few decisions to measure how long a lead takes: %d minutes are assumed."
            ) % (minutes)
        return _("A lead takes %d minutes, as you chose.") % minutes
    low, high = handling.quartiles_minutes
    return _(
        "A lead takes as long as it did: half of %(n)s decisions took %(low)s to %(high)s minutes "
        "of the decider’s working time since their last one, two hours at most. Where people were "
        "idle this is too long; choose the minutes above if you know better."
    ) % {"n": handling.measured, "low": round(low), "high": round(high)}
