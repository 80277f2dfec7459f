"""What conditions find in a batch as of an instant: facts of leads, and activities to count."""

from collections.abc import Iterator, Sequence
from functools import cached_property, reduce

import numpy as np

from scoring.engine.columns import Array, Batch, Run
from scoring.rules.conditions import All, Comparison, Condition, Not
from scoring.rules.definition import Behaviour, Silence
from scoring.rules.instants import DAY

Part = tuple[Run, slice | Array]  # a run and which of its rows


class Counted:
    """Activities that a rule counts, in no order. What nobody asks for is not read."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    @cached_property
    def lead(self) -> Array:
        """Whose they are."""
        return self._column("lead")

    @cached_property
    def occurred(self) -> Array:
        return self._column("occurred")

    @cached_property
    def object(self) -> Array:
        """What each was about."""
        return self._column("object")

    def _column(self, name: str) -> Array:
        found: list[Array] = [getattr(run, name)[rows] for run, rows in self._parts]
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else np.zeros(0, np.int64)


class Asked:
    """One batch as of an instant: what conditions and rules find in it."""

    def __init__(self, batch: Batch, as_of: int | Array) -> None:
        self.batch, self.as_of = batch, as_of
        self._known = batch.known_at(as_of)
        every = [as_of] if isinstance(as_of, int) else as_of
        self._first, self._last = (int(np.min(every)), int(np.max(every))) if batch.size else (0, 0)

    def at(self, lead: Array) -> int | Array:
        """Return the instant that holds for these leads."""
        return self.as_of if isinstance(self.as_of, int) else self.as_of[lead]

    def meets(self, condition: Condition) -> Array:
        """Return for each lead whether a condition on its facts holds."""
        if isinstance(condition, Comparison):
            return self._known.meets(condition)
        if isinstance(condition, Not):
            return ~self.meets(condition.part)
        parts = map(self.meets, condition.parts)
        return reduce(np.logical_and if isinstance(condition, All) else np.logical_or, parts)

    def counted(self, test: Behaviour) -> Counted:
        """Return the activities a rule counts: kinds, window, condition; in no order."""
        return Counted(list(self._chosen(test.kinds, test.within_days, test.where)))

    def busy(self, test: Silence) -> Counted:
        """Return the activities that break a silence."""
        return Counted(list(self._chosen(test.kinds, test.days, None)))

    def _chosen(
        self, kinds: tuple[str, ...], days: int | None, where: Condition | None
    ) -> Iterator[Part]:
        for run in self.batch.runs:
            for kind in dict.fromkeys(kinds):
                begin, end = run.places.get(kind, (0, 0))
                times = run.occurred[begin:end]
                end = begin + int(np.searchsorted(times, self._last, "right"))
                if days is not None:
                    since = self._first - days * DAY
                    begin += int(np.searchsorted(times, since, "right"))
                if begin < end:
                    mask = self._mask(run, begin, end, days, where)
                    yield run, slice(begin, end) if mask is None else np.flatnonzero(mask) + begin

    def _mask(
        self, run: Run, begin: int, end: int, days: int | None, where: Condition | None
    ) -> Array | None:
        """Return which rows were known and in the window, and meet ``where``; None: all."""
        rows = slice(begin, end)
        masks = []
        if not isinstance(self.as_of, int):
            at = self.as_of[run.lead[rows]]
            masks.append((run.occurred[rows] <= at) & (run.received[rows] <= at))
            if days is not None:
                masks.append(run.occurred[rows] > at - days * DAY)
        elif run.last_received > self.as_of:
            masks.append(run.received[rows] <= self.as_of)
        if where is not None:
            masks.append(self.where(where, run, rows))
        return reduce(np.logical_and, masks) if masks else None

    def where(self, condition: Condition, run: Run, rows: slice) -> Array:
        """Return for each activity, whenever it was known, whether a condition on it holds."""
        if isinstance(condition, Comparison):
            return self._compared(condition, run, rows)
        if isinstance(condition, Not):
            return ~self.where(condition.part, run, rows)
        parts = (self.where(part, run, rows) for part in condition.parts)
        return reduce(np.logical_and if isinstance(condition, All) else np.logical_or, parts)

    def _compared(self, comparison: Comparison, run: Run, rows: slice) -> Array:
        objects, name = self.batch.objects, comparison.field
        of_object = objects.asked(name)
        if of_object is not None:  # ``take`` is twice as fast here as brackets are
            return of_object.meets(comparison).take(run.about[rows])
        properties = self.batch.properties.asked(name)
        own = properties.meets(comparison).take(run.properties[rows])
        if name != "object_kind":
            return own
        about = run.about[rows]
        return np.where(objects.has_kind[about], objects.kind.meets(comparison)[about], own)
