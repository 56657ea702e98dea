"""CSV for people to take away: UTF-8, quoted where needed, and harmless in a spreadsheet."""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

_BLOCK = 64 * 1024
# what spreadsheets take for the beginning of a formula, full-width forms and line breaks included (OWASP)
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HARMLESS_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?|\+\d[\d -]*\d")


def defuse(cell: str) -> str:
    """`cell` so that no spreadsheet runs it: OWASP's CSV injection advice, a leading apostrophe.

    Plain signed numbers ("-5", "+9.5") and telephone numbers ("+966 50 000 0000") stay as they are: they
    hold nothing but digits and separators, so there is no formula in them, and an export must stay usable.
    """
    if cell.startswith(_STARTS_FORMULA) and not _HARMLESS_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def write_csv(rows: Iterable[Sequence[object]], *, bom: bool = True) -> Iterator[bytes]:
    """The rows as CSV in blocks of some 64 KB, for a streaming response.

    Text is defused; None is empty; numbers are plain decimals, dates ISO 8601, booleans true and false.
    `bom`: Excel reads UTF-8 (Arabic names!) only with a byte order mark; programs want it without.
    """
    buffer = io.StringIO(newline="")
    if bom:
        buffer.write("\ufeff")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([_written(value) for value in row])
        if buffer.tell() > _BLOCK:
            yield buffer.getvalue().encode(errors="replace")
            buffer.seek(0)
            buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode(errors="replace")


def _written(value: object) -> str:
    if isinstance(value, str):
        return defuse(value)
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    return "" if value is None else defuse(str(value))


# in this order: a bool is an int
_WRITTEN = {
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: lambda value: format(value, "f"),
    float: lambda value: format(Decimal(repr(value)), "f"),
    datetime.date: lambda value: value.isoformat(),
    datetime.time: lambda value: value.isoformat(),
}
