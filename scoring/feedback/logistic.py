"""Logistic regression with an L2 penalty, in NumPy, and what one more column would add."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.feedback.statistics import Floats

PENALTY = 1.0  # of each squared coefficient: a prior of one log odds, so that nothing runs away
ROUNDS = 50
CLOSE = 1e-7
SLACK = 1e-12  # of the loss: what rounding alone may add
AT_A_TIME = 65_536  # rows of one block: the memory of a fit does not grow with the history
BOUND = 30.0  # beyond this many log odds a probability is 0 or 1 in double precision


@dataclass(frozen=True)
class Fit:
    """What a model learned: the levels first, then one coefficient for each column.

    ``errors`` are standard errors out of the penalised information; ``probability`` is what the
    model says of each row, ``weight`` how much each row tells (p times 1 - p).
    """

    coefficients: Floats
    errors: Floats
    covariance: Floats
    probability: Floats
    levels: int
    converged: bool

    @property
    def weight(self) -> Floats:
        return self.probability * (1 - self.probability)


def fit(
    columns: npt.NDArray[np.bool_],
    accepted: npt.NDArray[np.bool_],
    level: npt.NDArray[np.int64] | None = None,
    *,
    penalty: float = PENALTY,
) -> Fit:
    """Fit acceptance to columns, with one level (an intercept of its own) for each group of rows.

    ``level`` numbers each row's group from 0; without it all rows share one. Levels are not
    penalised beyond a trace that keeps empty ones finite. Newton's method with halved steps.
    """
    rows, width = columns.shape
    group = np.zeros(rows, dtype=np.int64) if level is None else level
    levels = int(group.max()) + 1 if rows else 1
    strength = np.concatenate([np.full(levels, 1e-6), np.full(width, penalty)])
    found = np.zeros(levels + width)
    best = _loss(columns, accepted, group, levels, found, strength)
    converged = False
    for _round in range(ROUNDS):
        gradient, information = _slopes(columns, accepted, group, levels, found, strength)
        step = np.linalg.solve(information, gradient)
        for _halving in range(30):
            loss = _loss(columns, accepted, group, levels, found + step, strength)
            if loss <= best + SLACK * abs(best):
                break
            step /= 2
        found, best = found + step, min(loss, best)
        if np.abs(step).max() < CLOSE:
            converged = True
            break
    _gradient, information = _slopes(columns, accepted, group, levels, found, strength)
    covariance: Floats = np.linalg.inv(information).astype(np.float64)
    return Fit(
        coefficients=found,
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        probability=_probability(columns, group, levels, found),
        levels=levels,
        converged=converged,
    )


def _probability(
    columns: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], levels: int, found: Floats
) -> Floats:
    chances = np.empty(len(columns))
    for rows in _blocks(len(columns)):
        log_odds = found[group[rows]] + columns[rows].astype(float) @ found[levels:]
        chances[rows] = 1 / (1 + np.exp(-np.clip(log_odds, -BOUND, BOUND)))
    return chances


def _loss(
    columns: npt.NDArray[np.bool_],
    accepted: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
    levels: int,
    found: Floats,
    strength: Floats,
) -> float:
    chances = _probability(columns, group, levels, found)
    told = np.log(np.where(accepted, chances, 1 - chances)).sum()
    return float(0.5 * (strength * found * found).sum() - told)


def _slopes(
    columns: npt.NDArray[np.bool_],
    accepted: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
    levels: int,
    found: Floats,
    strength: Floats,
) -> tuple[Floats, Floats]:
    """Return the gradient uphill and the information (the penalised curvature)."""
    size = len(found)
    gradient, information = -strength * found, np.diag(strength).astype(float)
    chances = _probability(columns, group, levels, found)
    for rows in _blocks(len(columns)):
        block = _design(columns[rows], group[rows], levels)
        gradient += block.T @ (accepted[rows] - chances[rows])
        weight = chances[rows] * (1 - chances[rows])
        information += block.T @ (block * weight[:, None])
    return gradient[:size], information


def _design(columns: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], levels: int) -> Floats:
    design = np.zeros((len(columns), levels + columns.shape[1]))
    design[np.arange(len(columns)), group] = 1.0
    design[:, levels:] = columns
    return design


def _blocks(rows: int) -> list[slice]:
    return [slice(first, first + AT_A_TIME) for first in range(0, rows, AT_A_TIME)]


@dataclass(frozen=True)
class Added:
    """What one more column would add to a fit: the score test's z, a one-step log odds, n."""

    z: Floats
    effect: Floats
    error: Floats
    n: npt.NDArray[np.int64]


def would_add(
    model: Fit,
    columns: npt.NDArray[np.bool_],
    accepted: npt.NDArray[np.bool_],
    level: npt.NDArray[np.int64] | None,
    codes: npt.NDArray[np.int64],
    values: int,
) -> Added:
    """Test each value of one text as a column of its own, beyond what the model knows.

    ``codes`` says for each row which value it has, 0 to ``values`` - 1, or -1 for none. Rao's
    score test: nothing is fitted again, whatever number of values there is.
    """
    group = np.zeros(len(columns), dtype=np.int64) if level is None else level
    size = len(model.coefficients)
    residual, weight = accepted - model.probability, model.weight
    known = codes >= 0
    slope = np.bincount(codes[known], residual[known], values)
    own = np.bincount(codes[known], weight[known], values)
    shared = np.zeros((values, size))
    for rows in _blocks(len(columns)):
        block = _design(columns[rows], group[rows], model.levels) * weight[rows, None]
        here = codes[rows] >= 0
        for place in range(size):
            shared[:, place] += np.bincount(codes[rows][here], block[here, place], values)
    information = own - np.einsum("vi,ij,vj->v", shared, model.covariance, shared)
    information = np.where(information > 1e-9, information, np.nan)
    return Added(
        z=slope / np.sqrt(information),
        effect=slope / information,
        error=1 / np.sqrt(information),
        n=np.bincount(codes[known], minlength=values),
    )
