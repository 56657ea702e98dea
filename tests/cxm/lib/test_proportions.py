"""Wilson's interval against the figures Newcombe printed (1998, table I)."""

import pytest

from cxm.lib import proportions


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (5, 5, 0.5655, 1),
    ],
)
def test_newcombe(part, whole, low, high):
    assert tuple(round(bound, 4) for bound in proportions.wilson(part, whole)) == (low, high)


def test_nothing_of_nothing_is_not_zero():
    assert proportions.wilson(0, 0) is None
