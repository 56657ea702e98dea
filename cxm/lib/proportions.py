"""Shares of a count, with how sure one can be of them."""

import math

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
