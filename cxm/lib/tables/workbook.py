"""XLSX workbooks: looked at as a zip archive first, then streamed by openpyxl (XML parsed by defusedxml)."""

import datetime
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException

from cxm.lib.tables.model import Damaged, Layout, Limits, NotATable, Row, TooBig, TooManyColumns, TooManyRows

LAST_ROW = 1_048_576  # of the format; a file that names a later row would make openpyxl count there

_SMALL = 1024 * 1024  # an entry below this may be compressed as well as it likes
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    DefusedXmlException,
    EOFError,
    KeyError,
    ValueError,
    IndexError,
    AttributeError,
    TypeError,
    NotImplementedError,
    OverflowError,
    openpyxl.utils.exceptions.InvalidFileException,
)


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse a zip bomb before anything is unpacked.

    The declared sizes can be trusted as upper bounds (zipfile stops there), unless entries overlap,
    which is how the smallest bombs are made. Raises TooBig, Damaged, NotATable.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise Damaged from error
    if len(entries) > limits.workbook_entries:
        raise TooBig
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise NotATable
    if sum(entry.file_size for entry in entries) > limits.workbook_unpacked:
        raise TooBig
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.flag_bits & 0x1:
            raise Damaged
        end = entry.header_offset + entry.compress_size
        crammed = entry.file_size > _SMALL and entry.file_size > entry.compress_size * limits.ratio
        strings = entry.filename.endswith("sharedStrings.xml") and entry.file_size > limits.workbook_strings
        if crammed or strings:
            raise TooBig


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[openpyxl.Workbook]:
    """The workbook, read-only, with the cached values of its formulas."""
    check_archive(path, limits)
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl must parse XML through defusedxml")
    with path.open("rb") as file:  # a file, not its name: openpyxl would judge by the extension
        with _damage_named():
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        yield book


def rows(path: Path, layout: Layout, limits: Limits) -> Iterator[Row]:
    """Data rows of one sheet, streamed; see `cxm.lib.tables.rows`."""
    if layout.width > limits.columns:
        raise TooManyColumns
    if not layout.width:
        return
    with opened(path, limits) as book:
        found = raw_rows(book, layout.sheet, limits)
        if layout.has_header:
            next(found, None)
        for count, (number, cells) in enumerate(found):
            if count >= limits.rows:
                raise TooManyRows
            yield _fitted(number, cells, layout.width, limits)


def raw_rows(book: openpyxl.Workbook, sheet: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells without the empty ones at the end) of each row that holds something."""
    worksheet = book[sheet] if sheet in book.sheetnames else book.worksheets[0]
    worksheet.reset_dimensions()  # what a file says about its size is not to be believed
    with _damage_named():
        for number, row in enumerate(worksheet.iter_rows(max_row=LAST_ROW, values_only=True), start=1):
            cells = [cell_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > limits.columns:
                raise TooManyColumns
            if cells:
                yield number, cells


@contextmanager
def _damage_named() -> Iterator[None]:
    """openpyxl answers a malformed file with whatever exception it stumbles into; we answer with one."""
    try:
        yield
    except _BROKEN as error:
        raise Damaged from error


def cell_text(value: object) -> str:
    """A cell's value as it would stand in a CSV file: ISO dates, plain decimal numbers, true and false."""
    if isinstance(value, str):
        return value
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    return "" if value is None else str(value)


def _moment_text(value: datetime.datetime) -> str:
    midnight = value.time() == datetime.time.min
    return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")


def _length_text(value: datetime.timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _number_text(value: float) -> str:
    """15 digits as Excel shows them, never an exponent, no ".0"."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return ""
    plain = format(Decimal(f"{value:.15g}"), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


# in this order: a bool is an int, a datetime is a date
_WRITTEN = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _number_text,
    datetime.datetime: _moment_text,
    datetime.date: datetime.date.isoformat,
    datetime.time: lambda value: value.isoformat(timespec="seconds"),
    datetime.timedelta: _length_text,
}


def _fitted(number: int, cells: list[str], width: int, limits: Limits) -> Row:
    if len(cells) > width:
        return Row(number, cells, "width")
    cells += [""] * (width - len(cells))
    if max(map(len, cells)) > limits.cell:
        return Row(number, [cell[: limits.cell] for cell in cells], "cell")
    if any("\0" in cell for cell in cells):
        return Row(number, cells, "control")
    return Row(number, cells)
