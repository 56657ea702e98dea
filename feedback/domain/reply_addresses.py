"""Addresses that answers come back to: each carries a signed token that names the tenant and the case.

In small letters and without signs, because some servers rewrite what stands before the @.
"""

import base64
import binascii

from django.conf import settings

from cxm.lib import signing

KIND = "case-reply"


def make(*, tenant_id: int, case_id: int) -> str:
    """Return the address for answers in a case; empty where this installation takes in no mail."""
    if not settings.INBOUND_ADDRESS:
        return ""
    name, _at, host = settings.INBOUND_ADDRESS.partition("@")
    return f"{name}+{_written(signing.sign(KIND, tenant_id, case_id))}@{host}"


def read(address: str) -> tuple[int, int] | None:
    """Return tenant and case that an address names; None for every other and for one that was tampered with."""
    local, _at, host = address.strip().lower().rpartition("@")
    name, _plus, token = local.partition("+")
    if not settings.INBOUND_ADDRESS or f"{name}@{host}" != settings.INBOUND_ADDRESS.lower():
        return None
    found = signing.unsign(KIND, _read(token))
    return found if found and len(found) == 2 else None


def is_ours(address: str) -> bool:
    """Return whether an address is the one for answers, with whatever token."""
    local, _at, host = address.strip().lower().rpartition("@")
    return bool(settings.INBOUND_ADDRESS) and f"{local.partition('+')[0]}@{host}" == settings.INBOUND_ADDRESS.lower()


def _written(token: str) -> str:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return base64.b32encode(raw).rstrip(b"=").decode().lower()


def _read(written: str) -> str:
    try:
        raw = base64.b32decode(written.upper() + "=" * (-len(written) % 8))
    except (binascii.Error, ValueError):
        return ""
    token = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return token if _written(token) == written else ""  # the last letter has bits to spare: only ours will do
