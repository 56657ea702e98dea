"""What people type as address, number, country, language and zone, made into what is stored; or refused with a reason.

Each function raises ``ValueError`` with a translated sentence; the caller knows the field it belongs to.
"""

import re
import zoneinfo
from functools import lru_cache

import idna
import phonenumbers
from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext as _

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def email(text: str) -> str:
    """Return the address as it is stored: local part as given, domain in small ASCII letters (IDNA)."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > 64:
        raise ValueError(_("This is not an email address we can write to."))
    try:
        ascii_domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(_("The part after the @ is not a domain.")) from error
    labels = ascii_domain.split(".")
    if len(labels) < 2 or len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(_("The part after the @ is not a domain."))
    return f"{local}@{ascii_domain}"


def email_key(address: str) -> str:
    """Return the identity of a stored address: small letters throughout, nothing else folded."""
    return address.lower()


def phone(text: str, *, country: str) -> str:
    """Return the number in E.164.

    Args:
        country: ISO code used for numbers written without one; empty when the tenant named none.
    """
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(
            _("This is not a telephone number. Write it with its country code, as +44 20 7946 0958.")
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(_("This telephone number is too short or too long."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country(text: str) -> str:
    """Return the ISO 3166 code of two letters."""
    code = text.strip().upper()
    if code not in _countries():
        raise ValueError(_("This is not a country code of two letters, as SA or GB."))
    return code


def language(text: str) -> str:
    """Return the language tag as Babel writes it (``ar``, ``en-GB``)."""
    try:
        return str(Locale.parse(text.strip(), sep="_" if "_" in text else "-")).replace("_", "-")[:10]
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(_("This is not a language code, as ar or en.")) from error


def timezone(text: str) -> str:
    """Return the IANA name of the zone."""
    name = text.strip()
    if name not in _zones():
        raise ValueError(_("This is not a time zone, as Asia/Riyadh."))
    return name


@lru_cache(1)
def _countries() -> frozenset[str]:
    territories = Locale("en").territories
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha()) - {"EU", "EZ", "UN", "ZZ", "QO"}


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
