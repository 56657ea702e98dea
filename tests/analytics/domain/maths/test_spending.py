"""Gamma-Gamma against published numbers."""

import numpy as np
import pytest

from analytics.domain.maths import fitting, spending
from analytics.domain.maths.spending import Spending

PUBLISHED = Spending(6.25, 3.74, 15.44)  # Fader, Hardie 2013


def test_expected_worth_as_in_the_papers_sheet():
    """The first customers of CDNOW: repeat purchases and their mean."""
    repeats = np.array([2, 1, 0, 7, 2])
    mean = np.array([22.345, 11.77, 0.0, 73.74, 0.0])
    assert PUBLISHED.expected(repeats, mean)[:4] == pytest.approx([24.65, 18.91, 35.17, 71.46], abs=0.06)
    assert PUBLISHED.mean == pytest.approx(35.17, abs=0.06)


def _drawn(people=3_000, q=4.0):
    draw = np.random.default_rng(11)
    repeats = draw.integers(0, 6, people)
    rate = draw.gamma(q, 1 / 15.0, people)
    mean = np.array([draw.gamma(6 * x, 1 / (v * x)) if x else 0 for x, v in zip(repeats, rate, strict=True)])
    return repeats, mean


def test_a_fit_finds_what_was_drawn_in_any_currency():
    repeats, mean = _drawn()
    found = spending.fit(repeats, mean)
    for value, error, true in zip((found.p, found.q, found.gamma), found.errors, (6, 4, 15), strict=True):
        assert abs(value - true) < 4 * error
    dearer = spending.fit(repeats, mean * 100)
    assert (dearer.p, dearer.q, dearer.gamma / 100) == pytest.approx((found.p, found.q, found.gamma), rel=1e-5)
    assert dearer.log_likelihood == pytest.approx(found.log_likelihood - found.people * np.log(100), abs=1e-5)
    assert found.people == int((repeats > 0).sum())


def test_a_mean_that_does_not_exist_is_refused():
    repeats, mean = _drawn(q=0.7)
    with pytest.raises(spending.InfiniteMean):
        spending.fit(repeats, mean)


@pytest.mark.parametrize("mean", [[0.0, 0.0], [-3.0, 0.0]])
def test_nothing_of_worth_is_no_fit(mean):
    with pytest.raises(fitting.NoFit):
        spending.fit(np.array([2, 3]), np.array(mean))


def test_correlation_of_what_does_not_vary_is_not_known():
    assert spending.correlation(np.array([1, 1, 1]), np.array([1.0, 2, 3])) is None
    assert spending.correlation(np.array([1, 2, 3]), np.array([1.0, 2, 3])) == pytest.approx(1)


def test_where_nobody_differs_the_mean_of_all_is_expected_of_each():
    repeats, mean = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 40.0, 50.0, 60.0])
    found = spending.alike(repeats, mean)
    assert found.mean == (40 + 2 * 50 + 3 * 60) / 6
    assert found.expected(repeats, mean).tolist() == [found.mean] * 4
    assert spending.alike(repeats, np.zeros(4)) is None
