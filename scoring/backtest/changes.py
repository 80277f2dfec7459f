"""The instants at which a lead's standing can change: arrivals, and what time alone does."""

from collections.abc import Iterator

import numpy as np

from scoring.backtest.falling import openers
from scoring.backtest.pairs import Asking, Slice
from scoring.engine.columns import Array, Batch
from scoring.engine.weights import weights
from scoring.rules.definition import Behaviour, Decay, Definition, Rule, Silence
from scoring.rules.instants import DAY

Moments = tuple[Array, Array]  # leads and seconds


def moments_of_opening(definition: Definition, batch: Batch, since: int, until: int) -> Moments:
    """Return every (lead, second) after ``since``, up to ``until``, at which a gate may open.

    Activities that some rule counts and facts as they arrive; an activity leaving a window, a
    step of decay and a silence that begins where that can open a gate of this definition.
    """
    asking, found = Asking(definition, batch), [_facts(batch)]
    may = openers(definition)
    for one in asking.slices():
        found.append(_arrivals(one, asking.counted(one)[0]))
        for place, rule in enumerate(definition.rules):
            found += _time(asking, rule, one, since, until,
                           less=may.by_less[place], firing=may.by_firing[place])  # fmt: skip
    return _within(found, since, until)


def moments_of_anything(
    definition: Definition, batch: Batch, leads: Array, since: int, until: int
) -> Moments:
    """Return every (lead, second) at which these leads are settled for any cause.

    Activities of all kinds, whether a rule counts them or not, and everything that time does.
    ``leads`` is a mask.
    """
    asking, found = Asking(definition, batch), [_facts(batch)]
    for run in batch.runs:
        found += [_arrivals((run, kind, *ends), None) for kind, ends in run.places.items()]
    for one in asking.slices():
        for rule in definition.rules:
            found += _time(asking, rule, one, since, until, less=True, firing=True)
    lead, at = _within(found, since, until)
    wanted = leads[lead]
    return lead[wanted], at[wanted]


def _within(found: list[Moments], since: int, until: int) -> Moments:
    leads, instants = [], []
    for lead, at in found:
        inside = (at > since) & (at <= until)
        leads.append(lead[inside].astype(np.int64))
        instants.append(at[inside])
    return np.concatenate(leads), np.concatenate(instants)


def _facts(batch: Batch) -> Moments:
    return batch.facts.lead, batch.facts.known_from


def _arrivals(one: Slice, mask: Array | None) -> Moments:
    run, _kind, begin, end = one
    rows: Array | slice = slice(begin, end) if mask is None else np.flatnonzero(mask) + begin
    return run.lead[rows], np.maximum(run.occurred[rows], run.received[rows])


def _time(
    asking: Asking, rule: Rule, one: Slice, since: int, until: int, *, less: bool, firing: bool
) -> Iterator[Moments]:
    """Yield what time alone does to a rule's activities of one slice."""
    run, kind, begin, end = one
    test = rule.test
    if isinstance(test, Silence):
        if firing and kind in test.kinds:
            yield run.lead[begin:end], run.occurred[begin:end] + test.days * DAY
    elif isinstance(test, Behaviour) and less and kind in test.kinds:
        fits = asking.fitting(test.where, one)
        rows = np.arange(begin, end) if fits is None else np.flatnonzero(fits) + begin
        if test.within_days is not None:
            # The window is open at its old end: an activity leaves it exactly one window later.
            yield run.lead[rows], run.occurred[rows] + test.within_days * DAY
        elif test.decay is not None:
            yield from _steps(rule.points, test.decay, run.lead[rows], run.occurred[rows],
                              since, until)  # fmt: skip


def _steps(
    points: int, decay: Decay, lead: Array, occurred: Array, since: int, until: int
) -> Iterator[Moments]:
    """Yield each step of decay in the period, until nothing is left; ``occurred`` is sorted."""
    step, count = decay.every_days * DAY, 1
    oldest = int(occurred.min(initial=until))
    while oldest + count * step <= until and weights(points, decay.lost, np.array([count - 1]))[0]:
        ends = np.array([since - count * step, until - count * step])
        first, last = np.searchsorted(occurred, ends, "right").tolist()
        if first < last:
            yield lead[first:last], occurred[first:last] + count * step
        count += 1
