"""What a purchase is worth: Gamma-Gamma (Fader, Hardie 2005; Colombo, Jiang 1999).

The mean of a person's purchases varies about their own true mean, and true means vary between people. It assumes that
how much somebody spends has nothing to do with how often; the correlation of the two is told, and warned of.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from analytics.domain.maths import fitting

_STARTS = ((5.0, 4.0, 3.0), (1.0, 2.0, 1.0), (20.0, 3.0, 0.2))


class InfiniteMean(fitting.NoFit):
    """q ≤ 1: the mean of the fitted distribution does not exist, so no value can be predicted from it."""


@dataclass(frozen=True)
class Spending:
    """A fitted model of the worth of a purchase.

    Args:
        log_likelihood: on unscaled data.
        errors: standard errors of p, q, gamma.
        people: of whom it was fitted: those with a repeat purchase of some worth.
        correlation: of the number and mean worth of repeat purchases; None where one of them does not vary.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float = float("nan")
    errors: tuple[float, ...] = ()
    people: int = 0
    correlation: float | None = None

    @property
    def mean(self) -> float:
        """Return the mean over all people."""
        return self.p * self.gamma / (self.q - 1)

    def expected(self, repeats: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return what a purchase of each is expected to be worth; of those without repeats, the mean of all."""
        return self.p * (self.gamma + repeats * mean) / (self.p * repeats + self.q - 1)


@dataclass(frozen=True)
class Alike:
    """Everybody spends the same but for chance: what Gamma-Gamma comes to where people do not differ measurably.

    Its likelihood then rises without end towards p and q beyond all bounds, and expects the mean of all of each.
    """

    mean: float

    def expected(self, repeats: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return what a purchase of each is expected to be worth: the mean of all purchases."""
        return np.full(len(repeats), self.mean)


def alike(repeats: np.ndarray, mean: np.ndarray) -> Alike | None:
    """Return the mean of all repeat purchases; None where there are none of any worth."""
    known = (repeats > 0) & (mean > 0)
    count = float(repeats[known].sum())
    return Alike(float((repeats[known] * mean[known]).sum()) / count) if count else None


def fit(repeats: np.ndarray, mean: np.ndarray, *, start: tuple[float, ...] | None = None) -> Spending:
    """Fit the model.

    Args:
        repeats: repeat purchases of each; those with none, or of no worth, are left out.
        mean: their mean worth.

    Raises:
        fitting.NoFit: there is no maximum.
        InfiniteMean: there is, but it has no mean.
    """
    known = (repeats > 0) & (mean > 0)
    x, m = np.asarray(repeats[known], dtype=float), np.asarray(mean[known], dtype=float)
    if len(x) == 0:
        raise fitting.NoFit
    scale = float(m.mean())
    starts = [np.log(found) for found in _STARTS]
    if start is not None:
        starts.insert(0, np.log(np.asarray(start) / np.array([1, 1, scale])))
    best = fitting.maximise(_objective(x, m / scale), starts=starts, size=len(x))
    p, q, gamma = np.exp(best.point) * np.array([1, 1, scale])
    if q <= 1:
        raise InfiniteMean
    value = best.value - len(x) * np.log(scale)
    errors = tuple(map(float, best.errors * np.array([p, q, gamma])))
    return Spending(float(p), float(q), float(gamma), float(value), errors, len(x), correlation(x, m))


def correlation(repeats: np.ndarray, mean: np.ndarray) -> float | None:
    """Return Pearson's correlation, None where something does not vary."""
    if len(repeats) < 3 or np.ptp(repeats) == 0 or np.ptp(mean) == 0:
        return None
    return float(np.corrcoef(repeats, mean)[0, 1])


def _objective(x: np.ndarray, m: np.ndarray) -> Callable:
    """Return a function from log-parameters to log-likelihood and its gradient; gamma functions once for each x."""
    counts, at = np.unique(x, return_inverse=True)
    people = np.bincount(at)
    total, log_total, log_m = m * x, np.log(m * x), np.log(m)
    fixed = float(x @ log_total)
    sum_log_m = float(log_m.sum())

    def of(point: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = np.exp(point)
        log_above = np.log(gamma + total)
        by_x = x @ log_above
        value = (
            people @ (gammaln(p * counts + q) - gammaln(p * counts))
            + len(x) * (q * np.log(gamma) - gammaln(q))
            + p * (fixed - by_x)
            - sum_log_m
            - q * log_above.sum()
        )
        slope_p = people @ (counts * (psi(p * counts + q) - psi(p * counts))) + fixed - by_x
        slope_q = people @ psi(p * counts + q) + len(x) * (np.log(gamma) - psi(q)) - log_above.sum()
        slope_gamma = len(x) * q / gamma - ((p * x + q) / (gamma + total)).sum()
        return float(value), np.array([slope_p * p, slope_q * q, slope_gamma * gamma])

    return of
