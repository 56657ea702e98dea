"""What a table is, what may be wrong with it, and how much of it we are willing to read."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

from cxm.lib import errors, text

MEGABYTE = 1024 * 1024

# What can be wrong with one row: the key is stored with a rejected row, the sentence is shown.
PROBLEMS = {
    "quotes": _("The quotation marks of this row do not match."),
    "width": _("This row does not have as many cells as the table has columns."),
    "encoding": _("This row has characters that cannot be read in the encoding of the file."),
    "control": _("This row has characters that are not text (a NUL byte)."),
    "cell": _("A cell of this row is too long."),
}


class NotATable(errors.Refusal):
    """The file is neither delimited text nor an XLSX workbook."""

    code = "not_a_table"
    message = _("This file is not a table we can read. Save it as CSV or as an Excel workbook (.xlsx).")


class Empty(errors.Refusal):
    """The file holds no row."""

    code = "empty_file"
    message = _("This file is empty.")


class Damaged(errors.Refusal):
    """The file breaks off or contradicts itself."""

    code = "damaged_file"
    message = _("This file is damaged or incomplete. Save it again and upload it once more.")


class TooBig(errors.Refusal):
    """The file, once unpacked, or one line of it is bigger than any honest table."""

    code = "too_big"
    status = 413
    message = _("This file is too big once unpacked, or has a line that never ends. Split it into smaller files.")


class TooManyRows(errors.Refusal):
    """More rows than `Limits.rows`."""

    code = "too_many_rows"
    status = 413
    message = _("This table has too many rows. Split it into smaller files.")


class TooManyColumns(errors.Refusal):
    """More columns than `Limits.columns`."""

    code = "too_many_columns"
    message = _("This table has too many columns. Keep the ones you need.")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is read before the file is refused. Characters for text, bytes for files.

    `ratio` is unpacked to packed size, asked only beyond `ratio_from` unpacked bytes: small files of
    repeated text compress extremely well and harm nobody.
    """

    cell: int = 64 * 1024
    columns: int = 500
    rows: int = 5_000_000
    line: int = MEGABYTE
    record_lines: int = 1000
    unpacked: int = 2048 * MEGABYTE
    ratio: int = 200
    ratio_from: int = 64 * MEGABYTE
    workbook_unpacked: int = 512 * MEGABYTE
    workbook_strings: int = 128 * MEGABYTE
    workbook_string_count: int = 5_000_000
    workbook_entries: int = 2000


class Row(NamedTuple):
    """One row. `number` is its first physical line (CSV) or row (XLSX), from 1, as an editor shows it."""

    number: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How to read one file; a plain value, so a person's correction is `dataclasses.replace`.

    `first` holds the cells of the first row of the table as written; `skip` counts lines before everything (Excel's
    `sep=;`), `titles` the rows above the table that say what it is.
    """

    kind: Literal["csv", "xlsx"]
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    gzipped: bool = False
    skip: int = 0
    titles: int = 0
    first: tuple[str, ...] = ()
    width: int = 0
    sheet: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """A name for each column: clean, not empty, unique ("email", "email 2", "column 5")."""
        names: list[str] = []
        taken: set[str] = set()
        written = self.first if self.has_header else ()
        for place in range(self.width):
            name = text.clean_line(written[place])[:200] if place < len(written) else ""
            name = name or f"column {place + 1}"
            unique, number = name, 1
            while unique.casefold() in taken:
                number += 1
                unique = f"{name} {number}"
            taken.add(unique.casefold())
            names.append(unique)
        return tuple(names)

    @property
    def above(self) -> int:
        """How many rows stand above the first row of data."""
        return self.titles + self.has_header

    def to_dict(self) -> dict:
        """As JSON keeps it; `Layout.from_dict` reads it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"first": list(self.first)}

    @classmethod
    def from_dict(cls, stored: dict) -> "Layout":
        return replace(cls(**stored), first=tuple(stored["first"]))
