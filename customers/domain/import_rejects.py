"""Rows that were not taken: kept with reason and cells, counted, and handed back as a file."""

from collections.abc import Iterator, Sequence

from django.db import connection
from django.db.models import Count
from psycopg2.extras import Json

from customers.domain.import_cleaning import REASONS
from customers.models import Import, ImportReject, StagedLine, StagedOrder
from cxm import tenancy
from cxm.lib import tables
from cxm.tenancy.models import Tenant

_BATCH = 5_000
EXAMPLES = 5


def take_out(found: Import, *, reason: str, numbers: Sequence[int]) -> int:
    """Move staged rows to the rejects, in the caller's transaction; their cells are read again later.

    Returns:
        How many were still staged: a row is refused once, for the first reason.
    """
    if not numbers:
        return 0
    orders = found.kind == Import.Kind.ORDERS
    table, order_id = ("customers_stagedline", "order_id") if orders else ("customers_stagedcustomer", "''")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH gone AS (
                  DELETE FROM {table} WHERE tenant_id = %(tenant)s AND import_id = %(import)s
                    AND number = ANY(%(numbers)s::bigint[]) RETURNING number, {order_id} AS order_id)
                INSERT INTO customers_importreject
                  (tenant_id, import_id, number, reason, place, detail, order_id, cells)
                SELECT %(tenant)s, %(import)s, number, %(reason)s, '', '', order_id, NULL FROM gone""",
            {"tenant": found.tenant_id, "import": found.pk, "numbers": list(numbers), "reason": reason},
        )
        return cursor.rowcount


def fill_cells(found: Import, tenant: Tenant) -> None:
    """Read the cells of rows refused after staging from the file once more; opens scopes of its own.

    Of somebody who asked to be erased nothing is kept but that their row was refused.
    """
    with tenancy.scope(tenant):
        missing = ImportReject.objects.filter(import_id=found.pk, cells__isnull=True).exclude(reason="erased")
        numbers = set(missing.values_list("number", flat=True))
    if not numbers:
        return
    batch: list[list] = []
    for row in tables.rows(found.file.path, tables.Layout.from_dict(found.layout)):
        if row.number in numbers:
            batch.append([row.number, [cell.replace("\0", "\ufffd")[:2000] for cell in row.cells]])
            if len(batch) == _BATCH:
                _fill(found, tenant, batch)
                batch = []
    _fill(found, tenant, batch)


def _fill(found: Import, tenant: Tenant, batch: list[list]) -> None:
    with tenancy.scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_importreject r SET cells = b.row->1 FROM jsonb_array_elements(%s::jsonb) AS b(row)
               WHERE r.tenant_id = %s AND r.import_id = %s AND r.number = (b.row->>0)::bigint""",
            [Json(batch), tenant.pk, found.pk],
        )


def summary(found: Import) -> dict:
    """Return ``reasons``: counts and the first rows of each; for orders also how many were left out whole."""
    rejects = ImportReject.objects.filter(import_id=found.pk)
    counts = dict(rejects.values_list("reason").annotate(rows=Count("number")).order_by("-rows"))
    reasons = {
        reason: {
            "rows": count,
            "examples": [
                {"line": line, "column": place, "value": detail}
                for line, place, detail in rejects.filter(reason=reason)
                .order_by("number")
                .values_list("number", "place", "detail")[:EXAMPLES]
            ],
        }
        for reason, count in counts.items()
    }
    if found.kind != Import.Kind.ORDERS:
        return {"reasons": reasons}
    taken = StagedOrder.objects.filter(import_id=found.pk).values("order_id")
    whole = rejects.exclude(order_id="").exclude(order_id__in=taken).aggregate(n=Count("order_id", distinct=True))["n"]
    lines = StagedLine.objects.filter(import_id=found.pk).count()
    return {"reasons": reasons, "orders_rejected": whole, "lines": lines}


def rows(found: Import) -> Iterator[list[object]]:
    """Yield the lines of ``rejects.csv``: its header, then each row as it stood with its line and its reason.

    Read in keyset batches, so that a long download holds neither memory nor a cursor.
    """
    layout = tables.Layout.from_dict(found.layout)
    yield [*layout.columns, "line", "reason"]
    after = 0
    while batch := list(
        ImportReject.objects.filter(import_id=found.pk, number__gt=after)
        .order_by("number")
        .values_list("number", "reason", "place", "cells")[:_BATCH]
    ):
        for number, reason, place, cells in batch:
            fitted = (cells or [])[: layout.width]
            padded = [*fitted, *[""] * (layout.width - len(fitted))]
            sentence = str(REASONS.get(reason, reason))
            yield [*padded, number, f"{place}: {sentence}" if place else sentence]
        after = batch[-1][0]
