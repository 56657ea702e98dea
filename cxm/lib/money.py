"""Amounts of money: Decimal, never float; read as people write them. How they are shown: `formats`."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import numbers

from cxm.lib import text

_LENGTH_LIMIT, _DIGITS_LIMIT = 64, 24

# what people write beside an amount, besides ISO codes; None where several currencies share it
_SYMBOLS = {
    "ر.س": "SAR", "ريال": "SAR", "sr": "SAR", "د.إ": "AED", "درهم": "AED", "dhs": "AED", "ج.م": "EGP",
    "جنيه": "EGP", "د.ك": "KWD", "ر.ق": "QAR", "د.ب": "BHD", "ر.ع": "OMR", "د.أ": "JOD", "دينار": None, "$": "USD",
    "us$": "USD", "€": "EUR", "£": "GBP", "¥": None, "₹": "INR", "₺": "TRY", "rs": None, "kr": None, "zł": "PLN",
}  # fmt: skip
_UNITS = {text.fold(symbol): code for symbol, code in _SYMBOLS.items()}

_PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_NUMBER = re.compile(r"(?:(?<![^\s+\-])[.,])?\d[\d.,'٬٫ ]*")
_SPACED = re.compile(r"\d{1,3}(?:[ '٬]\d{3})+(?:[.,٫]\d+)?")
_GROUPED = {
    mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}") for mark in ".,"
}


class Money(NamedTuple):
    """An amount, and its currency (ISO 4217) if it was written beside it."""

    amount: Decimal
    currency: str | None


def parse(written: str, *, decimal_mark: str | None = None) -> Decimal | None:
    """The amount as people write it ("1,234.50", "1.234,50", "١٢٣٫٤٥", "SAR 5", "(5.00)"), or None.

    A lone mark before exactly three digits is ambiguous: "1,234" is taken as a thousand, "1.234" as a
    fraction (that is how programs write), unless `decimal_mark` ("." or ",", see `infer_decimal_mark`) says so.
    """
    if decimal_mark != "," and _PLAIN.fullmatch(written) and written.isascii():
        return Decimal(written)
    found = parse_money(written, decimal_mark=decimal_mark)
    return found and found.amount


def parse_money(written: str, *, decimal_mark: str | None = None) -> Money | None:
    """Amount and currency as written; None if it is no amount or the words beside it are no currency."""
    if len(written) > _LENGTH_LIMIT:
        return None
    parts = _take_apart(written)
    if parts is None:
        return None
    negative, number, units = parts
    if any(not _is_unit(unit) for unit in units):
        return None
    plain = _plain_number(number, decimal_mark)
    if plain is None or sum(map(str.isdigit, plain)) > _DIGITS_LIMIT:
        return None
    currency = next((code for unit in units if (code := _UNITS.get(unit, unit.upper()))), None)
    return Money(-Decimal(plain) if negative else Decimal(plain), currency)


def _take_apart(written: str) -> tuple[bool, str, list[str]] | None:
    """(negative, number as written, words beside it); None if there is not exactly one number."""
    line = text.fold(written)
    negative = line.startswith("(") and line.endswith(")")
    line = line[1:-1].strip() if negative else line
    found = _NUMBER.search(line)
    if not found:
        return None
    before, number, after = line[: found.start()], found[0].rstrip(), line[found.end() :]
    if number.endswith((".", ",")):
        number, after = number[:-1], after.lstrip("-")  # "5,-" has no cents, and is not negative
    beside = f"{before} {after}"
    signs = [character for character in beside if character in "+-"]
    if len(signs) + negative > 1 or any(character.isdigit() for character in beside):
        return None
    units = [unit.strip(".") for unit in re.sub(r"[+\-]", " ", beside).split()]
    return negative or signs == ["-"], number, units


def _is_unit(word: str) -> bool:
    return word in _UNITS or word.upper() in _codes()


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(numbers.list_currencies())


def _plain_number(number: str, decimal_mark: str | None) -> str | None:
    """The number with a point for its decimal mark and nothing else; None if its groups make no sense."""
    if any(mark in number for mark in " '٬"):
        plain = re.sub("[ '٬]", "", number).replace(",", ".").replace("٫", ".")
        return plain if _SPACED.fullmatch(number) else None
    if "٫" in number:
        number, decimal_mark = number.replace(",", "").replace(".", "").replace("٫", "."), "."
    marks = [character for character in number if not character.isdigit()]
    if not marks:
        return number
    mark = marks[-1]
    if len(set(marks)) == 1 and (len(marks) > 1 or _is_grouping(number, mark, decimal_mark)):
        return number.replace(mark, "") if _GROUPED[mark].fullmatch(number) else None
    if decimal_mark and mark != decimal_mark:
        return None
    return _with_fraction(number, mark)


def _with_fraction(number: str, mark: str) -> str | None:
    whole, _, fraction = number.rpartition(mark)
    group = "," if mark == "." else "."
    if mark in whole or (group in whole and not _GROUPED[group].fullmatch(whole)):
        return None
    return f"{whole.replace(group, '') or '0'}.{fraction}"


def _is_grouping(number: str, mark: str, decimal_mark: str | None) -> bool:
    """Whether the only mark of `number` parts thousands."""
    if decimal_mark:
        return mark != decimal_mark
    return mark == "," and _GROUPED[","].fullmatch(number) is not None


def infer_decimal_mark(samples: Iterable[str]) -> str | None:
    """The decimal mark of a column, "." or ",", by its unambiguous amounts; None if there are none."""
    votes: Counter[str] = Counter()
    for written in samples:
        parts = _take_apart(written[:_LENGTH_LIMIT])
        marks = [character for character in parts[1] if character in ".,"] if parts else []
        if not marks:
            continue
        last, other = marks[-1], "," if marks[-1] == "." else "."
        if len(set(marks)) == 2:
            votes[last] += 1
        elif len(marks) > 1:
            votes[other] += 1
        elif len(parts[1].rpartition(last)[2]) != 3:
            votes[last] += 1
    return max(votes, key=votes.__getitem__) if votes else None


def is_currency(code: str) -> bool:
    """Whether `code` is a currency of ISO 4217, in capital letters."""
    return code in _codes()


def minor_digits(currency: str) -> int:
    """How many digits its cents have: 2 for SAR, 3 for KWD, 0 for JPY."""
    return numbers.get_currency_precision(currency)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to what can be paid."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """In cents, halalas, fils."""
    return int(quantize(amount, currency).scaleb(minor_digits(currency)))


def from_minor(units: int, currency: str) -> Decimal:
    """From cents, halalas, fils."""
    return Decimal(units).scaleb(-minor_digits(currency))
