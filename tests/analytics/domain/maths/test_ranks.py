"""Grades by value: equal values are equal, whatever their order."""

import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.maths import ranks

DATA = Path(os.environ.get("CXM_REALDATA") or Path(__file__).resolve().parents[5] / "shared" / "data")
ORDERS = DATA / "rfm_orders" / "rfm_data_orders.csv"


def test_most_bought_once():
    values = np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 9])
    assert ranks.grade(values, ranks.quintiles(values)).tolist() == [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]
    assert ranks.grade(values, ranks.quintiles(values), less_is_better=True).tolist() == [5] * 6 + [2, 2, 1, 1]
    assert ranks.quintiles(np.array([])).tolist() == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_grades_follow_values(values):
    found = np.array(values)
    grades = ranks.grade(found, ranks.quintiles(found))
    assert set(grades.tolist()) <= {1, 2, 3, 4, 5}
    assert (np.diff(grades[np.argsort(found, kind="stable")]) >= 0).all()
    of_value = {}
    for value, grade in zip(values, grades.tolist(), strict=True):
        assert of_value.setdefault(value, grade) == grade


@pytest.mark.realdata
@pytest.mark.skipif(not ORDERS.exists(), reason="the folder of real data is not there (CXM_REALDATA)")
def test_the_published_example_of_the_r_package():
    """Its quintiles stand half open: one more than ours, for whole numbers the same."""
    orders = defaultdict(list)
    with ORDERS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            orders[row["customer_id"]].append((date.fromisoformat(row["order_date"]), float(row["revenue"])))
    recency = np.array([(date(2006, 12, 31) - max(day for day, _sum in found)).days for found in orders.values()])
    frequency = np.array([len(found) for found in orders.values()])
    monetary = np.array([sum(amount for _day, amount in found) for found in orders.values()])
    assert (ranks.quintiles(recency) + 1).tolist() == pytest.approx([115, 181, 297.4, 482])
    assert (ranks.quintiles(frequency) + 1).tolist() == [4, 5, 6, 8]
    assert (ranks.quintiles(monetary) + 1).tolist() == pytest.approx([255.8, 382, 506.4, 666])
    names = list(orders)
    grades = dict(zip(names, ranks.grade(recency, ranks.quintiles(recency), less_is_better=True), strict=True))
    assert [grades[name] for name in ("Add Senger", "Aden Murphy", "Admiral Senger")] == [4, 5, 4]
    three = [
        ranks.grade(values, ranks.quintiles(values), less_is_better=less)[names.index("Abbey O'Reilly")]
        for values, less in ((recency, True), (frequency, False), (monetary, False))
    ]
    assert three == [3, 4, 3]
