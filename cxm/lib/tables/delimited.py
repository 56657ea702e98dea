"""Delimited text, read by the csv module on a stream of measured lines.

The clean case costs little more than `csv.reader` alone. Only when a line or record is odd do we look
closer: the first physical line of a record that breaks is reported, and reading goes on with the next
physical line, so that one unclosed quotation mark does not swallow the rest of the file.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cxm.lib.tables import streams
from cxm.lib.tables.model import Layout, Limits, Row, TooBig, TooManyColumns, TooManyRows

UNREADABLE = "\ufffd"


class _Runaway(Exception):
    """A record that spans more lines, or is longer, than any honest one."""


class _Lines:
    """Physical lines of a text stream. `record` holds those of the record being read."""

    def __init__(self, stream: io.TextIOBase, limits: Limits) -> None:
        self._readline = stream.readline
        self._limits = limits
        self._again: deque[str] = deque()
        self._read_again = 0
        self._size = 0
        self.record: list[str] = []
        self.count = 0  # lines handed out so far
        self.odd = False  # the record needs a closer look

    def __iter__(self) -> Iterator[str]:
        readline, again, record = self._readline, self._again, self.record
        limit, cell_limit = self._limits.line, self._limits.cell
        while line := (again.popleft() if again else readline(limit)):
            size = len(line)
            if size == limit and not line.endswith(("\n", "\r")):
                raise TooBig
            if record:
                self._go_on(line)
            if size > cell_limit or "\0" in line or UNREADABLE in line:
                self.odd = True
            self.count += 1
            record.append(line)
            yield line

    def _go_on(self, line: str) -> None:
        """Another physical line of the same record; raises _Runaway where that cannot be meant."""
        self.odd = True
        self._size += len(line)
        if len(self.record) >= self._limits.record_lines or self._size > self._limits.line:
            self._again.appendleft(line)
            raise _Runaway

    def give_back_all_but_first(self) -> str:
        """After a broken record: its first line is done with, the others are read afresh.

        Unless so much has been read twice that the file must be made to waste our time: then all of the
        record is done with.
        """
        first, *others = self.record or [""]
        self._read_again += len(others)
        if self._read_again < 10_000 + 10 * self.count:
            self._again.extendleft(reversed(others))
            self.count -= len(others)
        self.done()
        return first

    def done(self) -> None:
        self.record.clear()
        if self.odd:
            self.odd = False
            self._size = 0


def rows(path: Path, layout: Layout, limits: Limits) -> Iterator[Row]:
    """Data rows of a delimited file, streamed; see `cxm.lib.tables.rows`."""
    if layout.width > limits.columns:
        raise TooManyColumns
    if not layout.width:
        return
    with streams.opened(path, gzipped=layout.gzipped, limits=limits) as binary:
        stream = io.TextIOWrapper(binary, encoding=layout.encoding, errors="replace", newline="")
        lines = _Lines(stream, limits)
        for _ in zip(range(layout.skip), lines, strict=False):
            lines.done()
        found = _rows(lines, layout, limits)
        for count, row in enumerate(islice(found, layout.above, None)):
            if count >= limits.rows:
                raise TooManyRows
            yield row


def _rows(lines: _Lines, layout: Layout, limits: Limits) -> Iterator[Row]:
    width, record, done = layout.width, lines.record, lines.done
    while True:
        reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
        try:
            for cells in reader:
                if lines.odd or len(cells) != width:
                    number = lines.count - len(record) + 1
                    row = _examined(number, cells, record, width, limits)
                elif cells[0] or any(cells):
                    row = Row(lines.count, cells)
                else:
                    row = None
                done()
                if row is not None:
                    yield row
        except (csv.Error, _Runaway):
            number = lines.count - len(record) + 1
            oversized = len(record[0]) > limits.cell if record else False
            first = lines.give_back_all_but_first()
            yield Row(number, _best_effort(first, layout, limits), "cell" if oversized else "quotes")
        else:
            return


def _examined(number: int, cells: list[str], record: list[str], width: int, limits: Limits) -> Row | None:
    """The row, with its problem if it has one; None for an empty line."""
    if not any(cells):
        return None
    problem = None
    if any("\0" in line for line in record):
        problem = "control"
    elif any(UNREADABLE in line for line in record):
        problem = "encoding"
    elif max(map(len, cells)) > limits.cell:
        problem = "cell"
    elif len(cells) > width and not any(cells[width:]):
        cells = cells[:width]  # spreadsheets leave empty cells behind the last column
    elif len(cells) != width:
        problem = "width"
    return Row(number, cells[: limits.columns], problem)


def _best_effort(line: str, layout: Layout, limits: Limits) -> list[str]:
    """The cells of one broken line, split at the delimiter alone: to be shown, not to be used."""
    return [cell[: limits.cell] for cell in line.rstrip("\r\n").split(layout.delimiter)[: limits.columns]]
