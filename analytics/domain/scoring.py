"""Scores of everybody, nightly and on demand: computed in one go, written down in portions as traits.

A job does it, so that it shows in the list of running jobs and goes on after a crash: it begins again, and what is
written already is written once more without a change. Probabilities are kept to a hundredth: finer they say nothing,
and a person whose outlook stands still is not looked at again by every segment every night.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from analytics.domain import assumptions, forecasts, predictions
from analytics.domain.maths import ranks
from analytics.domain.maths.spending import Spending
from analytics.domain.predictions import GAMMA_GAMMA, Buyers, Fits, Future
from analytics.models import Assumption, Forecast, Outlook
from customers.domain import traits
from cxm import tenancy
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

NAMES = ("p_alive", "churn_risk", "clv_predicted", "rfm_r", "rfm_f", "rfm_m")
CHUNK = 5_000

_SQL = sql.load("analytics.domain", "queries/histories.sql")


def run_job(job: Job) -> None:
    """Fit the models and score everybody."""
    tenant = Tenant.objects.get(pk=job.tenant_id)
    until = predictions.until_yesterday(time.today(timezone.now(), time.zone(tenant.timezone)))
    with tenancy.scope(tenant):
        found, said = predictions.buyers(tenant=tenant, until=until), assumptions.current()
        start = _parameters(forecasts.latest())
    total = len(found.ids)
    jobs.progress(job, done=0, total=total, now=timezone.now(), silent_for=10 * jobs.LEASE)
    fits = predictions.fit(found, start=start)
    future = predictions.future(found, fits, discount=float(said.discount), margin=float(said.margin or 1))
    grades = _grades(found)
    for begin in range(0, total, CHUNK):
        with tenancy.scope(tenant):
            _write(found, future, grades, slice(begin, begin + CHUNK))
        jobs.progress(job, done=min(begin + CHUNK, total), now=timezone.now())
    with tenancy.scope(tenant):
        _forget(found, future, tenant=tenant, until=until)
        store(found, fits, future, grades, said=said, until=until, now=timezone.now())


@transaction.atomic
def store(
    found: Buyers, fits: Fits, future: Future, grades: np.ndarray, *, said: Assumption, until: date, now: datetime
) -> Forecast:
    """Keep the card of a fit."""
    facts = {
        "computed_at": now,
        "customers": len(found.ids),
        "repeaters": found.repeaters,
        "fits": _cards(fits),
        "check_table": predictions.check_table(found, fits.bg) if fits.bg else [],
        "rfm": _grid(found, grades) if len(found.ids) else {},
        "warnings": fits.warnings,
        "weeks": predictions.WEEKS,
        "discount": said.discount,
        "margin": said.margin,
        "value": None if future.value is None else _money(float(future.value.sum())),
    }
    return Forecast.objects.update_or_create(until=until, defaults=facts)[0]


def _parameters(card: Forecast | None) -> dict[str, tuple[float, ...]]:
    """Return where an earlier fit ended, to begin from."""
    known = {} if card is None else card.fits
    return {name: tuple(fit["parameters"][key] for key in forecasts.PARAMETERS[name]) for name, fit in known.items()}


def _cards(fits: Fits) -> dict[str, dict]:
    cards = {}
    for model in (fits.bg, fits.mbg):
        if model is not None:
            cards[model.kind] = _card(forecasts.PARAMETERS[model.kind], model)
    if isinstance(fits.spending, Spending):
        found = fits.spending
        extra = {"people": found.people, "correlation": found.correlation, "mean": found.mean}
        cards[GAMMA_GAMMA] = _card(forecasts.PARAMETERS[GAMMA_GAMMA], found) | extra
    return cards


def _card(names: tuple[str, ...], model: object) -> dict:
    return {
        "parameters": {name: getattr(model, name) for name in names},
        "errors": dict(zip(names, model.errors, strict=True)),
        "log_likelihood": model.log_likelihood,
    }


def _grades(found: Buyers) -> np.ndarray:
    """Return recency, frequency and monetary grade of each, a row for each kind."""
    kinds = ((found.days_since, True), (found.orders, False), (found.net, False))
    return np.array([
        ranks.grade(values, ranks.quintiles(values), less_is_better=less) if len(values) else values
        for values, less in kinds
    ], dtype=int)  # fmt: skip


def _grid(found: Buyers, grades: np.ndarray) -> dict:
    """Return the quintiles, and people and revenue for each pair of recency and frequency grades."""
    codes = (grades[0] - 1) * ranks.GRADES + grades[1] - 1
    people = np.bincount(codes, minlength=ranks.GRADES**2)
    revenue = np.bincount(codes, weights=found.net, minlength=ranks.GRADES**2)
    return {
        "recency": ranks.quintiles(found.days_since).tolist(),
        "frequency": ranks.quintiles(found.orders).tolist(),
        "monetary": ranks.quintiles(found.net).round(2).tolist(),
        "cells": [
            {"r": code // 5 + 1, "f": code % 5 + 1, "people": int(people[code]), "revenue": round(revenue[code], 2)}
            for code in range(ranks.GRADES**2)
        ],
    }


def _write(found: Buyers, future: Future, grades: np.ndarray, part: slice) -> None:
    traits.set_scores(dict(_scores(found, future, grades, part)))
    if future.stake is None:
        return
    values = {
        "tenant": tenancy.current_id(),
        "ids": found.ids[part].tolist(),
        "risks": _hundredths(1 - future.p_alive[part]),
        "values": [_money(value) for value in future.value[part].tolist()],
        "stakes": [_money(value) for value in future.stake[part].tolist()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["outlooks"], values)


def _scores(found: Buyers, future: Future, grades: np.ndarray, part: slice) -> Iterator[tuple[int, dict]]:
    ids = found.ids[part].tolist()
    nothing: list[float | None] = [None] * len(ids)
    alive = nothing if future.p_alive is None else _hundredths(future.p_alive[part])
    risk = nothing if future.p_alive is None else _hundredths(1 - future.p_alive[part])
    value = nothing if future.value is None else future.value[part].round(2).tolist()
    columns = (alive, risk, value, *(row[part].tolist() for row in grades))
    for pk, *scores in zip(ids, *columns, strict=True):
        yield pk, dict(zip(NAMES, scores, strict=True))


def _forget(found: Buyers, future: Future, *, tenant: Tenant, until: date) -> None:
    """Take away what was said of people who have no orders any more, or of all where no model stands."""
    end = time.day_bounds(until, time.zone(tenant.timezone))[1]
    with connection.cursor() as cursor:
        cursor.execute(_SQL["gone"], {"tenant": tenant.pk, "names": list(NAMES), "until": end})
        gone = [pk for (pk,) in cursor.fetchall()]
    traits.set_scores({pk: dict.fromkeys(NAMES) for pk in gone})
    if future.stake is None:
        Outlook.objects.all().delete()
    elif gone:
        Outlook.objects.filter(customer__in=gone).delete()


def _hundredths(values: np.ndarray) -> list[float]:
    return values.round(2).tolist()


def _money(value: float) -> Decimal:
    return Decimal(repr(round(value, 2)))
