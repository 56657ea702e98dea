"""Telephone numbers as people write them → E.164 (+966501234567), checked against the numbering plans."""

import re
from functools import lru_cache

import phonenumbers

from cxm.lib import text

_E164 = re.compile(r"\+([1-9]\d{6,14})")
_KINDS = (
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail"
).split()  # fmt: skip
_LIMIT = 64
_NOISE = re.compile(r"[\s().\-/]+")


def parse(written: str, *, country: str | None = None) -> str | None:
    """`written` as E.164, or None if it is no valid number.

    `country` (ISO 3166, "SA") is where a number without a country code is from. Accepts Arabic digits,
    brackets, spaces, a leading 00, a missing leading zero (spreadsheets eat it) and drops an extension.
    """
    if len(written) > _LIMIT:
        return None
    plain = _E164.fullmatch(written)
    if plain is None:
        written = text.fold(written)
        plain = _E164.fullmatch(_NOISE.sub("", written))
    if plain and _is_valid(plain[1]):
        return plain[0]
    return _parse_slowly(written, country)


def _is_valid(digits: str) -> bool:
    """Whether +digits is a valid number; False also means "ask the library", which mends more."""
    for length in (1, 2, 3):
        valid = _plan(int(digits[:length]))
        if valid is not None:
            return valid.fullmatch(digits[length:]) is not None
    return False


@lru_cache(maxsize=300)
def _plan(code: int) -> re.Pattern[str] | None:
    """One pattern for every valid national number under a calling code (asking the library takes 25 µs)."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code)
    if not regions:
        return None
    patterns = set()
    for region in regions:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        for kind in _KINDS:
            description = getattr(metadata, kind, None)
            if description and description.national_number_pattern:
                patterns.add(f"(?:{description.national_number_pattern})")
    return re.compile("|".join(sorted(patterns))) if patterns else None


def _parse_slowly(written: str, country: str | None) -> str | None:
    for attempt in (written, "+" + written[2:] if written.startswith("00") else ""):
        if not attempt:
            continue
        try:
            number = phonenumbers.parse(attempt, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def parse_possible(written: str) -> str | None:
    """As `parse`, for a number with its country code that has the right length, though its range is not in use.

    Plans grow faster than libraries learn of it, and numbers of films and handbooks (+44 7700 900123) are written too.
    """
    if len(written) > _LIMIT or not (plain := text.fold(written)).startswith("+"):
        return None
    try:
        number = phonenumbers.parse(plain, None)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if possible else None


def shown(e164: str) -> str:
    """The number as it is written abroad ("+966 50 123 4567"); put it in an element with dir="ltr"."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def country(e164: str) -> str | None:
    """The ISO 3166 code of the number's country, None where a code serves no one country."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None))
    except phonenumbers.NumberParseException:
        return None
