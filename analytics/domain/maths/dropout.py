"""Repeat buying with dropout: BG/NBD (Fader, Hardie, Lee 2005) and MBG/NBD (Batislam, Denizel, Filiztekin 2007).

Both say: people buy at their own steady rate (gamma-distributed, shape r, rate alpha) and leave for good after a
purchase with their own chance (beta-distributed, a, b). They differ in one thing. In BG/NBD nobody leaves after the
first purchase, so whoever bought once counts as surely still there; in MBG/NBD the first purchase may be the last.
With n, the purchases after which a person may have left (x or x + 1), the formulas are the same.

Time is in weeks. Parameters are sought as logarithms, on time scaled to about ten, with the analytic gradient, then
polished by Newton's method; the likelihood is told on unscaled data.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, expit, gammaln, hyp2f1, psi, roots_jacobi

from analytics.domain.maths import MBG_NBD, fitting
from analytics.domain.maths.histories import Histories

_SPAN = 10.0  # to which the longest age is scaled for the search
_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.25, 1.0, 0.7, 2.5), (2.0, 5.0, 0.3, 3.0), (0.5, 0.2, 2.0, 10.0))
_ROOTS = 200
_NEAR_ONE = 1e-5  # a = 1 is a removable singularity: within this, values on both sides are averaged


@dataclass(frozen=True)
class Dropout:
    """A fitted model of repeat buying.

    Args:
        kind: ``BG/NBD`` or ``MBG/NBD``.
        log_likelihood: on unscaled data, time in weeks.
        errors: standard errors of r, alpha, a, b.
    """

    kind: str
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    errors: tuple[float, ...] = ()

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        return self.r, self.alpha, self.a, self.b

    def _chances(self, repeats: np.ndarray) -> np.ndarray:
        return repeats + (self.kind == MBG_NBD)

    def p_alive(self, known: Histories) -> np.ndarray:
        """Return the probability that each still buys. BG/NBD gives 1 to all who bought once: no use for churn."""
        recency, age = known.weeks
        n = self._chances(known.repeats)
        with np.errstate(divide="ignore"):
            left = np.log(self.a) - np.log(np.maximum(self.b + n - 1, 0))
        odds = left + (self.r + known.repeats) * np.log1p((age - recency) / (self.alpha + recency))
        return np.where(n > 0, expit(-odds), 1.0)

    def expected(self, known: Histories, weeks: float) -> np.ndarray:
        """Return how many purchases each is expected to make within the next weeks."""
        return self.p_alive(known) * self.if_alive(known.repeats, known.weeks[1], weeks)

    def expected_of_new(self, weeks: float) -> float:
        """Return how many repeat purchases a new customer is expected to make within the first weeks."""
        zero = Histories.of([0], [0], [0])
        return float(self.expected(zero, weeks)[0])

    def if_alive(self, repeats: np.ndarray, age: np.ndarray, weeks: float) -> np.ndarray:
        """Return the purchases expected of somebody who is still there: depends on x and T only, not on t_x.

        The hypergeometric function is taken through Euler's transformation: the powers of (alpha + T) cancel, its
        small parameters stay small however much somebody bought, and nothing overflows.
        """
        if abs(self.a - 1) < _NEAR_ONE:
            sides = [self._if_alive(repeats, age, weeks, a) for a in (self.a - 2 * _NEAR_ONE, self.a + 2 * _NEAR_ONE)]
            return np.mean(sides, axis=0)
        return self._if_alive(repeats, age, weeks, self.a)

    def _if_alive(self, repeats: np.ndarray, age: np.ndarray, weeks: float, a: float) -> np.ndarray:
        bound = a + self.b + self._chances(repeats) - 1
        z = weeks / (self.alpha + age + weeks)
        series = hyp2f1(bound - self.r - repeats, a - 1, bound, z)
        fine = np.isfinite(series) & (series > 0)
        shrunk = np.expm1((a - 1) * np.log1p(-z) + np.log(np.where(fine, series, 1.0)))
        found = np.maximum(-bound / (a - 1) * shrunk, 0.0)
        for x in np.unique(repeats[~fine]):  # BG/NBD, a + b ≤ 1, of those who bought once
            chosen = ~fine & (repeats == x)
            found[chosen] = self._integrated(int(x), age[chosen], weeks, a)
        return found

    def _integrated(self, repeats: int, age: np.ndarray, weeks: float, a: float) -> np.ndarray:
        """Return the mean over p of what somebody buys who leaves with the chance p, by quadrature."""
        roots, weights = roots_jacobi(_ROOTS, self.b + self._chances(np.array(repeats)) - 1, a - 1)
        p = (roots + 1) / 2
        pace = np.log1p(np.outer(weeks / (self.alpha + age), p))
        return -np.expm1(-(self.r + repeats) * pace) / p @ (weights / weights.sum())

    def chance_of(self, count: int, weeks: np.ndarray) -> np.ndarray:
        """Return P(X = count): of so many repeat purchases within weeks since the first (BG/NBD only)."""
        age = np.asarray(weeks, dtype=float)
        stay = np.log(self.alpha / (self.alpha + age))
        move = np.log(age / (self.alpha + age))
        before = np.arange(count)[:, None]
        ways = np.exp(gammaln(self.r + before) - gammaln(self.r) - gammaln(before + 1) + self.r * stay + before * move)
        whole = betaln(self.a, self.b)
        here = gammaln(self.r + count) - gammaln(self.r) - gammaln(count + 1) + self.r * stay + count * move
        chance = np.exp(betaln(self.a, self.b + count) - whole + here)
        if count:
            chance = chance + np.exp(betaln(self.a + 1, self.b + count - 1) - whole) * (1 - ways.sum(axis=0))
        return chance


def log_likelihood(known: Histories, *, kind: str, parameters: tuple[float, ...]) -> float:
    """Return the log-likelihood of histories, time in weeks."""
    return _objective(known, kind, *known.weeks)(np.log(np.asarray(parameters)))[0]


def fit(known: Histories, *, kind: str, start: tuple[float, ...] | None = None) -> Dropout:
    """Fit a model to histories.

    Args:
        known: gathered is much faster.
        start: parameters of an earlier fit to begin from.

    Raises:
        fitting.NoFit: no maximum was found from any start.
    """
    recency, age = known.weeks
    scale = max(float(age.max(initial=0)), 1e-9) / _SPAN
    objective = _objective(known, kind, recency / scale, age / scale)
    starts = [np.log(found) for found in _STARTS]
    if start is not None:
        starts.insert(0, np.log(np.asarray(start)) - np.array([0, np.log(scale), 0, 0]))
    best = fitting.maximise(objective, starts=starts, size=known.people)
    r, alpha, a, b = np.exp(best.point) * np.array([1, scale, 1, 1])
    shift = float((known.repeats * known.weights).sum()) * np.log(scale)
    errors = best.errors * np.array([r, alpha, a, b])
    return Dropout(kind, float(r), float(alpha), float(a), float(b), best.value - shift, tuple(map(float, errors)))


def _objective(known: Histories, kind: str, recency: np.ndarray, age: np.ndarray) -> Callable:
    """Return a function from log-parameters to log-likelihood and its gradient.

    Gamma functions depend on x alone, so they are taken once for each x that occurs.
    """
    counts, at = np.unique(known.repeats, return_inverse=True)
    people = np.bincount(at, weights=known.weights)
    chances = counts + (kind == MBG_NBD)
    x, n, weights = known.repeats, known.repeats + (kind == MBG_NBD), known.weights
    may_leave = n > 0

    def of(point: np.ndarray) -> tuple[float, np.ndarray]:
        r, alpha, a, b = np.exp(point)
        log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
        stayed = -(r + x) * log_age
        last = np.where(may_leave, b + n - 1, 1.0)
        left = np.where(may_leave, np.log(a) - np.log(last) - (r + x) * log_recency, -np.inf)
        both = np.logaddexp(stayed, left)
        share = np.exp(left - both)  # of the likelihood that comes from having left
        value = (
            people @ (gammaln(r + counts) + gammaln(b + chances) - gammaln(a + b + chances))
            + people.sum() * (r * np.log(alpha) - gammaln(r) - gammaln(b) + gammaln(a + b))
            + weights @ both
        )
        slope_r = people @ (psi(r + counts) - psi(r) + np.log(alpha)) - weights @ (
            (1 - share) * log_age + share * log_recency
        )
        slope_alpha = people.sum() * r / alpha - weights @ (
            (r + x) * ((1 - share) / (alpha + age) + share / (alpha + recency))
        )
        slope_a = people @ (psi(a + b) - psi(a + b + chances)) + weights @ share / a
        slope_b = people @ (psi(b + chances) - psi(a + b + chances) - psi(b) + psi(a + b)) - weights @ (share / last)
        return float(value), np.array([slope_r * r, slope_alpha * alpha, slope_a * a, slope_b * b])

    return of
