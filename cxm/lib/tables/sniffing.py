"""What a file is, by its content: its name only breaks no tie at all (people rename)."""

import codecs
import csv
import dataclasses
import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import charset_normalizer

from cxm.lib.tables import streams, workbook
from cxm.lib.tables.model import MEGABYTE, Empty, Layout, Limits, NotATable, TooBig, TooManyColumns

_ZIP, _GZIP, _OLE, _PDF = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"%PDF"
_SAMPLE = 256 * 1024
_LOOK_AT = 64 * MEGABYTE  # so much is decoded to know whether it is UTF-8
_DELIMITERS = ",;\t|"
_EIGHT_BIT = ["cp1252", "cp1256", "cp1254", "cp1250", "cp1251", "cp1253", "cp1255", "iso8859_6"]

_MARKUP = re.compile(rb"\s*(<!doctype|<html|<table|<\?xml|\{\\rtf)", re.IGNORECASE)
_NOT_TEXT = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_ARABIC_WORD = re.compile("(?<![A-Za-z])[\u0621-\u063a\u0641-\u064a\u067e\u0686\u0698\u06af]{2,}(?![A-Za-z])")
_MIXED_WORD = re.compile("[A-Za-z][\u0621-\u064a]|[\u0621-\u064a][A-Za-z]")
# a value rather than a name: a number or date, an address, a telephone number
_VALUE = re.compile(r"[+\-]?[\d٠-٩۰-۹][\d٠-٩۰-۹\s.,:/\-()TZ+%]*|[^@\s]+@[^@\s]+\.[^@\s]+|true|false", re.IGNORECASE)


def sniff(path: Path | str, *, limits: Limits | None = None) -> Layout:
    """How to read the file. Decided by content: a .csv that is a workbook is a workbook, and the other way round.

    Raises NotATable, Empty, Damaged, TooBig, TooManyColumns.
    """
    path, limits = Path(path), limits or Limits()
    with path.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise Empty
    if magic == _ZIP:
        layout = _sniff_workbook(path, limits)
    elif magic in (_OLE, _PDF):
        raise NotATable
    else:
        layout = _sniff_delimited(path, limits, gzipped=magic[:2] == _GZIP)
    if layout.width > limits.columns:
        raise TooManyColumns
    return layout


def _sniff_workbook(path: Path, limits: Limits) -> Layout:
    with workbook.opened(path, limits) as book:
        for sheet in sorted(book.sheets, key=lambda sheet: not sheet.visible):
            found = [cells for _, cells in islice(workbook.raw_rows(book, sheet), 50)]
            if found:
                return _shaped(Layout(kind="xlsx", sheet=sheet.name), found)
    raise Empty


def _sniff_delimited(path: Path, limits: Limits, *, gzipped: bool) -> Layout:
    with streams.opened(path, gzipped=gzipped, limits=limits) as stream:
        sample = stream.read(_SAMPLE)
        encoding = _encoding(sample, stream)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    if len(sample) == _SAMPLE:
        text = _whole_lines(text, limits)
    skip = 0
    delimiters = _DELIMITERS
    if declared := _SEP_LINE.match(text):
        delimiters, skip, text = declared[1], 1, text[declared.end() :]
    candidates = [(delimiter, _records(text, delimiter)) for delimiter in delimiters]
    delimiter, records = max(candidates, key=lambda candidate: _regularity(candidate[1]))
    if not records:
        raise Empty
    layout = Layout(kind="csv", encoding=encoding, delimiter=delimiter, gzipped=gzipped, skip=skip)
    return _shaped(layout, records)


def _encoding(sample: bytes, rest: io.BufferedReader) -> str:
    """The encoding of the file whose beginning is `sample` and whose further bytes `rest` gives."""
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _MARKUP.match(sample) or sample.startswith(b"\x7fELF"):
        raise NotATable
    even, odd = sample[:4096:2].count(0), sample[1:4096:2].count(0)
    if max(even, odd) > len(sample[:4096]) // 5 and min(even, odd) < max(even, odd) // 4:
        return "utf-16-be" if even > odd else "utf-16-le"
    if len(sample) - len(sample.translate(None, _NOT_TEXT)) > 8 + len(sample) // 100:
        raise NotATable
    evidence = _first_not_utf8(sample, rest)
    return _eight_bit(evidence) if evidence else "utf-8"


