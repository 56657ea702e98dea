"""Which segment pays: the live segments beside each other, by what their members brought and are expected to bring."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.cache import cache
from django.db import connection

from customers.domain import segments
from customers.models import Segment
from cxm import tenancy
from cxm.lib import sql

MANY, REMEMBERED = 50_000, 600

_SQL = sql.load("analytics.domain", "queries/people.sql")


@dataclass(frozen=True)
class Row:
    """A segment and its members as of now.

    Args:
        revenue: of all members so far; ``each``: per member.
        value: predicted, per member.
        risk: mean probability of having left, of those of whom it is known.
    """

    segment: Segment
    people: int
    buyers: int
    revenue: Decimal
    value: Decimal
    risk: Decimal | None

    @property
    def each(self) -> Decimal | None:
        return self.revenue / self.people if self.people else None

    @property
    def value_each(self) -> Decimal | None:
        return self.value / self.people if self.people else None

    @property
    def share(self) -> float | None:
        return self.buyers / self.people if self.people else None


def table() -> list[Row]:
    """Return the segments, those whose members brought most each first. A person may be in several of them."""
    counted = _counted()
    nothing = (0, 0, Decimal(0), Decimal(0), None)
    rows = [Row(segment, *counted.get(segment.pk, nothing)) for segment in segments.live()]
    return sorted(rows, key=lambda row: (row.each or 0, row.segment.name), reverse=True)


def _counted() -> dict[int, tuple]:
    key = f"analytics:league:{tenancy.current_id()}"
    known = cache.get(key)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["league"], {"tenant": tenancy.current_id()})
            known = {pk: tuple(values) for pk, *values in cursor.fetchall()}
        if sum(values[0] for values in known.values()) >= MANY:
            cache.set(key, known, REMEMBERED)
    return known
