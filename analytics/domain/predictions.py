"""What people will buy: histories out of the database, models fitted to them, and what follows for each person.

Value is predicted with BG/NBD and Gamma-Gamma. Whether somebody has left is told by MBG/NBD: BG/NBD takes everybody
who bought once for surely still there, which in most shops is more than half of all.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from django.db import connection

from analytics.domain.maths import BG_NBD, GAMMA_GAMMA, MBG_NBD, dropout, fitting, spending
from analytics.domain.maths.dropout import Dropout
from analytics.domain.maths.histories import Histories
from analytics.domain.maths.spending import Alike, Spending
from cxm import tenancy
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

MIN_CUSTOMERS, MIN_REPEATERS = 200, 50
WEEKS = 52
CORRELATED = 0.3
SHOWN = 7  # repeat purchases from which the table of a fit takes people together

_SQL = sql.load("analytics.domain", "queries/histories.sql")


@dataclass(frozen=True)
class Buyers:
    """Everybody who bought until a day; arrays of one length, in the order of ids."""

    ids: np.ndarray
    histories: Histories
    mean: np.ndarray  # of what a repeat day brought
    orders: np.ndarray
    net: np.ndarray
    days_since: np.ndarray

    @property
    def repeaters(self) -> int:
        return int((self.histories.repeats > 0).sum())


@dataclass(frozen=True)
class Fits:
    """The models of a business; none where too little is known, with what to doubt in ``warnings``."""

    bg: Dropout | None = None
    mbg: Dropout | None = None
    spending: Spending | Alike | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Future:
    """What follows for each person; arrays in the order of the buyers, None where the model is missing."""

    p_alive: np.ndarray | None
    value: np.ndarray | None
    stake: np.ndarray | None


class _Numbers(io.RawIOBase):
    """Where COPY writes lines of numbers; they are parsed as they come, so that text never piles up."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self._rest = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self._rest += bytes(data)
        if len(self._rest) > 1 << 20:
            self._parse(self._rest.rfind(b"\n") + 1)
        return len(data)

    def _parse(self, end: int) -> None:
        if end:
            self.parts.append(np.fromstring(self._rest[:end].decode(), sep=" ").reshape(-1, 8))
            self._rest = self._rest[end:]

    def table(self) -> np.ndarray:
        self._parse(len(self._rest))
        return np.concatenate(self.parts) if self.parts else np.empty((0, 8))


def buyers(*, tenant: Tenant, until: date) -> Buyers:
    """Read everybody's history until the end of a day in the tenant's zone. Runs in the tenant's scope."""
    end = time.day_bounds(until, time.zone(tenant.timezone))[1]
    values = {"tenant": tenancy.current_id(), "zone": tenant.timezone, "until": end, "last": until}
    sink = _Numbers()
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(_SQL["histories"], values), sink)
    ids, repeats, recency, age, again, orders, net, since = sink.table().T
    histories = Histories.of(repeats, recency, age)
    mean = np.divide(again, repeats, out=np.zeros_like(again), where=repeats > 0)
    return Buyers(ids.astype(np.int64), histories, mean, orders, net, since)


def fit(found: Buyers, *, start: Mapping[str, tuple[float, ...]] | None = None) -> Fits:
    """Fit the models, if there are enough people and enough of them came again.

    Args:
        start: parameters of an earlier fit by name, to begin from.
    """
    if len(found.ids) < MIN_CUSTOMERS or found.repeaters < MIN_REPEATERS:
        return Fits(warnings=["too_few"])
    start = start or {}
    known, warnings = found.histories.gathered().different, []
    fits: dict[str, Dropout | None] = {}
    for kind in (BG_NBD, MBG_NBD):
        try:
            fits[kind] = dropout.fit(known, kind=kind, start=start.get(kind))
        except fitting.NoFit:
            fits[kind] = None
            warnings.append("no_fit_dropout")
    try:
        worth = spending.fit(found.histories.repeats, found.mean, start=start.get(GAMMA_GAMMA))
        if abs(worth.correlation or 0) > CORRELATED:
            warnings.append("correlated")
    except spending.InfiniteMean:
        worth = None
        warnings.append("infinite_mean")
    except fitting.NoFit:
        worth = spending.alike(found.histories.repeats, found.mean)
        warnings.append("no_fit_spending" if worth is None else "alike_spending")
    return Fits(fits[BG_NBD], fits[MBG_NBD], worth, sorted(set(warnings)))


def future(found: Buyers, fits: Fits, *, discount: float, weeks: int = WEEKS, margin: float = 1.0) -> Future:
    """Return what is to be expected of each person.

    Args:
        discount: by how much money is worth less a year later.
        weeks: how far ahead.
        margin: what remains of a sale.
    """
    gathered = found.histories.gathered()
    p_alive = None if fits.mbg is None else fits.mbg.p_alive(gathered.different)[gathered.places]
    if fits.bg is None or fits.spending is None:
        return Future(p_alive, None, None)
    each = fits.spending.expected(found.histories.repeats, found.mean) * margin
    staying = purchases(fits.bg, gathered.different, discount=discount, weeks=weeks)
    value = (staying * fits.bg.p_alive(gathered.different))[gathered.places] * each
    stake = None if p_alive is None else staying[gathered.places] * each * (1 - p_alive)
    return Future(p_alive, value, stake)


def purchases(model: Dropout, known: Histories, *, discount: float, weeks: int) -> np.ndarray:
    """Return the purchases expected of those who are still there, each counted as what it is worth today.

    They depend on x and T alone, so they are worked out once for each pair.
    """
    pairs, places = np.unique(np.stack([known.repeats, known.age]), axis=1, return_inverse=True)
    repeats, age = pairs[0], pairs[1] / 7.0
    weekly = (1 + discount) ** (-1 / 52)
    total, before = np.zeros(len(repeats)), np.zeros(len(repeats))
    for week in range(1, weeks + 1):
        until = model.if_alive(repeats, age, float(week))
        total += (until - before) * weekly**week
        before = until
    return total[places.reshape(-1)]


def check_table(found: Buyers, model: Dropout) -> list[dict]:
    """Return how many people came again so and so often, and how many the model expects."""
    age, people = np.unique(found.histories.age[found.histories.age > 0], return_counts=True)
    counted = np.bincount(np.minimum(found.histories.repeats, SHOWN), minlength=SHOWN + 1)
    expected = [float(people @ model.chance_of(n, age / 7.0)) for n in range(SHOWN)]
    expected[0] += len(found.ids) - int(people.sum())  # bought for the first time today: nothing is asked of them
    expected.append(max(len(found.ids) - sum(expected), 0.0))
    return [{"repeats": n, "counted": int(counted[n]), "expected": round(expected[n], 1)} for n in range(SHOWN + 1)]


def until_yesterday(today: date) -> date:
    """Return the last day that is over: what is known of today is half a day."""
    return today - timedelta(days=1)