def _first_not_utf8(sample: bytes, rest: io.BufferedReader) -> bytes:
    """The first block that is not UTF-8, by more than a stray byte; empty if the file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block, seen = sample, 0
    while block and seen < _LOOK_AT:
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            if not _mostly_utf8(block):
                return block
            decoder.reset()
        seen += len(block)
        block = rest.read(MEGABYTE)
    return b""


def _mostly_utf8(block: bytes) -> bool:
    """A few damaged rows do not make a UTF-8 file a Windows one."""
    decoded = block.decode("utf-8", errors="replace")
    bad = decoded.count("\ufffd")
    good = sum(1 for character in decoded if character > "\x7f") - bad
    return good > 4 * bad


def _eight_bit(block: bytes) -> str:
    lines = [line for line in block.splitlines() if not line.isascii()]
    evidence = b"\n".join(lines)[: 64 * 1024]
    arabic = evidence.decode("cp1256", errors="replace")
    if len(_ARABIC_WORD.findall(arabic)) > 4 * len(_MIXED_WORD.findall(arabic)):
        best = charset_normalizer.from_bytes(evidence, cp_isolation=_EIGHT_BIT).best()
        # other alphabets of long words (Cyrillic, Greek) also look like Arabic words, of odd letters
        return best.encoding if best and best.encoding in {"cp1251", "cp1253", "cp1255", "iso8859_6"} else "cp1256"
    best = charset_normalizer.from_bytes(evidence, cp_isolation=_EIGHT_BIT).best()
    if not best:
        return "cp1252"
    # where several encodings read the same, the Western one is what the rest of the file is in
    return "cp1252" if evidence.decode("cp1252", errors="replace") == str(best) else best.encoding


def _whole_lines(text: str, limits: Limits) -> str:
    """The sample without its last, cut line."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    if end < 0:
        if len(text) > limits.cell:
            raise TooBig
        return text
    return text[: end + 1]


def _records(text: str, delimiter: str) -> list[list[str]]:
    """The first records that are not empty, as far as they can be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    try:
        for cells in islice(reader, 200):
            if any(cells):
                found.append(cells)
            if len(found) == 50:
                break
    except csv.Error:
        pass
    return found


def _regularity(records: list[list[str]]) -> tuple[float, int]:
    """How much the records look like rows of one table: share of the usual width, then the width."""
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    if not widths:
        return (0.0, 0)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (round(count / len(records), 1), width)


def _shaped(layout: Layout, records: list[list[str]]) -> Layout:
    """`layout` with its width, its titles, first row and whether that is a header."""
    titles = _titles(records)
    records = records[titles:]
    first = list(records[0])
    while len(first) > 1 and not first[-1].strip():
        first.pop()
    has_header = _is_header(first, records[1:])
    width = len(first)
    if not has_header:
        width = Counter(map(len, records)).most_common(1)[0][0]
    return dataclasses.replace(layout, titles=titles, has_header=has_header, first=tuple(first), width=width)


def _titles(records: list[list[str]]) -> int:
    """How many rows at the top only say what the table is: a single cell, mostly merged, over a table of several."""
    several = [sum(1 for cell in cells if cell.strip()) > 1 for cells in records]
    if several.count(True) < 2:
        return 0
    place = several.index(True)
    return place if several.count(True) * 2 > len(several) - place else 0


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """A header names things: no numbers, dates or addresses, and no name twice. Text alone counts as one."""
    names = [cell.strip().casefold() for cell in first if cell.strip()]
    if any(_VALUE.fullmatch(name) for name in names):
        return False
    if len(set(names)) == len(names):
        return True
    # a repeated name may still head a table whose rows hold values
    return any(_VALUE.fullmatch(cell.strip()) for cells in others for cell in cells)
