"""What a template may say of a person: plain dictionaries, never objects.

Names as in docs/contracts.md: ``customer. tenant. brand. offer. data.``; attributes of the tenant's own stand under
``customer.attributes`` and, where no field of ours has the name, under ``customer`` directly.
"""

from collections.abc import Iterable
from typing import Any

from campaigns.domain import senders
from campaigns.models import SendUnit
from customers.models import Customer
from cxm.tenancy.models import Tenant

FIELDS = ["external_id", "name", "first_name", "last_name", "email", "phone", "language", "timezone", "country", "city"]


def shared(*, unit: SendUnit, tenant: Tenant, language: str) -> dict[str, Any]:
    """Return what all messages of a unit in one language have in common."""
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
        "offer": {},
        "data": unit.data.get("data", {}),
    }


def of_customers(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the merge fields of many people by id, in one query."""
    rows = Customer.objects.filter(pk__in=list(ids)).values(
        "id", *FIELDS, "birthday", "created_at", "attributes", "company__name"
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
        }
    )
