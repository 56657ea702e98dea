"""People as a file to take away."""

from collections.abc import Iterator, Sequence

from customers.domain import attributes, search
from customers.models import Attribute, Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.tables import export
from cxm.tenancy.models import Tenant

BATCH = 1000
# The names of contracts, so that the file can be brought in again; then what is computed.
COLUMNS = (
    "external_id", "name", "first_name", "last_name", "email", "phone", "language", "timezone", "country", "city",
    "birthday", "company", "tags", "created_at",
)  # fmt: skip
COMPUTED = ("class", "orders", "returns", "revenue", "first_order_at", "last_order_at")


def stream(*, tenant: Tenant, query: search.Query, by: Actor, ids: Sequence[int] | None = None) -> Iterator[bytes]:
    """Write down who takes what, then return the file in blocks; each batch is read in a scope of its own.

    Call it inside the tenant's scope; the blocks are read later, outside of it.

    Args:
        query: whom the list names.
        ids: these people only, whatever the query says.
    """
    audit.record(by=by, action="customers.exported", people=len(ids) if ids is not None else search.count(query))
    return export.write_csv(_rows(tenant, query, ids))


def _rows(tenant: Tenant, query: search.Query, ids: Sequence[int] | None) -> Iterator[list]:
    with tenancy.scope(tenant):
        own = list(attributes.by_key().values())
    yield [*COLUMNS, *(f"attributes.{attribute.key}" for attribute in own), *COMPUTED]
    batches = iter([list(ids)]) if ids is not None else search.walk(query, batch=BATCH)
    while True:
        with tenancy.scope(tenant):
            batch = next(batches, None)
            rows = [_row(person, own) for person in search.with_tags(search.fetch(batch))] if batch else []
        if batch is None:
            return
        yield from rows


def _row(person: Customer, own: list[Attribute]) -> list:
    traits = getattr(person, "traits", None)
    return [
        *(getattr(person, name) for name in COLUMNS[:11]),
        person.company.name if person.company else "",
        ", ".join(sorted(link.tag.name for link in person.tag_links.all())),
        person.created_at,
        *(person.attributes.get(attribute.key) for attribute in own),
        person.lifecycle,
        traits.orders_count if traits else 0,
        traits.returns_count if traits else 0,
        traits.revenue if traits else 0,
        traits.first_order_at if traits else None,
        traits.last_order_at if traits else None,
    ]
