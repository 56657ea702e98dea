"""BG/NBD and Gamma-Gamma fitted to the histories of many customers."""

import time

import numpy as np
import psutil

from analytics.domain import predictions
from analytics.domain.maths import BG_NBD, dropout
from analytics.domain.maths.histories import Histories
from analytics.domain.predictions import Buyers
from benchmarks import frame

TITLE = "BG/NBD, MBG/NBD and Gamma-Gamma on 1 M customers"
FLOOR = "one evaluation of the likelihood over every single history, none gathered"
UNIT = "customers"
SIZE = 1_000_000
TARGET = frame.SHOWN
MOST = {"fit_seconds": 90, "memory_mb": 600}  # goals: 20 s, 300 MB


def run(bench: frame.Bench) -> frame.Result:
    found = _buyers(bench.size)

    def fit() -> frame.Lap:
        began = time.perf_counter()
        fits = predictions.fit(found)
        taken = time.perf_counter() - began
        bench.facts["fit_seconds"] = round(taken, 2)
        bench.facts["memory_mb"] = round(psutil.Process().memory_info().rss / 2**20)
        bench.facts["r"], bench.facts["q"] = round(fits.bg.r, 3), round(fits.spending.q, 3)
        return frame.Lap(taken, bench.size)

    def once() -> None:
        dropout.log_likelihood(found.histories, kind=BG_NBD, parameters=(0.25, 4.4, 0.8, 2.4))

    result = bench.measure(floor=once, figure=fit)
    began = time.perf_counter()
    predictions.future(found, predictions.fit(found), discount=0.15)
    bench.facts["fit_and_score_seconds"] = round(time.perf_counter() - began, 2)
    return result


def _buyers(people: int) -> Buyers:
    """Draw people who buy and leave as CDNOW's customers do, first seen over two years."""
    draw = np.random.default_rng(7)
    age = draw.integers(1, 730, people)
    pace, leave = draw.gamma(0.243, size=people) / 4.414 / 7, draw.beta(0.793, 2.426, people)
    clock, repeats, last = np.zeros(people), np.zeros(people, dtype=int), np.zeros(people)
    going = np.flatnonzero(pace > 0)
    while len(going):
        clock[going] += draw.exponential(1 / pace[going])
        going = going[clock[going] < age[going]]
        repeats[going] += 1
        last[going] = clock[going]
        going = going[draw.random(len(going)) > leave[going]]
    mean = draw.gamma(6.25 * np.maximum(repeats, 1)) / np.maximum(repeats, 1) / (draw.gamma(3.74, size=people) / 15.44)
    mean = np.where(repeats > 0, mean.round(2), 0.0)
    histories = Histories.of(repeats, last.astype(int), age)
    return Buyers(np.arange(people), histories, mean, repeats + 1, mean * repeats, age - last)
