"""Buying histories in the form the models read: three whole numbers a person, equal ones gathered.

Time is kept in whole days, because two histories are equal only if their days are; the models count it in weeks
(days / 7). A million people have about a hundred thousand different histories, and a fit costs what differs.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

WEEK = 7.0


@dataclass(frozen=True)
class Histories:
    """What models know of people who bought at least once.

    Args:
        repeats: days with an order after the first such day (x).
        recency: days from the first to the last of them (t_x).
        age: days from the first to the end of what is known (T).
        weights: of how many people each row is.
    """

    repeats: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, repeats: np.ndarray, recency: np.ndarray, age: np.ndarray) -> "Histories":
        """Take one row for each person, whatever kind of numbers they are."""
        x, t, T = (np.asarray(part, dtype=np.int64) for part in (repeats, recency, age))
        return cls(x, t, T, np.ones(len(x)))

    @property
    def people(self) -> int:
        return int(self.weights.sum())

    @cached_property
    def weeks(self) -> tuple[np.ndarray, np.ndarray]:
        """Recency and age in weeks."""
        return self.recency / WEEK, self.age / WEEK

    def gathered(self) -> "Gathered":
        """Return the different histories, and where each person's is among them."""
        span = int(self.age.max(initial=0)) + 1
        codes = (self.repeats * span + self.recency) * span + self.age
        _codes, first, inverse, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
        different = Histories(self.repeats[first], self.recency[first], self.age[first], counts.astype(float))
        return Gathered(different, inverse)


@dataclass(frozen=True)
class Gathered:
    """Different histories, and the place of each person's among them."""

    different: Histories
    places: np.ndarray
