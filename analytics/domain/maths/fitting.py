"""Finding the maximum of a likelihood whose gradient is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
_BOUND = 25.0  # of a logarithm: beyond it a parameter means nothing
_FLAT = 1e-7  # gradient per person that counts as none
_STEP = 1e-5


class NoFit(Exception):
    """The likelihood has no maximum that could be found: the data say too little, or one thing only."""


@dataclass(frozen=True)
class Maximum:
    """Where a likelihood is highest.

    Args:
        point: the parameters as they were sought.
        value: the log-likelihood there.
        errors: standard errors of the parameters, from the curvature.
    """

    point: np.ndarray
    value: float
    errors: np.ndarray


def maximise(objective: Objective, *, starts: Sequence[np.ndarray], size: int) -> Maximum:
    """Climb from the first start; from further ones only where that did not end on a summit.

    Args:
        objective: from parameters to value and gradient.
        starts: where to begin, best guess first.
        size: number of observations, which the slope is measured by.

    Raises:
        NoFit: no start led to a summit.
    """
    for start in starts:
        point = _climb(objective, np.clip(start, -_BOUND, _BOUND), size)
        found = _polish(objective, point, size)
        if found is not None:
            return found
    raise NoFit


def _climb(objective: Objective, start: np.ndarray, size: int) -> np.ndarray:
    def downhill(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = objective(point)
        return -value / size, -slope / size

    bounds = [(-_BOUND, _BOUND)] * len(start)
    return minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x


def _polish(objective: Objective, point: np.ndarray, size: int) -> Maximum | None:
    """Walk the last steps by Newton's method; None where it is no summit (a ridge, the bound, not finite)."""
    for _step in range(8):
        value, slope = objective(point)
        curvature = _curvature(objective, point)
        if not (np.isfinite(value) and np.isfinite(curvature).all()) or np.linalg.eigvalsh(-curvature).min() <= 0:
            return None
        if np.abs(slope).max() / size < _FLAT:
            errors = np.sqrt(np.diag(np.linalg.inv(-curvature)))
            return Maximum(point, value, errors) if np.abs(point).max() < _BOUND - 1 else None
        point = point + np.clip(np.linalg.solve(-curvature, slope), -1, 1)
    return None


def _curvature(objective: Objective, point: np.ndarray) -> np.ndarray:
    steps = np.eye(len(point)) * _STEP
    columns = [(objective(point + step)[1] - objective(point - step)[1]) / (2 * _STEP) for step in steps]
    found = np.array(columns)
    return (found + found.T) / 2
