"""What days are added up to: how many and how much, or how the values are spread. Both add up exactly."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Sum:
    """A measure added up: how many, and how much money."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True)
class Spread:
    """Whole values (scores, seconds) and how often each occurred: the median of any period is the one of its rows."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, int]) -> "Spread":
        """Read what was stored: JSON writes keys as text."""
        return cls({int(value): count for value, count in values.items()})

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(dict(Counter(self.counts) + Counter(other.counts)))

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        return sum(value * count for value, count in self.counts.items())
