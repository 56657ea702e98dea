"""How the dates and numbers of a file are to be read, asked of whole columns: one value often cannot say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from customers.domain import import_cleaning
from customers.domain.import_cleaning import Ways
from customers.models import Attribute
from cxm.lib import money, tables, time
from cxm.tenancy.models import Tenant

_SAMPLE = 2000
_MOST_DISTINCT = 50_000
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[ Tt]|$)")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d{1,2}|\.\d{4,})?$")
_MONTH_FIRST = {"US", "PH", "FM", "MH", "PW"}


def ways(
    *, path: str, layout: tables.Layout, mapping: Mapping[str, str], options: Mapping[str, str],
    definitions: Mapping[str, Attribute], tenant: Tenant,
) -> Ways:  # fmt: skip
    """Decide how to read a file: by what the person said, else by the columns, else by the tenant's country.

    Args:
        options: ``date_order`` (``dmy``, ``mdy``) and ``decimal_mark`` where a person settled them.
    """
    dates = [column for column, target in mapping.items() if import_cleaning.is_date(target, definitions)]
    numbers = [column for column, target in mapping.items() if import_cleaning.is_number(target, definitions)]
    seen = _evidence(path, layout, dates=dates, numbers=numbers) if dates or numbers else {}
    usual = "mdy" if tenant.country in _MONTH_FIRST else "dmy"
    return Ways(
        zone=ZoneInfo(tenant.timezone),
        country=tenant.country,
        date_orders={
            column: options.get("date_order") or time.infer_date_order(seen.get(column, ())) or usual
            for column in dates
        },
        decimal_marks={
            column: options.get("decimal_mark") or money.infer_decimal_mark(seen.get(column, ())) for column in numbers
        },
        definitions=definitions,
    )


def _evidence(path: str, layout: tables.Layout, *, dates: Sequence[str], numbers: Sequence[str]) -> dict[str, set[str]]:
    """Return column → different cells that may tell; nothing where the first rows leave nothing to tell."""
    places = {column: layout.columns.index(column) for column in (*dates, *numbers)}
    telling = {column: _ISO if column in dates else _PLAIN for column in places}
    sample = _collect(islice(tables.rows(path, layout), _SAMPLE), places, telling)
    if not any(sample.values()):
        return {}
    return _collect(tables.rows(path, layout), places, telling)


def _collect(
    rows: Iterable[tables.Row], places: Mapping[str, int], plain: Mapping[str, re.Pattern]
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {column: set() for column in places}
    wanted = [(place, plain[column], found[column]) for column, place in places.items()]
    for row in rows:
        if row.problem is None:
            for place, pattern, cells in wanted:
                cell = row.cells[place]
                if cell and not pattern.match(cell) and len(cells) < _MOST_DISTINCT:
                    cells.add(cell[:12] if pattern is _ISO else cell)
    return found
