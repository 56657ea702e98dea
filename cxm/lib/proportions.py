"""Shares of a count, with how sure one can be of them."""

import math
from dataclasses import dataclass

Z95 = 1.959963984540054


def wilson(part: int, whole: int, *, z: float = Z95) -> tuple[float, float] | None:
    """Return Wilson's score interval of part / whole (Wilson 1927; Newcombe 1998, method 3); None for nothing.

    Args:
        part: how many of them, between 0 and ``whole``.
        whole: how many there are.
        z: of the confidence wanted; 95 % by default.
    """
    if whole <= 0:
        return None
    share = part / whole
    centre = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    below = 1 + z * z / whole
    return max(0.0, (centre - spread) / below), min(1.0, (centre + spread) / below)


@dataclass(frozen=True)
class NetShare:
    """A share for minus a share against, in points of a hundred: a net promoter score.

    Attributes:
        score: the plain difference, from −100 to 100.
        low, high: 95 % by the adjusted Wald interval, which holds at small counts too (three more answers, three
            quarters of one for and of one against; Rocks 2016), cut off at ±100.
    """

    score: float
    low: float
    high: float


def net_share(positive: int, negative: int, whole: int, *, z: float = Z95) -> NetShare | None:
    """Return for minus against of so many answers, with how sure one can be of it; None for nothing."""
    if whole <= 0:
        return None
    for_, against = (positive + 0.75) / (whole + 3), (negative + 0.75) / (whole + 3)
    centre = for_ - against
    spread = z * math.sqrt((for_ + against - centre * centre) / (whole + 3))
    return NetShare(
        score=100 * (positive - negative) / whole,
        low=max(-100.0, 100 * (centre - spread)),
        high=min(100.0, 100 * (centre + spread)),
    )
