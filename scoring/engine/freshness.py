"""Until when each standing of a batch holds with nothing new: ``rules.freshness`` over columns."""

import numpy as np

from scoring.engine.asking import Asked
from scoring.engine.columns import Array, Batch
from scoring.engine.kernel import applying, steps_of
from scoring.engine.weights import weights
from scoring.rules.definition import Attribute, Behaviour, Definition, Rule
from scoring.rules.instants import DAY
from scoring.rules.segments import Definitions

NEVER = np.iinfo(np.int64).max


def valid_until_all(definition: Definitions, batch: Batch, as_of: int | Array) -> Array:
    """Return for each lead the earliest second after ``as_of`` at which time alone may change it.

    NEVER when nothing can. It may be early, never late. Facts alone choose among several
    definitions, and every later one ends what holds.
    """
    asked = Asked(batch, as_of)
    found = [_holds(one, asked) for one in definition.definitions]
    if len(found) == 1:
        return found[0]
    until: Array = np.choose(applying(definition, asked), found)
    return until


def _holds(definition: Definition, asked: Asked) -> Array:
    batch, as_of = asked.batch, asked.as_of
    until = np.full(batch.size, NEVER, np.int64)
    facts = batch.facts
    _earliest(until, facts.lead, facts.known_from, asked)
    for run in batch.runs:
        for kind in definition.kinds & run.places.keys():
            begin, end = run.places[kind]
            if isinstance(as_of, int) and max(run.last_received, run.occurred[end - 1]) <= as_of:
                continue  # nothing of it is dated later
            known = np.maximum(run.occurred[begin:end], run.received[begin:end])
            _earliest(until, run.lead[begin:end], known, asked)
    for rule in definition.rules:
        _moments(until, rule, asked)
    return until


def _earliest(until: Array, lead: Array, moments: Array, asked: Asked) -> None:
    """Lower ``until`` to those moments that are still to come."""
    later = moments > asked.at(lead)
    np.minimum.at(until, lead[later], moments[later])


def _moments(until: Array, rule: Rule, asked: Asked) -> None:
    test = rule.test
    if isinstance(test, Attribute):
        return
    if not isinstance(test, Behaviour):
        found = asked.busy(test)
        newest = np.full(len(until), np.iinfo(np.int64).min)
        np.maximum.at(newest, found.lead, found.occurred)
        broken = np.flatnonzero(newest > np.iinfo(np.int64).min)
        _earliest(until, broken, newest[broken] + test.days * DAY, asked)
        return
    if test.within_days is not None:
        found = asked.counted(test)
        _earliest(until, found.lead, found.occurred + test.within_days * DAY, asked)
    elif test.decay is not None:
        found, step = asked.counted(test), test.decay.every_days * DAY
        steps = steps_of(found.lead, found.occurred, test.decay, asked)
        moments = found.occurred + (steps + 1) * step
        left = weights(rule.points, test.decay.lost, steps) != 0  # what is worth nothing stays so
        _earliest(until, found.lead[left], moments[left], asked)
