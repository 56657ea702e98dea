"""Event intake: batches over HTTP against COPY of the same rows."""

import io
import json
import uuid
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from benchmarks import _load, frame
from customers.domain import identities
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.tenancy.models import Tenant

TITLE = "/v1/batch, 100 events a call, 8 clients, 2 web workers, stored and visible"
FLOOR = "COPY of the same rows, 5,000 a transaction, same indexes"
UNIT = "events"
SIZE = 60_000
TARGET = frame.at_least(0.08, goal=0.30)

PEOPLE, PER_CALL, PER_COPY = 5_000, 100, 5_000
NAMES = ["Product Viewed", "Page Viewed", "Product Added", "Checkout Started", "Products Searched"]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
COLUMNS = ("id", "tenant_id", "customer_id", "name", "occurred_at", "received_at", "channel", "source", "message_id",
           "properties")  # fmt: skip


def run(bench: frame.Bench) -> frame.Result:
    tenant = Tenant.objects.create(slug="bench", name="Bench")
    with tenancy.scope(tenant):
        secret = keys.create(name="bench", scopes=["events.write"], by=SYSTEM)[1]
        people = identities.resolve(user_ids={f"u{n}" for n in range(PEOPLE)}, now=datetime.now(UTC), source="bench")
    calls = _calls(bench.size, secret)
    latencies: list[float] = []
    with bench.web(workers=2) as address:

        def send() -> float:
            load = _load.run(address, calls)
            latencies.extend(load.latencies)
            bench.facts["p95_ms"] = round(load.percentile(0.95), 1)
            if _stored("customers_event") != bench.size:
                raise RuntimeError(f"{_stored('customers_event')} of {bench.size} events are stored")
            return load.seconds

        send()  # the floor copies what the product made of the calls
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE floor_event (LIKE customers_event INCLUDING INDEXES)")
        chunks = _rows()
        bench.facts["people"] = len(people.users)
        return bench.measure(floor=lambda: _copy(chunks), figure=send, before=_clear)


def _calls(size: int, secret: str) -> list[_load.Call]:
    began = datetime.now(UTC) - timedelta(days=1)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    calls = []
    for first in range(0, size, PER_CALL):
        batch = [_element(number, began) for number in range(first, min(size, first + PER_CALL))]
        body = json.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat()}).encode()
        calls.append(_load.Call("/v1/batch", "POST", body, headers))
    return calls


def _element(number: int, began: datetime) -> dict:
    return {
        "type": "track",
        "messageId": str(uuid.uuid4()),
        "userId": f"u{number * 7919 % PEOPLE}",
        "event": NAMES[number % len(NAMES)],
        "timestamp": (began + timedelta(seconds=number)).isoformat(timespec="milliseconds"),
        "properties": {
            "product_id": f"p-{number % 997}",
            "sku": f"SKU-{number % 997}",
            "name": "A cup with a handle",
            "price": 4.5 + number % 50,
            "quantity": 1 + number % 3,
            "currency": "USD",
        },
        "context": {"ip": "192.0.2.7", "userAgent": AGENT, "locale": "ar-SA", "library": {"name": "analytics-python"}},
    }


def _clear(kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_event, customers_segmentdirty, customers_traits, floor_event CASCADE")


def _stored(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def _rows() -> list[str]:
    """Return the stored rows as COPY reads them, some thousand to a text."""
    with connection.cursor() as cursor:
        out = io.StringIO()
        cursor.copy_expert(f"COPY (SELECT {', '.join(COLUMNS)} FROM customers_event ORDER BY id) TO STDOUT", out)
    lines = out.getvalue().splitlines(keepends=True)
    return ["".join(lines[first : first + PER_COPY]) for first in range(0, len(lines), PER_COPY)]


def _copy(chunks: list[str]) -> None:
    for chunk in chunks:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.copy_expert(f"COPY floor_event ({', '.join(COLUMNS)}) FROM STDIN", io.StringIO(chunk))
