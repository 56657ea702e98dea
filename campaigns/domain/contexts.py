"""What a template may say of a person: plain dictionaries, never objects.

Names as in docs/contracts.md: ``customer. tenant. brand. offer. data.``; attributes of the tenant's own stand under
``customer.attributes`` and, where no field of ours has the name, under ``customer`` directly.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.domain import extras, offer_words, senders
from campaigns.models import SendUnit
from customers.domain import attributes
from customers.models import Customer
from cxm.tenancy.models import Tenant

# Previews and tests without a customer are of a made-up person.
_MADE_UP = {"en": ("Sara Haddad", "Sara", "Haddad"), "ar": ("سارة حداد", "سارة", "حداد")}
FIELDS = ["external_id", "name", "first_name", "last_name", "email", "phone", "language", "timezone", "country", "city"]


# Whoever is not in the books, as an address that a program names: every field is there, and empty.
NOBODY = dict.fromkeys([*FIELDS, "birthday", "created_at", "company"], "") | {"attributes": {}, "points": 0}


def made_up(language: str) -> dict[str, Any]:
    """Return the merge fields of a made-up person who reads a language."""
    name, first, last = _MADE_UP["ar" if language.startswith("ar") else "en"]
    said = {"name": name, "first_name": first, "last_name": last, "email": "sara@example.com", "language": language}
    return NOBODY | said | {"points": 120}


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the merge fields an author can choose from, in groups: (name of the group, [(path, what people read)])."""
    own = [
        ("customer.name", _("Name")),
        ("customer.first_name", _("First name")),
        ("customer.last_name", _("Last name")),
        ("customer.email", _("Email address")),
        ("customer.phone", _("Phone")),
        ("customer.city", _("City")),
        ("customer.country", _("Country")),
        ("customer.company", _("Company")),
        ("customer.birthday", _("Birthday")),
        ("customer.external_id", _("External id")),
        ("customer.points", _("Points")),
    ]
    tenants = [(f"customer.attributes.{key}", found.label) for key, found in attributes.by_key().items()]
    brand = [
        ("brand.name", _("Name")),
        ("brand.website", _("Website")),
        ("brand.address", _("Postal address")),
        ("brand.logo", _("Logo")),
        ("brand.color", _("Colour")),
    ]
    offer = [
        ("offer.code", _("Code")),
        ("offer.title", _("What people get")),
        ("offer.value", _("Value")),
        ("offer.expires", _("Last day")),
        ("offer.minimum", _("Minimum order")),
    ]
    links = [
        ("unsubscribe_url", _("Unsubscribe link")),
        ("preferences_url", _("Link to the preference centre")),
        ("view_url", _("Link to the message in the browser")),
    ]
    groups = [
        (_("Customer"), own),
        (_("Your attributes"), tenants),
        (_("Brand"), brand),
        (_("Offer"), offer),
        (_("Links"), links),
        *extras.offered(),
    ]
    return [(str(name), [(path, str(words)) for path, words in fields]) for name, fields in groups if fields]


def unknown(paths: Iterable[str]) -> list[str]:
    """Return those of the paths a template asks for that no customer has: a slip of the pen reads as nothing."""
    own = attributes.by_key()
    known = {*FIELDS, *own, "id", "birthday", "created_at", "company", "attributes", "points"}
    found = []
    for path in sorted(paths):
        root, *names = re.findall(r"""[^.\[\]"']+""", path)
        inner = names[:1] == ["attributes"] and names[1:2]
        if root == "customer" and names and (names[0] not in known or (inner and inner[0] not in own)):
            found.append(path)
    return found


def shared(*, unit: SendUnit, tenant: Tenant, language: str, now: datetime | None = None) -> dict[str, Any]:
    """Return what all messages of a unit in one language have in common.

    Args:
        now: in previews: from when on the days of an offer count.
    """
    brand = senders.brand()
    arabic = language == "ar"
    return {
        **(unit.data or {}),
        "tenant": {"name": tenant.name, "slug": tenant.slug, "currency": tenant.currency, "timezone": tenant.timezone},
        "brand": {
            "name": (arabic and brand.name_ar) or brand.name,
            "logo": brand.logo_url,
            "website": brand.website,
            "color": brand.color,
            "address": (arabic and brand.address_ar) or brand.address,
        },
        "offer": offer_words.of(unit.offer, tenant=tenant, language=language, now=now) if unit.offer_id else {},
        "data": unit.data.get("data", {}),
    }


def of_customers(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the merge fields of many people by id, in one query."""
    rows = Customer.objects.filter(pk__in=list(ids)).values(
        "id", *FIELDS, "birthday", "created_at", "attributes", "company__name", "traits__scores"
    )
    return {row["id"]: _fields(row) for row in rows}


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    own = {name: row[name] for name in FIELDS}
    return (
        row["attributes"]
        | own
        | {
            "id": row["id"],
            "birthday": row["birthday"].isoformat() if row["birthday"] else "",
            "created_at": row["created_at"].isoformat(),
            "company": row["company__name"] or "",
            "attributes": row["attributes"],
            "points": int((row["traits__scores"] or {}).get("points") or 0),
        }
    )
