"""The XML inside a workbook, streamed through expat in bounded memory.

openpyxl would do, were the files ours: it keeps an object for every row and element it passes, so that a file of a
few megabytes can take gigabytes. Here nothing is kept but the row being read and the shared strings.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from cxm.lib.tables.model import Damaged, Limits, TooBig, TooManyColumns

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384  # of the format

_CHUNK = 64 * 1024
_SMALL_PARTS_LIMIT = 16 * 1024 * 1024  # bytes of XML of the workbook's table of contents and styles
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_DATE_IDS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


class Cell(NamedTuple):
    """A cell as it is stored: its type ("n", "s", "str", "b", "e", "d", "inlineStr"), style number and content."""

    kind: str
    style: int
    content: str


class Formats(NamedTuple):
    """Which style numbers show a number as a date, or as a length of time."""

    dates: frozenset[int]
    lengths: frozenset[int]


Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class _Parser:
    """Expat without entities, without namespaces' prefixes, refusing tokens nobody needs to write."""

    def __init__(self, start: Start, end: End, text: Callable[[str], None], limits: Limits) -> None:
        self._fed, self._limit = 0, limits.line
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = start
        self._expat.EndElementHandler = end
        self._expat.CharacterDataHandler = text
        self._expat.StartDoctypeDeclHandler = _refuse  # no entities, no bombs of them
        self._expat.EntityDeclHandler = _refuse

    def feed(self, chunk: bytes) -> None:
        try:
            self._expat.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise Damaged from error
        self._fed += len(chunk)
        if self._fed - max(self._expat.CurrentByteIndex, 0) > self._limit:
            raise TooBig


def _refuse(*_: object) -> None:
    raise Damaged


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part's bytes, at last an empty chunk."""
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except KeyError as error:
        raise Damaged from error
    yield b""


def elements(archive: zipfile.ZipFile, part: str, limits: Limits) -> list[tuple[str, dict[str, str]]]:
    """Every element of a small part: (name without prefix, attributes)."""
    found: list[tuple[str, dict[str, str]]] = []
    if archive.getinfo(part).file_size > _SMALL_PARTS_LIMIT:
        raise TooBig
    parser = _Parser(lambda name, given: found.append((_local(name), given)), _ignore, _ignore, limits)
    for chunk in _chunks(archive, part):
        parser.feed(chunk)
        if len(found) > 200_000:
            raise TooBig
    return found


def _ignore(*_: object) -> None:
    pass


def formats(archive: zipfile.ZipFile, part: str, limits: Limits) -> Formats:
    """Which styles are dates, from the number formats of styles.xml."""
    codes = dict(BUILTIN_FORMATS)
    styles: list[int] = []
    inside = ""
    for name, given in elements(archive, part, limits):
        if name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            inside = name
        elif name == "numFmt":
            codes[_number(given.get("numFmtId", ""))] = given.get("formatCode", "")[:255]
        elif name == "xf" and inside == "cellXfs":
            styles.append(_number(given.get("numFmtId", "0")))
    lengths = {style for style, code in enumerate(styles) if is_timedelta_format(codes.get(code, ""))}
    dates = {
        style for style, code in enumerate(styles) if code in _DATE_IDS or is_date_format(codes.get(code, "General"))
    }
    return Formats(frozenset(dates - lengths), frozenset(lengths))


def shared_strings(archive: zipfile.ZipFile, part: str, limits: Limits) -> list[str]:
    """The strings that cells name by their place; cut at the longest cell we take, and one more to show it."""
    strings: list[str] = []
    collected: list[str] = []
    longest = limits.cell + 1
    state = {"text": False, "reading": 0, "size": 0}

    def start(name: str, _: dict[str, str]) -> None:
        name = _local(name)
        if name == "si":
            collected.clear()
            state["size"] = 0
        elif name == "rPh":  # how it is pronounced: not part of what is written
            state["reading"] += 1
        elif name == "t":
            state["text"] = not state["reading"]

    def end(name: str) -> None:
        name = _local(name)
        if name == "si":
            strings.append(unescaped("".join(collected)[:longest]))
        elif name == "rPh":
            state["reading"] -= 1
        elif name == "t":
            state["text"] = False

    def text(content: str) -> None:
        if state["text"] and state["size"] < longest:
            collected.append(content)
            state["size"] += len(content)

    parser = _Parser(start, end, text, limits)
    for chunk in _chunks(archive, part):
        parser.feed(chunk)
        if len(strings) > limits.workbook_string_count:
            raise TooBig
    return strings


def unescaped(text: str) -> str:
    """`_x000D_` and its like as the characters they stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def sheet_rows(archive: zipfile.ZipFile, part: str, limits: Limits) -> Iterator[tuple[int, list[Cell | None]]]:
    """(row number, cells) of each row that has any cell with content. Raises TooManyColumns, Damaged, TooBig."""
    reader = _SheetReader(limits)
    parser = _Parser(reader.start, reader.end, reader.text, limits)
    for chunk in _chunks(archive, part):
        parser.feed(chunk)
        yield from reader.rows
        reader.rows.clear()
        if reader.number > LAST_ROW:
            return


class _SheetReader:
    """What the parser tells of one worksheet, made into rows."""

    def __init__(self, limits: Limits) -> None:
        self.rows: list[tuple[int, list[Cell | None]]] = []
        self.number = 0
        self._most, self._longest = limits.columns, limits.cell + 1
        self._cells: list[Cell | None] = []
        self._column = 0
        self._kind, self._style = "n", 0
        self._collecting = False
        self._content: list[str] = []
        self._size = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        if ":" in name:
            name = _local(name)
        if name == "c":
            self._kind = given.get("t", "n")
            self._style = _number(given.get("s", "0"))
            reference = given.get("r")
            self._column = _column(reference) if reference else self._column + 1
            self._content.clear()
            self._size = 0
        elif name in {"v", "t"}:
            self._collecting = True
        elif name == "row":
            self.number = _number(given["r"]) if "r" in given else self.number + 1
            self._cells, self._column = [], 0

    def text(self, content: str) -> None:
        if self._collecting and self._size < self._longest:
            self._content.append(content)
            self._size += len(content)

    def end(self, name: str) -> None:
        if ":" in name:
            name = _local(name)
        if name in {"v", "t"}:
            self._collecting = False
        elif name == "c":
            self._take()
        elif name == "row" and self._cells and self.number <= LAST_ROW:
            self.rows.append((self.number, self._cells))
            self._cells = []

    def _take(self) -> None:
        if not self._content:
            return
        missing = self._column - len(self._cells)
        if self._column > self._most:
            raise TooManyColumns
        if missing > 0:
            self._cells.extend([None] * missing)
        self._cells[self._column - 1] = Cell(self._kind, self._style, "".join(self._content)[: self._longest])
        self._content.clear()


def _number(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise Damaged
    return int(written)


_COLUMNS: dict[str, int] = {}


def _column(reference: str) -> int:
    """AB12 → 28."""
    letters = reference.rstrip("0123456789")
    known = _COLUMNS.get(letters)
    if known is None:
        if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
            raise Damaged
        known = 0
        for letter in letters.upper():
            known = known * 26 + ord(letter) - 64
        if known > LAST_COLUMN:
            raise Damaged
        _COLUMNS[letters] = known
    return known
