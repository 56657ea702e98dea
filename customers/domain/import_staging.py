"""The first step of an import: the file is read once, each cell made into what is stored, and the rows copied to
staging tables in chunks, one transaction each; broken rows go to the rejects. A crash resumes after the last chunk."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from customers.domain import customers
from customers.domain.import_cleaning import IDS, Bad, Clean, Ways, cleaner, written
from customers.models import Import, ImportReject, StagedCustomer, StagedLine
from cxm import tenancy
from cxm.lib import tables, text

CHUNK = 4_000


@dataclass
class Chunk:
    """What some rows of the file have become: lines for COPY, and what was refused."""

    last: int
    count: int
    columns: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)
    rejects: list[tuple] = field(default_factory=list)
    made_whole: int = 0  # ids the file writes as 17850.0


def chunks(path: str, layout: tables.Layout, *, after: int, stage: "Stage", size: int = CHUNK) -> Iterator[Chunk]:
    """Yield the rows of the file that stand behind line ``after``, cleaned, ``size`` at a time."""
    rows = tables.rows(path, layout)
    if after:
        rows = (row for row in rows if row.number > after)
    while batch := list(islice(rows, size)):
        yield stage.chunk(batch)


class Stage:
    """Turns rows into lines of a staging table, for one mapping."""

    def __init__(self, found: Import, layout: tables.Layout, ways: Ways) -> None:
        self._import = found
        self._places = {column: place for place, column in enumerate(layout.columns)}
        self._columns = {target: column for column, target in found.mapping.items()}
        # a country of orders only helps where somebody is new
        orders = found.kind == Import.Kind.ORDERS
        self._clean: dict[str, Clean] = {
            target: cleaner("country_if_known" if orders and target == "country" else target, column, ways)
            for target, column in self._columns.items()
        }
        self._shape: Callable = self._orders if orders else self._customers

    def chunk(self, rows: Sequence[tables.Row]) -> Chunk:
        """Return lines and rejects of these rows."""
        chunk = Chunk(last=rows[-1].number, count=len(rows))
        whole = [row for row in rows if row.problem is None]
        cells, bad, chunk.made_whole = self._read(whole)
        columns, values = self._shape(cells, len(whole), bad)
        order_ids = cells.get("order_id")
        for place in sorted(bad):
            reason, target = bad[place]
            order_id = order_ids[place] if order_ids else ""
            self._reject(
                chunk,
                whole[place],
                reason,
                self._columns.get(target, ""),
                "" if order_id.__class__ is Bad else order_id,
            )
        for row in rows:
            if row.problem is not None:
                self._reject(chunk, row, row.problem, "", "")
        head = f"{self._import.tenant_id}\t{self._import.pk}\t"
        texts = [[written(value) for value in column] for column in values]
        chunk.columns = ("tenant_id", "import_id", "number", *columns)
        chunk.lines = [
            f"{head}{row.number}\t{line}\n"
            for place, (row, line) in enumerate(zip(whole, map("\t".join, zip(*texts, strict=True)), strict=True))
            if place not in bad
        ]
        return chunk

    def _read(self, rows: Sequence[tables.Row]) -> tuple[dict[str, list], dict[int, tuple[str, str]], int]:
        """Return target → cleaned cells, place → (reason, target) of the first bad cell of a row, ids made whole."""
        across = list(zip(*[row.cells for row in rows], strict=True)) if rows else []
        cells: dict[str, list] = {}
        bad: dict[int, tuple[str, str]] = {}
        made_whole = 0
        for target, clean in self._clean.items():
            source = across[self._places[self._columns[target]]] if rows else ()
            column = [clean(cell) if cell else None for cell in source]
            if any(value.__class__ is Bad for value in column):
                for place, value in enumerate(column):
                    if value.__class__ is Bad:
                        bad.setdefault(place, (str(value), target))
                        column[place] = None
            if target in IDS:
                made_whole += sum(1 for cell, value in zip(source, column, strict=True) if value == cell[:-2] != "")
            cells[target] = column
        return cells, bad, made_whole

    def _reject(self, chunk: Chunk, row: tables.Row, reason: str, column: str, order_id: object) -> None:
        cells = [cell.replace("\0", "\ufffd")[:2000] for cell in row.cells]
        place = self._places.get(column)
        detail = cells[place] if place is not None and place < len(cells) else ""
        chunk.rejects.append((row.number, reason, column, text.clean_line(detail)[:300], order_id or "", cells))

    # --- customers ---------------------------------------------------------------------------------

    def _customers(self, cells: dict[str, list], count: int, bad: dict) -> tuple[tuple[str, ...], list[list]]:
        none = [None] * count
        get = lambda target: cells.get(target, none)  # noqa: E731 -- read a dozen times below
        emails = get("email")
        identities = zip(get("external_id"), emails, get("phone"), strict=True)
        for place, identity in enumerate(identities):
            if not any(identity):
                bad.setdefault(place, ("no_identifier", ""))
        out: dict[str, list] = {target: cells[target] for target in _PLAIN_CUSTOMER_COLUMNS if target in cells}
        out |= _names(cells, count)
        if "email" in cells:
            out["email"] = [found and f"{found[0]}@{found[1]}" for found in emails]
            out["email_key"] = [found and found[2] for found in emails]
        id_keys = [found and text.fold(found) for found in get("external_id")]
        if "company" in cells:
            out["company_key"] = [(text.fold(found)[:220] or None) if found else None for found in cells["company"]]
        out["search"] = [
            " ".join(word for word in words if word) or None
            for words in zip(
                out.get("name_key", none),
                out.get("email_key", none),
                get("phone"),
                id_keys,
                out.get("company_key", none),
                strict=True,
            )
        ]
        for area in ("attributes", "consent"):
            if parts := {target.partition(".")[2]: cells[target] for target in cells if target.startswith(f"{area}.")}:
                out["attributes" if area == "attributes" else "consents"] = _objects(parts)
        return tuple(out), list(out.values())

    # --- orders ------------------------------------------------------------------------------------

    def _orders(self, cells: dict[str, list], count: int, bad: dict) -> tuple[tuple[str, ...], list[list]]:
        for target, reason in (("order_id", "no_order"), ("customer", "no_customer"), ("placed_at", "no_date")):
            for place, value in enumerate(cells[target]):
                if not value:
                    bad.setdefault(place, (reason, target))
        none = [None] * count
        amounts = zip(
            cells.get("revenue", none), cells.get("quantity", none), cells.get("unit_price", none), strict=True
        )
        for place, (revenue, quantity, price) in enumerate(amounts):
            if revenue is None and (quantity is None or price is None):
                bad.setdefault(place, ("no_amount", ""))
        return tuple(cells), list(cells.values())


_PLAIN_CUSTOMER_COLUMNS = (
    "external_id", "phone", "language", "timezone", "country", "city", "birthday", "company", "created_at", "tags",
)  # fmt: skip


def _names(cells: dict[str, list], count: int) -> dict[str, list]:
    """Whole name, its parts, its key: what is not said follows from what is, as ``customers`` has it."""
    if not {"name", "first_name", "last_name"} & cells.keys():
        return {}
    none = [None] * count
    out: dict[str, list] = {"name": [], "first_name": [], "last_name": [], "name_is_part": []}
    both = "first_name" in cells and "last_name" in cells
    rows = zip(cells.get("name", none), cells.get("first_name", none), cells.get("last_name", none), strict=True)
    for name, first, last in rows:
        part = False
        if name and not first and not last:
            first, last = customers.split_name(name)  # noqa: PLW2901
        elif not name and (first or last):
            name, part = " ".join(filter(None, (first, last)))[:200], not (both and first and last)  # noqa: PLW2901
        for column, value in zip(out.values(), (name, first, last, part), strict=True):
            column.append(value)
    out["name_key"] = [name and text.fold(name)[:220] for name in out["name"]]
    return out


def _objects(parts: dict[str, list]) -> list[dict | None]:
    """Columns to one object a row, without what is empty."""
    keys = list(parts)
    return [
        {key: value for key, value in zip(keys, values, strict=True) if value is not None} or None
        for values in zip(*parts.values(), strict=True)
    ]


def store(found: Import, chunk: Chunk) -> None:
    """Copy a chunk into the staging table and its rejects, in the caller's transaction.

    COPY is not allowed below a policy, so this runs as the owner; every line names the tenant itself.
    """
    staged = StagedLine if found.kind == Import.Kind.ORDERS else StagedCustomer
    rejects = [
        "\t".join(written(value) for value in (found.tenant_id, found.pk, number, reason))
        + "\t"
        + "\t".join(_kept_empty(value) for value in (place, detail, order_id))
        + "\t"
        + written(cells)
        + "\n"
        for number, reason, place, detail, order_id, cells in chunk.rejects
    ]
    with tenancy.as_owner(), connection.cursor() as cursor:
        _copy(cursor, staged, chunk.columns, chunk.lines)
        _copy(
            cursor,
            ImportReject,
            ("tenant_id", "import_id", "number", "reason", "place", "detail", "order_id", "cells"),
            rejects,
        )


def _kept_empty(value: str) -> str:
    return written(value) if value else ""


def _copy(cursor, model: type, columns: Sequence[str], lines: Sequence[str]) -> None:
    if lines:
        names = ", ".join(f'"{column}"' for column in columns)
        cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', io.StringIO("".join(lines)))
