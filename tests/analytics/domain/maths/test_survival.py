"""Kaplan-Meier against the textbook, and against what must hold."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.maths.survival import kaplan_meier

# Freireich 1963, the arm with 6-MP; + still in remission.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
DATA = Path(os.environ.get("CXM_REALDATA") or Path(__file__).resolve().parents[5] / "shared" / "data")
TELCO = DATA / "telco_churn" / "Telco-Customer-Churn.csv.gz"


def _remission():
    return kaplan_meier([int(time.rstrip("+")) for time in REMISSION], [not time.endswith("+") for time in REMISSION])


def test_the_textbooks_curve():
    curve = _remission()
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179]
    assert curve.share == pytest.approx(expected, abs=1e-6)
    assert curve.error[[0, 2, 6]] == pytest.approx([0.0764, 0.0963, 0.1346], abs=5e-5)
    assert (curve.low[2], curve.high[2]) == pytest.approx((0.5032, 0.8894), abs=5e-5)
    assert (curve.median, curve.reached(0.1), curve.people) == (23.0, None, 21)


def test_where_all_have_ended():
    curve = kaplan_meier(PLACEBO, [True] * 21)
    assert (curve.median, round(curve.at(1), 4), curve.at(23), curve.at(0.5)) == (8.0, 0.9048, 0.0, 1.0)
    assert (curve.low[-1], curve.high[-1], curve.error[-1]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("times", [[], [3, 4]])
def test_a_median_that_is_not_reached_is_not_nought(times):
    assert kaplan_meier(times, [False] * len(times)).median is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40))
def test_with_nobody_waiting_it_is_the_plain_share_and_weights_are_people(rows):
    times = [time for time, _ended in rows]
    whole = kaplan_meier(times, [True] * len(rows))
    for time in range(10):
        assert whole.at(time) == pytest.approx(sum(found > time for found in times) / len(times))
    plain = kaplan_meier(times, [ended for _time, ended in rows])
    different = sorted(set(rows))
    weighed = kaplan_meier([t for t, _e in different], [e for _t, e in different], [rows.count(r) for r in different])
    assert np.allclose(plain.share, weighed.share)
    assert plain.people == weighed.people


@pytest.mark.realdata
@pytest.mark.skipif(not TELCO.exists(), reason="the folder of real data is not there (CXM_REALDATA)")
def test_customers_of_a_telephone_company():
    with gzip.open(TELCO, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    curve = kaplan_meier([int(row["tenure"]) for row in rows], [row["Churn"] == "Yes" for row in rows])
    expected = {1: 0.945961, 6: 0.884826, 12: 0.843200, 24: 0.788736, 48: 0.708840, 72: 0.592790}
    assert {month: round(curve.at(month), 6) for month in expected} == expected
    assert curve.median is None
    monthly = [row for row in rows if row["Contract"] == "Month-to-month"]
    curve = kaplan_meier([int(row["tenure"]) for row in monthly], [row["Churn"] == "Yes" for row in monthly])
    assert (round(curve.at(12), 6), round(curve.at(60), 6), curve.median) == (0.703097, 0.297158, 35.0)
