"""Scores from 1 to 5 by value, as RFM uses them.

Equal values have equal scores: a value gets as many points as there are quintiles strictly below it, and one. So the
groups are not of equal size where many are alike (most people bought once), and nobody's score depends on the order
of rows. The quintiles are shown beside the scores.
"""

import numpy as np

GRADES = 5


def quintiles(values: np.ndarray) -> np.ndarray:
    """Return the four values that part five groups, interpolated linearly; none of nothing."""
    if len(values) == 0:
        return np.array([])
    return np.quantile(values, np.arange(1, GRADES) / GRADES)


def grade(values: np.ndarray, bounds: np.ndarray, *, less_is_better: bool = False) -> np.ndarray:
    """Return the grade of each value, 5 the best."""
    found = np.searchsorted(bounds, values, side="left") + 1
    return GRADES + 1 - found if less_is_better else found
