"""What people type as address, number, country, language and zone, made into what is stored; or refused with a reason.

Each function raises ``ValueError`` with a translated sentence; the caller knows the field it belongs to.
"""

import datetime
import zoneinfo
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext as __

from cxm.lib import addresses, phones, time

_NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"}


def email(written: str) -> str:
    """Return the address as it is stored: local part as given, domain in small ASCII letters (IDNA)."""
    try:
        return str(addresses.parse(written))
    except addresses.InvalidAddress as error:
        raise ValueError(str(error.message)) from error


def email_key(address: str) -> str:
    """Return the identity of a stored address: small letters throughout, nothing else folded."""
    return address.lower()


def phone(written: str, *, country: str) -> str:
    """Return the number in E.164.

    Args:
        country: ISO code used for numbers written without one; empty when the tenant named none.
    """
    found = phones.parse(written, country=country or None) or phones.parse_possible(written)
    if found is None:
        raise ValueError(__("This is not a telephone number. Write it with its country code, as +44 20 7946 0958."))
    return found


def country(written: str) -> str:
    """Return the ISO 3166 code of two letters."""
    code = written.strip().upper()
    if code not in countries():
        raise ValueError(__("This is not a country code of two letters, as SA or GB."))
    return code


def language(written: str) -> str:
    """Return the language tag as Babel writes it (``ar``, ``en-GB``)."""
    try:
        return str(Locale.parse(written.strip(), sep="_" if "_" in written else "-")).replace("_", "-")[:10]
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(__("This is not a language code, as ar or en.")) from error


def timezone(written: str) -> str:
    """Return the IANA name of the zone."""
    name = written.strip()
    if name not in zones():
        raise ValueError(__("This is not a time zone, as Asia/Riyadh."))
    return name


def moment(written: str) -> datetime.datetime:
    """Return a moment in UTC; one without an offset is in UTC."""
    found = time.parse_moment(written[:64], zone=datetime.UTC)
    if found is None:
        raise ValueError(__("Write the time as 2026-11-22T14:30:00Z."))
    return found


@lru_cache(1)
def countries() -> frozenset[str]:
    """Return all country codes."""
    territories = Locale("en").territories
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


@lru_cache(1)
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(zoneinfo.available_timezones())
