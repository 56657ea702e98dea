"""Numbers, money and times as people write them, by language and the digits a business has chosen."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, dates, numbers, units

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
LATIN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_LAST_DOT = re.compile(r"\.(\u200f?)\Z")  # CLDR ends it with a mark of direction
Number = int | float | Decimal | str


def digits(text: str, *, language: str, system: str) -> str:
    """Return the text with its digits in the system chosen; only Arabic has a choice.

    Args:
        text: what was formatted.
        language: of the page: ``en``, ``ar``.
        system: ``latn`` or ``arab``.
    """
    if language.startswith("ar") and system == "arab":
        return text.translate(ARABIC_DIGITS)
    return text.translate(LATIN_DIGITS)


@lru_cache(4096)  # the same small counts again and again, and Babel takes its time
def number(value: Number, *, language: str, system: str, places: int | None = None) -> str:
    """Return a number with its groups: ``1,234.5``.

    Args:
        value: the number, or text of one.
        places: decimals, exactly; None keeps up to two.
    """
    pattern = "#,##0.##" if places is None else "#,##0" + ("." + "0" * places if places else "")
    written = numbers.format_decimal(
        _exact(value), pattern, locale=_locale(language), numbering_system=_system(language, system)
    )
    return digits(written, language=language, system=system)


def compact(value: Number, *, language: str, system: str) -> str:
    """Return a large number in few letters: ``1.2M``; whole below ten thousand."""
    exact = _exact(value)
    if abs(exact) < 10_000:
        return number(exact, language=language, system=system)
    shown = numbers.format_compact_decimal(exact, locale=_locale(language), fraction_digits=1)
    return digits(shown, language=language, system=system)


@lru_cache(4096)
def percent(value: Number, *, language: str, system: str, places: int = 1) -> str:
    """Return a share as a percentage: 0.123 → ``12.3%``."""
    pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
    written = numbers.format_percent(
        _exact(value), pattern, locale=_locale(language), numbering_system=_system(language, system)
    )
    return digits(written, language=language, system=system)


# "SAR237.00" reads as one word: CLDR wants a space between a currency of letters and the digits; Babel leaves it out.
_LETTERS_BEFORE_DIGITS = re.compile(r"(?<=[A-Za-z])(?=\d)")


@lru_cache(4096)
def money(value: Number, *, currency: str, language: str, system: str, whole: bool = False) -> str:
    """Return an amount with its currency, in the currency's own decimals.

    Args:
        whole: leave the decimals out, for figures on a dashboard.
    """
    written = numbers.format_currency(
        _exact(value),
        currency,
        "¤#,##0" if whole and language == "en" else ("#,##0 ¤" if whole else None),
        locale=_locale(language),
        currency_digits=not whole,
        numbering_system=_system(language, system),
    )
    written = _LETTERS_BEFORE_DIGITS.sub("\u00a0", without_last_dot(written))
    return digits(written, language=language, system=system)  # Babel chooses the signs of a system, not its digits


def without_last_dot(written: str) -> str:
    """Return an amount whose currency does not end in a dot: ``ر.س`` for ``ر.س.``.

    Sentences end with amounts, and their full stop would stand beside that of the abbreviation. Arabic writes both.
    """
    return _LAST_DOT.sub(r"\1", written)


def day(value: date | datetime, *, language: str, system: str, style: str = "medium") -> str:
    """Return a date: ``3 Nov 2026``. Hand in datetimes already in the viewer's zone."""
    return _day(value.date() if isinstance(value, datetime) else value, language, system, style)


@lru_cache(4096)  # by the date alone: equal moments of two zones may be two dates
def _day(value: date, language: str, system: str, style: str) -> str:
    return digits(dates.format_date(value, style, locale=_locale(language)), language=language, system=system)


