"""API keys: made, recognised, revoked."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from cxm.accounts import permissions
from cxm.accounts.models import ApiKey
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal

SEEN_EVERY = timedelta(minutes=5)


class UnknownScope(Refusal):
    code = "unknown_scope"
    message = _("This key cannot be given that scope.")


def create(*, name: str, scopes: list[str], by: Actor) -> tuple[ApiKey, str]:
    """Make a key for the tenant in scope.

    Args:
        name: what people call it.
        scopes: permissions it carries; empty means all that a key may carry.
        by: who made it.

    Returns:
        The row and the key itself, which is kept nowhere.

    Raises:
        UnknownScope: a scope that no key can carry.
    """
    chosen = sorted(set(scopes) or permissions.KEY_SCOPES)
    if unknown := [scope for scope in chosen if scope not in permissions.KEY_SCOPES]:
        raise UnknownScope(fields={scope: _("Not a scope of API keys.") for scope in unknown})
    secret = f"cxm_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name, prefix=secret[:10], key_hash=fingerprint(secret), scopes=chosen, created_by=by.label
    )
    audit.record(by=by, action="api_key.created", on=key, scopes=chosen)
    return key, secret


def find(*, secret: str, now: datetime) -> ApiKey | None:
    """Return the key and its tenant, or None. Runs as the owner: the key is what says which tenant is meant."""
    key = ApiKey.objects.select_related("tenant").filter(key_hash=fingerprint(secret), revoked_at=None).first()
    if key and (key.last_used_at is None or now - key.last_used_at > SEEN_EVERY):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke(*, key: ApiKey, by: Actor, now: datetime) -> None:
    """Make a key useless at once."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    audit.record(by=by, action="api_key.revoked", on=key)


def fingerprint(secret: str) -> str:
    """Return what is kept of a key: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
