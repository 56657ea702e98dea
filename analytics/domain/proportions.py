"""Shares with their uncertainty."""

from math import sqrt

Z = 1.959963984540054  # 95 %


def wilson(successes: int, n: int) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share at 95 %, None for n = 0.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), E. B. Wilson 1927; checked against Newcombe 1998.
    """
    if n == 0:
        return None
    share, square = successes / n, Z * Z
    centre = share + square / (2 * n)
    spread = Z * sqrt(share * (1 - share) / n + square / (4 * n * n))
    scale = 1 + square / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
