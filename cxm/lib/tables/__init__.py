"""Tables people bring and take: CSV in any dialect and encoding, XLSX, gzip; read row by row, never all at once.

    layout = tables.sniff(path)                  # what it is; show layout.columns, let a person correct it
    for row in tables.rows(path, layout):        # Row(number, cells, problem)
        ...
    tables.write_csv(rows)                       # bytes, safe to open in a spreadsheet

A broken row never stops the rest: it comes with its line number and a `problem`, a key of `PROBLEMS`.
What cannot be a table, or would eat the machine, is refused with a sentence (`Refusal` subclasses).
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cxm.lib.tables import delimited, workbook
from cxm.lib.tables.export import defuse, write_csv
from cxm.lib.tables.model import (
    PROBLEMS,
    Damaged,
    Empty,
    Layout,
    Limits,
    NotATable,
    Row,
    TooBig,
    TooManyColumns,
    TooManyRows,
)
from cxm.lib.tables.sniffing import sniff

__all__ = [
    "PROBLEMS",
    "Damaged",
    "Empty",
    "Layout",
    "Limits",
    "NotATable",
    "Row",
    "TooBig",
    "TooManyColumns",
    "TooManyRows",
    "defuse",
    "preview",
    "rows",
    "sniff",
    "write_csv",
]


def rows(path: Path | str, layout: Layout, *, limits: Limits | None = None) -> Iterator[Row]:
    """The data rows of the file (without its header and empty lines), streamed.

    Raises, possibly midway: TooBig, TooManyRows, TooManyColumns, Damaged. Memory stays bounded by `limits`.
    """
    limits = limits or Limits()
    source = workbook if layout.kind == "xlsx" else delimited
    return source.rows(Path(path), layout, limits)


def preview(path: Path | str, layout: Layout, *, count: int = 20, limits: Limits | None = None) -> list[Row]:
    """The first `count` data rows, broken ones included."""
    return list(islice(rows(path, layout, limits=limits), count))
