"""Addresses that must not be used, whoever has them. An import or a program never takes one off the list."""

import hashlib
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.domain import contacts
from customers.models import Suppression
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal

BOUNCED, UNSUBSCRIBED = Suppression.Reason.BOUNCED, Suppression.Reason.UNSUBSCRIBED


class SuppressionRefused(Refusal):
    code = "invalid_suppression"
    message = _("This is not an address.")


class SuppressionNotFound(NotFound):
    message = _("This address is not on the list.")


def add(*, channel: str, address: str, reason: str, by: Actor, note: str = "") -> Suppression:
    """Never use an address again; adding it twice keeps the first reason.

    Whoever only unsubscribed still gets what they need; any other reason stands above that one.


    Args:
        channel: one of Channel.
        address: as it stands in the profile.
        reason: one of Suppression.Reason; an erased address is kept as its hash alone.
    """
    key = address_key(channel, address)
    if not key:
        raise SuppressionRefused
    if reason == Suppression.Reason.ERASED:
        key = hashed(key)
    found, new = Suppression.objects.get_or_create(
        channel=channel, address_key=key, defaults={"reason": reason, "note": note[:300]}
    )
    if found.reason == UNSUBSCRIBED != reason:
        found.reason, found.note, new = reason, note[:300], True
        found.save(update_fields=["reason", "note"])
    if new:
        audit.record(by=by, action="suppression.added", channel=channel, reason=reason)
    return found


def remove(*, suppression: Suppression, by: Actor) -> None:
    """Take an address off the list: a decision of a person, audited."""
    audit.record(by=by, action="suppression.removed", on=suppression, channel=suppression.channel,
                 reason=suppression.reason)  # fmt: skip
    suppression.delete()


def get(suppression_id: int) -> Suppression:
    """Return the row, or refuse with 404."""
    found = Suppression.objects.filter(pk=suppression_id).first()
    if found is None:
        raise SuppressionNotFound
    return found


def listed(asked: str = "") -> QuerySet[Suppression]:
    """Return the list, or what of it concerns an address (an erased one is found by the whole address only)."""
    found = Suppression.objects.all()
    if key := contacts.email_key(asked.strip()):
        low, high = text.prefix_range(key)
        found = found.filter(Q(address_key__gte=low, address_key__lt=high) | Q(address_key=hashed(key)))
    return found


def of_address(*, channel: str, address: str) -> Suppression | None:
    """Return why an address must not be used, or None when it may be."""
    key = address_key(channel, address)
    return Suppression.objects.filter(channel=channel, address_key__in=[key, hashed(key)]).first() if key else None


def is_suppressed(*, channel: str, address: str) -> bool:
    """Return whether an address must not be used."""
    return of_address(channel=channel, address=address) is not None


def erased(*, channel: str, address_keys: Iterable[str]) -> set[str]:
    """Return those of the keys that belonged to somebody who was erased.

    A file that brings one back is answered with a rejected row; a person adding them by hand may, but the
    address stays suppressed until somebody takes it off the list.
    """
    by_hash = {hashed(key): key for key in address_keys}
    found = Suppression.objects.filter(
        channel=channel, address_key__in=list(by_hash), reason=Suppression.Reason.ERASED
    ).values_list("address_key", flat=True)
    return {by_hash[key] for key in found}


def suppressed_sql(*, tenant: str, address_key: str) -> str:
    """Return the one SQL condition "this address must not be used"; parameter ``%(channel)s``.

    Args:
        tenant, address_key: SQL expressions of the outer query, as ``c.tenant_id`` and ``c.email_key``.
    """
    return f"""EXISTS (SELECT FROM customers_suppression s
        WHERE s.tenant_id = {tenant} AND s.channel = %(channel)s
          AND s.address_key IN ({address_key}, encode(sha256(convert_to({address_key}, 'UTF8')), 'hex')))"""


def address_key(channel: str, address: str) -> str:
    """Return the identity of an address on its channel."""
    return contacts.email_key(address.strip()) if channel == "email" else address.strip()


def hashed(key: str) -> str:
    """Return how an erased address is kept: SHA-256, known again without being readable."""
    return hashlib.sha256(key.encode()).hexdigest()
