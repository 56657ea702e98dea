"""How long something lasts when some are still waiting: Kaplan-Meier.

Those who wait are not left out and not taken for done: they count as at risk until where they are known. The interval
is the log-log one (Kalbfleisch, Prentice), the error Greenwood's. A median that the curve does not come down to is
not reached: None, never 0.
"""

from dataclasses import dataclass

import numpy as np

from cxm.lib.proportions import Z95


@dataclass(frozen=True)
class Curve:
    """The share that still lasts, after each time at which something ended.

    Args:
        times, at_risk, ended, share, error, low, high: arrays of the same length.
        people: how many there are, waiting ones included.
    """

    times: np.ndarray
    at_risk: np.ndarray
    ended: np.ndarray
    share: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    people: int

    def at(self, time: float) -> float:
        """Return the share that lasts beyond a time."""
        place = np.searchsorted(self.times, time, side="right") - 1
        return 1.0 if place < 0 else float(self.share[place])

    def reached(self, share: float) -> float | None:
        """Return the time at which no more than a share still lasts; None where the curve does not come down to it."""
        below = np.flatnonzero(self.share <= share + 1e-12)
        return float(self.times[below[0]]) if len(below) else None

    @property
    def median(self) -> float | None:
        """Return the time by which half has ended; None where it is not reached."""
        return self.reached(0.5)


def kaplan_meier(times: np.ndarray, ended: np.ndarray, weights: np.ndarray | None = None) -> Curve:
    """Estimate the curve.

    Args:
        times: how long each lasted, or has lasted so far.
        ended: whether it ended then.
        weights: how many each row stands for.
    """
    times, ended = np.asarray(times, dtype=float), np.asarray(ended, dtype=bool)
    weights = np.ones(len(times)) if weights is None else np.asarray(weights, dtype=float)
    different, at = np.unique(times, return_inverse=True)
    gone = np.bincount(at, weights=weights, minlength=len(different))
    ends = np.bincount(at, weights=weights * ended, minlength=len(different))
    at_risk = gone[::-1].cumsum()[::-1]
    some = ends > 0
    times, at_risk, ends = different[some], at_risk[some], ends[some]
    share = np.cumprod(1 - ends / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.cumsum(ends / (at_risk * (at_risk - ends)))
        error = np.where(share > 0, share * np.sqrt(spread), 0.0)
        reach = Z95 * np.sqrt(spread) / np.log(share)
        low, high = share ** np.exp(-reach), share ** np.exp(reach)
    low, high = (np.where(share > 0, bound, 0.0) for bound in (low, high))
    return Curve(times, at_risk, ends, share, error, low, high, int(weights.sum()))
