"""Taking an import back: what it created goes, what it overwrote comes back, unless something touched it since.

Untouched means: an order still bears the import as its source, a customer still has the import's moment as the last
change and nothing else hangs on them. Each batch is one transaction and removes what it has dealt with from the way
back, so that a crash goes on where it stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.utils import timezone

from customers import signals
from customers.domain import classes, events, import_customers, orders, traits
from customers.models import (
    Consent,
    ConsentEntry,
    Customer,
    CustomerTag,
    Event,
    Identity,
    Import,
    ImportChange,
    Order,
    OrderLine,
    SegmentMember,
    Traits,
)
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.tenancy.models import Tenant

BATCH = 2_000

# What an import itself hangs on somebody it made; anything else is a sign of life.
_OWN = (Traits, CustomerTag, Consent, ConsentEntry, Identity, SegmentMember)
_OWN_EVENTS = ("Consent Granted", "Consent Withdrawn")

_COLUMNS = (
    "external_id name first_name last_name name_key email email_key phone language timezone country city birthday "
    "company_id attributes created_at"
).split()


# Of apps above: each gets ids of orders that are about to go, inside the transaction.
OrderRemover = Callable[[Sequence[int]], None]
_removers: list[OrderRemover] = []


def register(remover: OrderRemover) -> None:
    """Have a function of an app above remove what it hung on orders; called from ``apps.ready``."""
    if remover not in _removers:
        _removers.append(remover)


def run(job: Job, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Undo an import, or go on with it; registered for jobs of the kind ``import_undo``."""
    tenant = Tenant.objects.get(pk=job.tenant_id)
    with tenancy.scope(tenant):
        found = Import.objects.get(pk=job.payload["import"])
    if found.state != Import.State.UNDOING:
        return
    try:
        _undo(job, found, tenant, clock)
    except jobs.Overtaken:
        raise
    except Exception as error:
        if job.attempts >= jobs.MAX_ATTEMPTS:
            with tenancy.scope(tenant):  # it may be asked for again
                Import.objects.filter(pk=found.pk).update(state=Import.State.FAILED, error=type(error).__name__)
        raise


def _undo(job: Job, found: Import, tenant: Tenant, clock: Callable[[], datetime]) -> None:
    done = 0
    for step in _STEPS:
        after: int | None = 0
        while after is not None:
            with _locked(found, tenant) as locked:
                after, counts = step(locked, after, tenant, clock())
                for name, number in counts.items():
                    locked.summary[name] = locked.summary.get(name, 0) + number
                if any(number for name, number in counts.items() if name.startswith("undone_")):
                    signals.history_rewritten.send(sender=Import)
            done += sum(counts.values())
            jobs.progress(job, done=done, total=max(done, found.created + found.updated), now=clock())
    with _locked(found, tenant) as locked:
        ImportChange.objects.filter(import_id=found.pk)._raw_delete("default")
        locked.state, locked.finished_at = Import.State.UNDONE, clock()
        kept = [number for name, number in locked.summary.items() if name.startswith("undo_kept_")]
        locked.summary["kept"] = sum(kept)
        gone = {name: number for name, number in locked.summary.items() if name.startswith("undone_")}
        job.result = gone
        audit.record(by=Actor(**job.payload["by"]), action="import.undone", on=locked, **gone)


@contextmanager
def _locked(found: Import, tenant: Tenant) -> Iterator[Import]:
    with tenancy.scope(tenant):
        locked = Import.objects.select_for_update().get(pk=found.pk)
        if locked.state != Import.State.UNDOING:
            raise jobs.Overtaken
        yield locked
        locked.save(update_fields=["summary", "state", "finished_at"])


Outcome = tuple[int | None, Counter]


