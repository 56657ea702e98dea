"""XLSX workbooks: looked at as a zip archive first, then streamed; cells become the text a CSV would hold."""

import datetime
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from cxm.lib.tables import ooxml
from cxm.lib.tables.model import MEGABYTE, Damaged, Layout, Limits, NotATable, Row, TooBig, TooManyColumns, TooManyRows

_UNREMARKABLE = 16 * MEGABYTE  # an entry below this may be compressed as well as it likes
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, UnicodeError)


class Sheet(NamedTuple):
    """A worksheet: its name, the archive's entry that holds it, and whether it is shown."""

    name: str
    part: str
    visible: bool


class Book(NamedTuple):
    """A workbook opened for reading. `sheets` begins with the one that was open when it was saved."""

    archive: zipfile.ZipFile
    sheets: list[Sheet]
    strings: list[str]
    formats: ooxml.Formats
    epoch: datetime.datetime
    limits: Limits


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse a zip bomb before anything is unpacked.

    The declared sizes can be trusted as upper bounds (zipfile stops there), unless entries overlap,
    which is how the smallest bombs are made. Raises TooBig, Damaged, NotATable.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (*_BROKEN, ValueError) as error:
        raise Damaged from error
    if len(entries) > limits.workbook_entries:
        raise TooBig
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise NotATable
    if sum(entry.file_size for entry in entries) > limits.workbook_unpacked:
        raise TooBig
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.flag_bits & 0x1:
            raise Damaged
        end = entry.header_offset + entry.compress_size
        crammed = entry.file_size > _UNREMARKABLE and entry.file_size > entry.compress_size * limits.ratio
        strings = entry.filename.endswith("sharedStrings.xml") and entry.file_size > limits.workbook_strings
        if crammed or strings:
            raise TooBig


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Book]:
    """The workbook. Raises TooBig, Damaged, NotATable."""
    check_archive(path, limits)
    with _damage_named(), zipfile.ZipFile(path) as archive:
        yield _book(archive, limits)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Damaged from error


def _book(archive: zipfile.ZipFile, limits: Limits) -> Book:
    root = _related(archive, "", limits).get("officeDocument", {})
    main = next(iter(root.values()), "xl/workbook.xml")
    related = _related(archive, main, limits)
    sheets: list[Sheet] = []
    active, epoch = 0, CALENDAR_WINDOWS_1900
    for name, given in ooxml.elements(archive, main, limits):
        if name == "sheet":
            key = next((value for attribute, value in given.items() if attribute.endswith(":id")), "")
            part = related.get("worksheet", {}).get(key)
            if part:  # a chart sheet has none
                sheets.append(Sheet(given.get("name", ""), part, given.get("state", "visible") == "visible"))
        elif name == "workbookView":
            active = int(given.get("activeTab", "0")) if given.get("activeTab", "0").isdecimal() else 0
        elif name == "workbookPr" and given.get("date1904") in {"1", "true"}:
            epoch = CALENDAR_MAC_1904
    if active < len(sheets):
        sheets.insert(0, sheets.pop(active))
    strings = [text for part in related.get("sharedStrings", {}).values()
               for text in ooxml.shared_strings(archive, part, limits)]  # fmt: skip
    styles = next(iter(related.get("styles", {}).values()), None)
    found = ooxml.formats(archive, styles, limits) if styles else ooxml.Formats(frozenset(), frozenset())
    return Book(archive, sheets, strings, found, epoch, limits)


def _related(archive: zipfile.ZipFile, part: str, limits: Limits) -> dict[str, dict[str, str]]:
    """Kind of relation → id → the archive's entry, of the relations a part declares."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, dict[str, str]] = {}
    for element, given in ooxml.elements(archive, relations, limits):
        if element == "Relationship" and given.get("TargetMode") != "External":
            kind = given.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, given.get("Target", ""))).lstrip("/")
            found.setdefault(kind, {})[given.get("Id", "")] = target
    return found


def rows(path: Path, layout: Layout, limits: Limits) -> Iterator[Row]:
    """Data rows of one sheet, streamed; see `cxm.lib.tables.rows`."""
    if layout.width > limits.columns:
        raise TooManyColumns
    if not layout.width:
        return
    with opened(path, limits) as book:
        sheet = next((sheet for sheet in book.sheets if sheet.name == layout.sheet), None)
        if sheet is None:
            raise Damaged
        found = raw_rows(book, sheet)
        for count, (number, cells) in enumerate(islice(found, layout.above, None)):
            if count >= limits.rows:
                raise TooManyRows
            yield _fitted(number, cells, layout.width, limits)


def raw_rows(book: Book, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells without the empty ones at the end) of each row that holds something."""
    with _damage_named():
        for number, stored in ooxml.sheet_rows(book.archive, sheet.part, book.limits):
            cells = [_text(book, cell) if cell else "" for cell in stored]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells


def _text(book: Book, cell: ooxml.Cell) -> str:
    """A cell as it would stand in a CSV file: ISO dates, plain decimal numbers, true and false."""
    kind, style, content = cell
    if kind == "s":
        if not content.isdecimal() or len(content) > 9 or int(content) >= len(book.strings):
            raise Damaged
        return book.strings[int(content)]
    if kind == "n":
        if style in book.formats.dates or style in book.formats.lengths:
            return _moment_text(book, style, content)
        return content if content.isdecimal() else _number_text(content)
    if kind == "b":
        return "true" if content.strip() == "1" else "false"
    return ooxml.unescaped(content)


def _moment_text(book: Book, style: int, content: str) -> str:
    """The date, time or length a number stands for; the number itself where it stands for none."""
    try:
        value = from_excel(float(content), book.epoch, timedelta=style in book.formats.lengths)
    except (ValueError, OverflowError, TypeError):
        return _number_text(content)
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time.min:
        return value.date().isoformat()
    return value.isoformat(timespec="seconds")


def _number_text(content: str) -> str:
    """15 digits as Excel shows them, never an exponent, no ".0"; what is no number stays as it is."""
    try:
        number = float(content)
    except ValueError:
        return content
    if number - number != 0:  # NaN and infinity
        return content
    plain = format(Decimal(f"{number:.15g}"), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _fitted(number: int, cells: list[str], width: int, limits: Limits) -> Row:
    if len(cells) > width:
        return Row(number, cells, "width")
    cells += [""] * (width - len(cells))
    if max(map(len, cells)) > limits.cell:
        return Row(number, [cell[: limits.cell] for cell in cells], "cell")
    if any("\0" in cell for cell in cells):
        return Row(number, cells, "control")
    return Row(number, cells)
