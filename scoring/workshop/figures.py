"""A preview as its pages show it: bars, the matrix, gates and parts, with what changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from scoring.rules.amounts import WHOLE
from scoring.rules.definition import GATES, Definition
from scoring.rules.explain import gate_name
from scoring.rules.lint_reach import needs_total
from scoring.workshop.preview import Preview, Tally

HEATS = (0.02, 0.06, 0.15, 0.35)  # shares of the leads above which a cell gets its next tint
MOST_BARS = 26
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000)
FEWEST = 8  # leads in a cell that gets a tint


def step_for(span: int) -> int:
    """Return how many points one bar stands for, so that there are at most MOST_BARS."""
    return next((step for step in STEPS if span <= step * (MOST_BARS - 1)), STEPS[-1])


def figures(found: Preview, draft: Definition, *, measures: Sequence[str]) -> dict[str, Any]:
    """Return what the templates draw."""
    return {
        "preview": found,
        "spreads": [_spread(found, draft, name) for name in measures],
        "matrix": _matrix(found) if draft.grade is not None else [],
        "gates": list(_gates(found)),
        "parts": [_part(found, part) for part in found.parts],
        "has_before": found.before is not None,
    }


def measure_name(measure: str) -> str:
    return {"total": _("Total"), "fit": _("Fit"), "engagement": _("Engagement")}[measure]


def _spread(found: Preview, draft: Definition, measure: str) -> dict[str, Any]:
    now = found.draft.spread[measure]
    then = found.before.spread[measure] if found.before else None
    known = [one for one in (now, then) if one is not None and len(one.counts)]
    low = min((one.lowest for one in known), default=0)
    high = max((one.highest for one in known), default=0)
    step = step_for(high - low)
    start = low // step * step
    bars = [
        {
            "start": at,
            "end": at + step,
            "draft": found.scaled(now.between(at, at + step)),
            "before": None if then is None else found.scaled(then.between(at, at + step)),
        }
        for at in range(start, high + 1, step)
    ]
    gates = _marks(draft) if measure == "total" else []
    name = measure_name(measure)
    values = {"name": name, "low": low, "high": high, "leads": found.leads}
    label = _("%(name)s of %(leads)d leads, from %(low)d to %(high)d points") % values
    return {"name": name, "measure": measure, "bars": bars, "gates": gates, "label": label,
            "step": step}  # fmt: skip


def _marks(draft: Definition) -> list[dict[str, Any]]:
    names = {"mql": _("MQL"), "sales_ready": _("Sales")}
    asked = {key: needs_total(getattr(draft, key)) for key in names}
    return [
        {"label": names[key], "at": points // WHOLE}
        for key, points in asked.items()
        if points is not None
    ]


def _matrix(found: Preview) -> list[dict[str, Any]]:
    """Return the rows A to C, each with its cells 1 to 3."""
    rows = []
    for letter in "ABC":
        cells = []
        for digit in "123":
            grade = f"{letter}{digit}"
            count = found.scaled(found.draft.grades[grade])
            share = count / max(found.leads, 1)
            heat = sum(share > limit for limit in HEATS) if count >= FEWEST else 0
            before = found.before.grades[grade] if found.before else None
            change = None if before is None else count - found.scaled(before)
            cells.append({"grade": grade, "count": count, "heat": heat, "change": change or None})
        rows.append({"letter": letter, "cells": cells})
    return rows


def _gates(found: Preview) -> Iterator[dict[str, Any]]:
    for key in GATES:
        before = _of(found.before, key)
        yield {
            "key": key,
            "name": gate_name(key).capitalize() if key != "mql" else gate_name(key),
            "draft": found.scaled(found.draft.gates[key]),
            "before": None if before is None else found.scaled(before),
            "enters": found.scaled(found.enters[key]),
            "leaves": found.scaled(found.leaves[key]),
        }


def _of(tally: Tally | None, key: str) -> int | None:
    return None if tally is None else tally.gates[key]


def _part(found: Preview, part: Any) -> Mapping[str, Any]:
    cells = [
        {
            "key": key,
            "draft": found.scaled(part.draft[key]),
            "before": found.scaled(part.before[key]) if found.before else None,
        }
        for key in GATES
    ]
    return {"label": part.label, "leads": found.scaled(part.leads), "cells": cells}