def _remove_orders(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    batch = list(Order.objects.filter(import_id=found.pk, pk__gt=after).order_by("pk")[:BATCH])
    mine = [order for order in batch if order.source == "import"]
    ids = [order.pk for order in mine]
    for remove in _removers:
        remove(ids)
    OrderLine.objects.filter(order__in=ids)._raw_delete("default")
    Event.objects.filter(message_id__in=[orders.message_id(order.order_id) for order in mine])._raw_delete("default")
    Order.objects.filter(pk__in=ids)._raw_delete("default")
    _recount({order.customer_id for order in mine}, tenant, now)
    counts = Counter(undone_orders=len(mine), undo_kept_orders=len(batch) - len(mine))
    return (batch[-1].pk if len(batch) == BATCH else None), counts


def _changes(found: Import, kind: str, after: int) -> list[ImportChange]:
    return list(
        ImportChange.objects.filter(import_id=found.pk, row_kind=kind, row_id__gt=after).order_by("row_id")[:BATCH]
    )


def _after(batch: Sequence[ImportChange]) -> int | None:
    return batch[-1].row_id if len(batch) == BATCH else None


def _restore_orders(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    batch = _changes(found, "order", after)
    rows = Order.objects.in_bulk([change.row_id for change in batch])
    mine = [change for change in batch if (row := rows.get(change.row_id)) and row.source == "import"]
    touched = {rows[change.row_id].customer_id for change in mine}
    with connection.cursor() as cursor:
        for change in mine:
            cursor.execute(
                """UPDATE customers_order o SET customer_id = b.customer_id, kind = b.kind, placed_at = b.placed_at,
                     revenue = b.revenue, currency = b.currency, channel = b.channel, coupon = b.coupon,
                     source = b.source
                   FROM (SELECT (jsonb_populate_record(NULL::customers_order, before->'order')).*
                         FROM customers_importchange WHERE tenant_id = %(tenant)s AND id = %(change)s) b
                   WHERE o.tenant_id = %(tenant)s AND o.id = b.id
                     AND EXISTS (SELECT FROM customers_customer c
                                 WHERE c.tenant_id = b.tenant_id AND c.id = b.customer_id);
                   DELETE FROM customers_orderline WHERE tenant_id = %(tenant)s AND order_id = %(order)s;
                   INSERT INTO customers_orderline
                     (tenant_id, order_id, position, sku, title, quantity, unit_price, amount)
                   SELECT l.tenant_id, l.order_id, l.position, l.sku, l.title, l.quantity, l.unit_price, l.amount
                   FROM customers_importchange, jsonb_populate_recordset(NULL::customers_orderline, before->'lines') l
                   WHERE customers_importchange.tenant_id = %(tenant)s AND customers_importchange.id = %(change)s""",
                {"tenant": tenant.pk, "change": change.pk, "order": change.row_id},
            )
    restored = list(Order.objects.filter(pk__in=[change.row_id for change in mine]).order_by("id"))
    orders.write_events(restored, source="import")
    _recount(touched | {order.customer_id for order in restored}, tenant, now)
    orders.tell_again([order.pk for order in restored])
    return _after(batch), Counter(undone_order_changes=len(mine), undo_kept_order_changes=len(batch) - len(mine))


def _restore_customers(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    batch = _changes(found, "customer", after)
    assignments = ", ".join(
        f"{name} = CASE WHEN jsonb_exists(b.before, '{name}') THEN (b.old).{name} ELSE c.{name} END"
        for name in _COLUMNS
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE customers_customer c SET {assignments}, updated_at = %(now)s
                FROM (SELECT row_id, before, jsonb_populate_record(NULL::customers_customer, before) AS old
                      FROM customers_importchange
                      WHERE tenant_id = %(tenant)s AND id = ANY(%(changes)s::bigint[])) b
                WHERE c.tenant_id = %(tenant)s AND c.id = b.row_id AND c.updated_at = %(at)s RETURNING c.id""",
            {"tenant": tenant.pk, "changes": [change.pk for change in batch], "at": found.applied_at, "now": now},
        )
        restored = [pk for (pk,) in cursor.fetchall()]
    if restored:
        import_customers.refresh_search(restored)
        events.mark_dirty(restored)
    counts = Counter(undone_changes=len(restored), undo_kept_changes=len(batch) - len(restored))
    ImportChange.objects.filter(pk__in=[change.pk for change in batch])._raw_delete("default")
    return _after(batch), counts


def _take_off_tags(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    batch = _changes(found, "tag", after)
    links = CustomerTag.objects.filter(pk__in=[change.row_id for change in batch])
    touched = list(links.values_list("customer_id", flat=True).distinct())
    counts = Counter(undone_tags=links.count())
    links._raw_delete("default")
    events.mark_dirty(touched)
    return _after(batch), counts


def _take_back_consents(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    """A yes that came with the file is not known any more; a no stays a no."""
    batch = _changes(found, "consent", after)
    given = list(
        Consent.objects.filter(customer__in=[change.row_id for change in batch], granted=True, at=found.applied_at)
    )
    ConsentEntry.objects.bulk_create(
        ConsentEntry(
            tenant_id=tenant.pk,
            customer_id=consent.customer_id,
            channel=consent.channel,
            topic=consent.topic,
            granted=False,
            at=now,
            source="import_undone",
            evidence={"import": found.pk, "file": found.filename},
        )
        for consent in given
    )
    Consent.objects.filter(pk__in=[consent.pk for consent in given])._raw_delete("default")
    events.mark_dirty([consent.customer_id for consent in given])
    return _after(batch), Counter(undone_consents=len(given))


def _remove_customers(found: Import, after: int, tenant: Tenant, now: datetime) -> Outcome:
    """Remove whom the import made and nothing touched since, with what the import hung on them."""
    batch = list(
        Customer.objects.filter(import_id=found.pk, pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]
    )
    alone = Customer.objects.filter(pk__in=batch, updated_at=found.applied_at).values_list("pk", flat=True)
    ids = sorted(set(alone) - _with_life(batch, found))
    for model in _OWN:
        model.objects.filter(customer__in=ids)._raw_delete("default")
    Event.objects.filter(customer__in=ids)._raw_delete("default")
    Customer.objects.filter(pk__in=ids)._raw_delete("default")
    events.mark_dirty(ids)
    counts = Counter(undone_customers=len(ids), undo_kept_customers=len(batch) - len(ids))
    return (batch[-1] if len(batch) == BATCH else None), counts


def _with_life(ids: Sequence[int], found: Import) -> set[int]:
    """Those on whom any app has hung something since: asked of every table that points at customers."""
    alive: set[int] = set()
    for relation in Customer._meta.get_fields(include_hidden=True):
        model = getattr(relation, "related_model", None)
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created:
            continue
        rows = model._base_manager.filter(**{f"{relation.field.name}__in": ids})
        if model is Event:
            rows = rows.exclude(name__in=_OWN_EVENTS, source="import")
        elif model in (Consent, ConsentEntry):
            rows = rows.exclude(at=found.applied_at)
        elif model in _OWN:
            continue
        alive |= set(rows.values_list(relation.field.attname, flat=True))
    return alive


def _recount(customer_ids: set[int], tenant: Tenant, now: datetime) -> None:
    if customer_ids:
        ids = sorted(customer_ids)
        traits.refresh_orders(ids)
        classes.refresh(customer_ids=ids, tenant=tenant, now=now)
        events.mark_dirty(ids)


_STEPS = (
    _remove_orders,
    _restore_orders,
    _restore_customers,
    _take_off_tags,
    _take_back_consents,
    _remove_customers,
)
