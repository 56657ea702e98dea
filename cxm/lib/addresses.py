"""Email addresses: what may be stored, and when two are one person's.

Rules and their sources: RFC 5321 4.5.3.1 (lengths), RFC 5322 3.4.1 (dot-atom), IDNA 2008 with UTS 46
non-transitional (faß.de is not fass.de). A local part outside ASCII needs SMTPUTF8 on every hop and has no
7-bit form, so it is refused here rather than mangled later. No dots or plus signs are folded away.
"""

import re
from typing import NamedTuple

import idna
from django.utils.translation import gettext_lazy as _

from cxm.lib import errors, text

LOCAL_LIMIT, DOMAIN_LIMIT, ADDRESS_LIMIT = 64, 253, 254

REASONS = {
    "empty": _("The email address is missing."),
    "line_break": _("The email address contains a line break or a control character."),
    "no_at": _("An email address has exactly one @ sign, as in name@example.com."),
    "too_long": _("The email address is too long."),
    "not_ascii_local": _("The part before the @ sign may only hold Latin letters, digits and signs."),
    "local": _("The part before the @ sign is not written as an email address allows."),
    "domain_literal": _("An email address needs a domain name after the @ sign, not an IP address."),
    "domain": _("The domain name after the @ sign is not valid."),
}

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# the last label is not a number: 10.0.0.1 is no domain name
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
# nearly every address: no A-label to check, no limit near (the length test stands beside it)
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:(?![xX][nN]--){_LABEL}\.)+(?=[A-Za-z])(?![xX][nN]--){_LABEL})")
# pasted along with an address: spaces, quotation marks of links, marks of direction
_AROUND = " \t\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"


class Address(NamedTuple):
    """An address in its parts. `local` as given; `key` equal for what is one mailbox to us (rule of identity)."""

    local: str
    domain: str
    key: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class InvalidAddress(errors.Refusal):
    """Not an address we can send to; `code` is a key of `REASONS`."""

    code = "invalid_address"

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code], code=code)


def parse(written: str) -> Address:
    """The address as it is stored: domain as lower-case A-labels, local part untouched, key in small letters.

    Raises InvalidAddress with the first reason that applies.
    """
    found = _PLAIN.fullmatch(written)
    if found and len(written) <= LOCAL_LIMIT:
        local, domain = found.groups()
        domain = domain.lower()
        return Address(local, domain, f"{local.lower()}@{domain}")
    return _parse_slowly(written.strip(_AROUND))


def _parse_slowly(written: str) -> Address:
    if not written:
        raise InvalidAddress("empty")
    if text.has_header_break(written) or any(c < " " or c == "\x7f" for c in written):
        raise InvalidAddress("line_break")
    local, at, domain = written.rpartition("@")
    if not at or not local or not domain or "@" in local:
        raise InvalidAddress("no_at")
    if len(written) > 4 * ADDRESS_LIMIT or len(local.encode(errors="replace")) > LOCAL_LIMIT:
        raise InvalidAddress("too_long")
    if not local.isascii():
        raise InvalidAddress("not_ascii_local")
    if not _LOCAL.fullmatch(local):
        raise InvalidAddress("local")
    if domain.startswith("["):
        raise InvalidAddress("domain_literal")
    domain = to_ascii(domain)
    if len(local) + 1 + len(domain) > ADDRESS_LIMIT:
        raise InvalidAddress("too_long")
    return Address(local, domain, f"{local.lower()}@{domain}")


def to_ascii(domain: str) -> str:
    """The domain as lower-case A-labels (IDNA 2008). Raises InvalidAddress("domain")."""
    if not domain.isascii() or "xn--" in domain.lower():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True, transitional=False).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidAddress("domain") from error
    if len(domain) > DOMAIN_LIMIT or not _DOMAIN.fullmatch(domain):
        raise InvalidAddress("domain")
    return domain.lower()


def to_unicode(domain: str) -> str:
    """The domain as people read it; as given when it is not valid IDNA."""
    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except (idna.IDNAError, UnicodeError):
        return domain
