"""A person gone: what the law calls erasure.

The profile goes with everything that hangs on it (timeline, orders, consent, tags, identities). Apps above say with
``register`` what becomes of theirs: the send ledger keeps its row without person, address and merge data, so that
the counts of a report stay true. The audit trail stays, without the name. Of the address a SHA-256 remains on the
suppression list: it is refused by imports and never written to again, and cannot be read back.
"""

from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.models import Q

from customers import signals
from customers.domain import calls, suppressions
from customers.models import Customer, ImportChange, Order, Suppression
from customers.models.consent import Channel
from cxm import tenancy
from cxm.accounts.domain import todos
from cxm.audit import domain as audit
from cxm.audit.actors import Actor

Eraser = Callable[[Sequence[int]], None]
_erasers: list[Eraser] = []


def register(eraser: Eraser) -> None:
    """Have a function of an app above take part; called from ``apps.ready``. It gets ids, inside the transaction."""
    if eraser not in _erasers:
        _erasers.append(eraser)


@transaction.atomic
def erase(*, customer: Customer, by: Actor) -> None:
    """Remove a person for good, in one transaction."""
    number = customer.pk
    for eraser in _erasers:
        eraser([number])
    for channel, address in ((Channel.EMAIL, customer.email), (Channel.SMS, customer.phone)):
        if address:
            Suppression.objects.filter(channel=channel, address_key=suppressions.address_key(channel, address)).delete()
            suppressions.add(channel=channel, address=address, reason=Suppression.Reason.ERASED, by=by)
    _forget_changes(number)
    todos.forget(kind="customer", numbers=[number])
    calls.forget([number])
    _delete_bulk(number)
    audit.forget(model=Customer, numbers=[number])
    audit.forget_actor(kind="customer", number=number)
    customer.delete()
    audit.record(by=by, action="customer.erased", customer=number)
    signals.history_rewritten.send(sender=Customer)


def _forget_changes(number: int) -> None:
    """Delete what imports found of them, and of what they bought, before they changed it."""
    bought = Order.objects.filter(customer=number).values("pk")
    changes = Q(row_kind="customer", row_id=number) | Q(row_kind="order", row_id__in=bought)
    ImportChange.objects.filter(changes).delete()


def _delete_bulk(number: int) -> None:
    """Delete what may be many rows by its index; the collector would read each into memory first."""
    with connection.cursor() as cursor:
        for table in ("customers_event", "customers_segmentdirty"):
            cursor.execute(
                f"DELETE FROM {table} WHERE tenant_id = %s AND customer_id = %s", [tenancy.current_id(), number]
            )