@lru_cache(4096)  # the same days under every picture of a page, and on the next page again
def days_of(first: date, last: date, *, language: str, system: str, skeleton: str = "yMMMd") -> str:
    """Return a stretch of days in few words: ``21–27 Nov 2026``; one day alone: ``3 Nov 2026``.

    Args:
        skeleton: what to write of each day, as CLDR has it; ``MMMd`` leaves the year out.
    """
    return digits(
        dates.format_interval(first, last, skeleton, locale=_locale(language)), language=language, system=system
    )


def moment(value: datetime, *, language: str, system: str, style: str = "medium") -> str:
    """Return date and time, to the minute. Hand it in already in the viewer's zone."""
    if style == "short":
        written = dates.format_datetime(value, "short", tzinfo=value.tzinfo, locale=_locale(language))
        return digits(written, language=language, system=system)
    clock = digits(f"{value:%H:%M}", language=language, system=system)
    comma = "،" if language.startswith("ar") else ","
    return f"{_day(value.date(), language, system, 'd MMM y')}{comma} {clock}"


def span(value: timedelta, *, language: str, system: str) -> str:
    """Return a length of time in hours and minutes: ``26 hrs 30 mins``. Its sign is left out."""
    minutes = round(abs(value).total_seconds() / 60)
    parts = [part for part in (("hour", minutes // 60), ("minute", minutes % 60)) if part[1]] or [("minute", 0)]
    written = " ".join(_unit(count, name, language) for name, count in parts)
    return digits(written, language=language, system=system)


def roughly(value: timedelta, *, language: str, system: str) -> str:
    """Return a length of time by its greatest unit: ``3 days``."""
    written = dates.format_timedelta(abs(value), locale=_locale(language), threshold=1.5)
    return digits(written, language=language, system=system)


def days(count: int, *, language: str, system: str) -> str:
    """Return a number of days: ``30 days``."""
    return digits(_unit(count, "day", language), language=language, system=system)


@lru_cache(1024)
def _unit(count: int, name: str, language: str) -> str:
    return units.format_unit(count, f"duration-{name}", length="short", locale=_locale(language))


def size(count: int, *, language: str, system: str) -> str:
    """Return how much a file holds: ``1.4 MB``. CLDR has no word for bytes in every language."""
    name, unit = ("megabyte", 1024 * 1024) if count >= 1024 * 1024 else ("kilobyte", 1024)
    shown = round(count / unit, 1) if count < 10 * unit else round(count / unit)
    written = units.format_unit(
        max(shown, 0.1), f"digital-{name}", length="short", locale=_locale(language),
        numbering_system=_system(language, system),
    )  # fmt: skip
    return digits(written, language=language, system=system)


def ago(value: datetime, *, now: datetime, language: str, system: str) -> str:
    """Return how long ago, or in how long: ``3 hours ago``, ``in 2 days``."""
    delta = value - now
    if abs(delta) < timedelta(seconds=45):
        delta = timedelta(seconds=-1) if delta <= timedelta(0) else timedelta(seconds=1)
    seconds = delta.total_seconds()
    # What lies days back is written in days: an hour more or less is the same words, and those are remembered.
    return _ago(round(seconds / 3600) * 3600 if abs(seconds) > 3 * 86_400 else seconds, language, system)


@lru_cache(8192)
def _ago(seconds: float, language: str, system: str) -> str:
    written = dates.format_timedelta(
        timedelta(seconds=seconds), add_direction=True, locale=_locale(language), threshold=1.1
    )
    return digits(written, language=language, system=system)


def country(code: str, *, language: str) -> str:
    """Return a country's name, or its code where it has none."""
    return _locale(language).territories.get(code, code)


def tongue(tag: str, *, language: str) -> str:
    """Return a language's name, or its tag where it has none."""
    return _locale(language).languages.get(tag.replace("-", "_"), tag)


@lru_cache(16)
def _locale(language: str) -> Locale:
    return Locale.parse({"en": "en_GB"}.get(language, language), sep="-" if "-" in language else "_")


def _system(language: str, system: str) -> str:
    return system if language.startswith("ar") else "latn"


def _exact(value: Number) -> Decimal:
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
