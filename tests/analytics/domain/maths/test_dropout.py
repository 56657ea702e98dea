"""BG/NBD and MBG/NBD against published numbers, quadrature and themselves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import beta

from analytics.domain.maths import BG_NBD, MBG_NBD, dropout, fitting
from analytics.domain.maths.dropout import Dropout
from analytics.domain.maths.histories import Histories

PUBLISHED = Dropout(BG_NBD, 0.243, 4.414, 0.793, 2.426)  # Fader, Hardie, Lee 2005
FITTED = Dropout(BG_NBD, 0.2425945, 4.4136020, 0.7929220, 2.4259068)  # CDNOW, exact days / 7


def _one(x, recency, age) -> Histories:
    """Return a history in days; weeks that are no whole days are rounded to them."""
    return Histories.of([x], [round(recency * 7)], [round(age * 7)])


def test_conditional_expectation_as_in_the_papers_sheet():
    assert FITTED.expected(Histories.of([2], [213], [272]), 39)[0] == pytest.approx(1.226, abs=0.001)
    heavy = Histories.of([26], [216], [217])
    assert FITTED.expected(heavy, 52)[0] == pytest.approx(25.75734, abs=1e-4)
    assert FITTED.p_alive(heavy)[0] == pytest.approx(0.9688544, abs=1e-5)


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [(0.1429, 0.0078), (1, 0.0532), (3, 0.1506), (31.8571, 1.0405), (32, 1.0437), (52, 1.4440), (78, 1.8580)],
)
def test_a_new_customer_as_in_the_papers_sheet(weeks, expected):
    assert FITTED.expected_of_new(weeks) == pytest.approx(expected, abs=0.0005)


def test_more_purchases_may_mean_less_to_come():
    same = Histories.of([10, 15, 20, 25], [140] * 4, [273] * 4)
    expected = [0.3474838, 0.0428370, 0.0041593, 0.0003584]
    assert FITTED.expected(same, 52) == pytest.approx(expected, rel=2e-4)


def test_chances_of_counts_as_in_btyd():
    assert PUBLISHED.chance_of(10, np.array([2.0]))[0] == pytest.approx(1.0786896e-7, abs=1e-13)
    assert PUBLISHED.chance_of(0, np.array([39.0]))[0] == pytest.approx(0.5737864, abs=1e-7)


@pytest.mark.parametrize(
    ("x", "recency", "age", "weeks", "expected"),
    [
        (50, 266, 273, 39, 33.0704123), (1000, 70, 273, 39, 0.0), (5000, 363.3, 364, 39, 1303.59391),
        (200, 272.3, 273, 39, 136.688793), (1000, 272.93, 273, 39, 685.232424),
    ],
)  # fmt: skip
def test_extreme_histories_give_numbers(x, recency, age, weeks, expected):
    """Reference values with 60 digits (mpmath). Days need not be whole for the formula."""
    known = Histories(np.array([x]), np.array([recency]), np.array([age]), np.ones(1))
    assert FITTED.expected(known, weeks)[0] == pytest.approx(expected, rel=1e-7, abs=1e-300)


def test_who_bought_once_is_surely_there_for_one_model_and_not_for_the_other():
    once = Histories.of([0], [0], [272])
    mbg = Dropout(MBG_NBD, 0.5248, 6.183, 0.8914, 1.6140)
    assert FITTED.p_alive(once)[0] == 1.0
    assert mbg.p_alive(once)[0] == pytest.approx(0.39, abs=0.005)


@pytest.mark.parametrize("kind", [BG_NBD, MBG_NBD])
@pytest.mark.parametrize("x", [0, 1, 12])
def test_nothing_jumps_where_a_is_one(kind, x):
    def at(a):
        return Dropout(kind, 0.24, 4.4, a, 2.4).expected(_one(x, 20 if x else 0, 39), 39)[0]

    assert at(1.0) == pytest.approx((at(1 - 1e-4) + at(1 + 1e-4)) / 2, rel=1e-6)
    assert at(1.0) == pytest.approx(at(1 + 2e-5), rel=1e-4)


@given(
    parameters=st.tuples(*[st.floats(0.1, 5)] * 4),
    x=st.integers(0, 20),
    age=st.integers(1, 100),
    kind=st.sampled_from([BG_NBD, MBG_NBD]),
)
def test_the_closed_form_is_the_integral(parameters, x, age, kind):
    """Given p and that somebody is there, purchases to come are (1 - (shape / (shape + p t)) ^ (r + x)) / p."""
    model = Dropout(kind, *parameters)
    by_formula = model.if_alive(np.array([x]), np.array([float(age)]), 52.0)
    assert by_formula == pytest.approx(model._integrated(x, np.array([float(age)]), 52.0, model.a), rel=1e-5)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.2, 0.3)])
def test_who_bought_once_where_few_leave_and_few_stay(a, b):
    """a + b ≤ 1 is where the series is none; the integral, computed apart with a plain rule."""
    p = (np.arange(4_000_000) + 0.5) / 4_000_000
    p = p ** (1 / a)  # takes the pole of the density at nought away
    inside = -np.expm1(-np.log1p(p * 52 / 2)) / p * (1 - p) ** (b - 1) / a / beta(a, b)
    model = Dropout(BG_NBD, 1.0, 1.0, a, b)
    assert model.if_alive(np.array([0]), np.array([1.0]), 52.0)[0] == pytest.approx(inside.mean(), rel=5e-3)


@given(
    kind=st.sampled_from([BG_NBD, MBG_NBD]),
    rows=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 700), st.integers(0, 700)), min_size=1, max_size=20),
    parameters=st.tuples(*[st.floats(0.01, 100)] * 4),
)
def test_every_history_has_its_numbers_within_their_bounds(kind, rows, parameters):
    known = Histories.of(
        [x for x, _t, _age in rows],
        [min(t, age) if x else 0 for x, t, age in rows],
        [age for _x, _t, age in rows],
    )
    model = Dropout(kind, *parameters)
    alive, expected = model.p_alive(known), model.expected(known, 52)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.isfinite(expected) & (expected >= 0)).all()


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(30, 40)), min_size=1, max_size=30))
def test_gathering_changes_nothing(rows):
    x, t, age = zip(*rows, strict=True)
    known = Histories.of(x, t, age)
    gathered = known.gathered()
    assert gathered.different.people == len(rows)
    assert FITTED.p_alive(known).tolist() == FITTED.p_alive(gathered.different)[gathered.places].tolist()
    whole, once = (
        dropout.log_likelihood(some, kind=BG_NBD, parameters=FITTED.parameters) for some in (known, gathered.different)
    )
    assert whole == pytest.approx(once, rel=1e-12)


def _simulated(kind=BG_NBD, people=2_000) -> Histories:
    """Draw people who buy and leave as the model says."""
    draw = np.random.default_rng(7)
    rows = []
    for age in draw.integers(50, 400, people):
        rate, leave = draw.gamma(0.5) / 8 / 7, draw.beta(0.9, 2.0)
        clock, days = 0.0, []
        while kind == BG_NBD or days or draw.random() > leave:
            clock += draw.exponential(1 / max(rate, 1e-12))
            if clock >= age:
                break
            days.append(clock)
            if draw.random() < leave:
                break
        rows.append((len(days), int(days[-1]) if days else 0, int(age)))
    return Histories.of(*zip(*rows, strict=True))


@pytest.mark.parametrize("kind", [BG_NBD, MBG_NBD])
def test_a_fit_finds_what_was_drawn_and_does_not_mind_units(kind):
    known = _simulated(kind).gathered().different
    found = dropout.fit(known, kind=kind)
    assert abs(found.r - 0.5) < 4 * found.errors[0]
    assert abs(found.alpha - 8) < 4 * found.errors[1]
    monthly = Histories(known.repeats, known.recency * 3, known.age * 3, known.weights)
    slower = dropout.fit(monthly, kind=kind)
    assert (slower.r, slower.alpha / 3, slower.a, slower.b) == pytest.approx(found.parameters, rel=1e-4)
    shift = float((known.repeats * known.weights).sum()) * math.log(3)
    assert slower.log_likelihood == pytest.approx(found.log_likelihood - shift, abs=1e-4)
    again = dropout.fit(known, kind=kind, start=found.parameters)
    assert again.parameters == pytest.approx(found.parameters, rel=1e-6)


@pytest.mark.parametrize("kind", [BG_NBD, MBG_NBD])
def test_the_gradient_is_the_slope(kind):
    known = _simulated(people=200)
    objective = dropout._objective(known, kind, *known.weeks)
    point = np.log(np.array([0.4, 5.0, 0.8, 2.2]))
    slopes = [(objective(point + step)[0] - objective(point - step)[0]) / 2e-6 for step in np.eye(4) * 1e-6]
    assert objective(point)[1] == pytest.approx(slopes, rel=1e-5, abs=1e-4)


def test_people_who_are_all_alike_have_no_fit():
    alike = Histories(np.array([3]), np.array([50]), np.array([100]), np.array([500.0]))
    with pytest.raises(fitting.NoFit):
        dropout.fit(alike, kind=BG_NBD)
