"""The event intake over HTTP: calls, batches, keys, hostile bodies."""

import base64
import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from customers.domain import orders
from customers.models import Customer, Event, Identity, Order, OrderLine
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def write_key(tenant) -> str:
    with tenancy.scope(tenant):
        return keys.create(name="Site", scopes=["events.write"], by=SYSTEM)[1]


@pytest.fixture
def send(client, write_key):
    """Send a call as Segment's SDKs do."""
    basic = base64.b64encode(f"{write_key}:".encode()).decode()

    def send(path, body, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"HTTP_AUTHORIZATION": f"Basic {basic}"} | headers
        return client.generic("POST", f"/v1/{path}", raw, content_type="application/json", **headers)

    return send


def code(response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_track(send, tenant):
    response = send("track", {"userId": "u1", "event": "Product Viewed", "properties": {"sku": "A"}, "messageId": "m1"})
    assert (response.status_code, response.json()) == (200, {"success": True})
    event = Event.objects.get()
    customer = Customer.objects.get()
    assert (customer.external_id, customer.source) == ("u1", "api")
    assert (event.customer_id, event.name, event.properties) == (customer.pk, "Product Viewed", {"sku": "A"})
    assert (event.message_id, event.channel, event.source, event.tenant_id) == ("segment:m1", "web", "site", tenant.pk)


@pytest.mark.parametrize(
    ("kind", "extra", "name"),
    [
        ("identify", {}, "Identified"),
        ("page", {"name": "Home"}, "Page Viewed"),
        ("screen", {"name": "Home"}, "Screen Viewed"),
        ("group", {"groupId": "g"}, "Joined Company"),
        ("alias", {"previousId": "old"}, "Aliased"),
    ],
)
def test_every_call_lands_on_the_timeline(send, kind, extra, name):
    assert send(kind, {"userId": "u1", **extra}).json() == {"success": True}
    assert list(Event.objects.values_list("name", flat=True)) == [name]


def test_retry_is_harmless(send):
    body = {"userId": "u1", "event": "A", "messageId": "m1"}
    assert [send("track", body).status_code for _step in range(2)] == [200, 200]
    assert Event.objects.count() == 1


def test_bearer_is_a_key_too(client, write_key):
    response = client.post(
        "/v1/track", {"userId": "u", "event": "A"}, content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {write_key}",
    )  # fmt: skip
    assert response.json() == {"success": True}


def test_key_in_the_body(client, write_key):
    body = {"userId": "u", "event": "A", "writeKey": write_key}
    assert client.post("/v1/track", body, content_type="application/json").json() == {"success": True}


def test_without_a_key(client, db):
    assert code(client.post("/v1/track", {"userId": "u"}, content_type="application/json")) == (401, "unauthorized")
    assert code(client.post("/v1/batch", b"\xff", content_type="application/json")) == (401, "unauthorized")


def test_key_without_the_scope(client, tenant):
    with tenancy.scope(tenant):
        reader = keys.create(name="Reader", scopes=["customers.view"], by=SYSTEM)[1]
    response = client.post(
        "/v1/track", {"userId": "u", "event": "A"}, content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {reader}",
    )  # fmt: skip
    assert code(response) == (403, "forbidden")
    assert Event.objects.count() == 0


def test_wrong_method_and_address(client, write_key):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {write_key}"}
    assert code(client.get("/v1/track", **bearer)) == (405, "method_not_allowed")
    assert code(client.post("/v1/nonsense", **bearer)) == (404, "not_found")


def test_batch_stores_the_good_and_reports_the_bad(send):
    response = send(
        "batch",
        {
            "batch": [
                {"type": "track", "userId": "u1", "event": "A"},
                {"type": "track", "userId": "u1"},
                {"type": "dance", "userId": "u1"},
                7,
                {"type": "track", "event": "A"},
                {"type": "page", "anonymousId": "a1"},
            ]
        },
    )
    assert response.status_code == 200
    answer = response.json()
    assert answer["success"] is True
    assert [(found["index"], found["code"], found["stored"]) for found in answer["errors"]] == [
        (1, "event_missing", False),
        (2, "unknown_type", False),
        (3, "not_an_object", False),
        (4, "identity_missing", False),
    ]
    assert sorted(Event.objects.values_list("name", flat=True)) == ["A", "Page Viewed"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"batch": null}',
        b'{"batch": []}',
        b'{"batch": {}}',
        b'{"batch": [{"type": "track", "userId": "u", "event": "A"}], "sentAt": "yesterday"}',
        b'{"batch": [{"type": "track", "userId": "u", "event": "A"}], "sentAt": 7}',
        b'{"batch": [{"type": "track", "userId": "u\\u0000", "event": "A"}]}',
        b'{"batch": [{"type": "track", "userId": "\\ud800", "event": "A"}]}',
        b'{"batch": [{"type": "track", "userId": "u", "event": "A", "properties": {"n": NaN}}]}',
        b'{"batch": [{"type": "track", "userId": "u", "event": "A", "properties": {"n": 1e999}}]}',
        b'{"batch": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"batch": [{"type": "track", "userId": "u", "event": "\xff"}]}',
        json.dumps({"batch": [{"type": "track", "userId": "u", "event": "A"}] * 1001}).encode(),
        json.dumps({"batch": [{"type": "track", "userId": "u", "event": "A", "properties": "x" * 600_000}]}).encode(),
    ],
)
def test_malformed_batch_stores_nothing(send, raw):
    assert send("batch", raw).status_code == 400
    assert Event.objects.count() == 0
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"userId": "u"}, "event_missing"),
        ({"userId": "u", "event": ""}, "event_missing"),
        ({"userId": "u", "event": 7}, "event_missing"),
        ({"userId": "u", "event": "A\r\nBcc: x"}, "event_name"),
        ({"userId": "u", "event": "x" * 101}, "event_name"),
        ({"event": "A"}, "identity_missing"),
        ({"userId": "", "event": "A"}, "identity_missing"),
        ({"userId": {}, "event": "A"}, "identity"),
        ({"userId": True, "event": "A"}, "identity"),
        ({"userId": "u\r\nx", "event": "A"}, "identity"),
        ({"userId": "x" * 201, "event": "A"}, "identity"),
        ({"anonymousId": "x" * 256, "event": "A"}, "identity"),
        ({"userId": "u", "event": "A", "messageId": "x" * 300}, "identity"),
        ({"userId": "u", "event": "A", "properties": []}, "not_an_object"),
        ({"userId": "u", "event": "A", "context": "x"}, "not_an_object"),
        ({"userId": "u", "event": "A", "timestamp": "soon"}, "timestamp"),
        ({"userId": "u", "event": "A", "timestamp": 5}, "timestamp"),
        ({"userId": "u", "event": "A", "timestamp": "2999-01-01T00:00:00Z"}, "timestamp"),
        ({"userId": "u", "event": "A", "timestamp": "1999-01-01T00:00:00Z"}, "timestamp"),
        ({"userId": "u", "event": "A", "properties": {"x": "y" * 40_000}}, "too_large"),
    ],
)
def test_malformed_call_stores_nothing(send, body, reason):
    assert code(send("track", body)) == (400, reason)
    assert Event.objects.count() == 0


def test_large_element_of_a_batch_is_left_out(send):
    good = {"type": "track", "userId": "u", "event": "A"}
    answer = send("batch", {"batch": [good, good | {"properties": {"x": "y" * 33_000}}]}).json()
    assert [(found["index"], found["code"]) for found in answer["errors"]] == [(1, "too_large")]
    assert Event.objects.count() == 1


def test_number_as_user_id(send):
    send("track", {"userId": 42, "event": "A"})
    assert Customer.objects.get().external_id == "42"


def test_gzip(send):
    raw = gzip.compress(json.dumps({"batch": [{"type": "track", "userId": "u", "event": "A"}]}).encode())
    assert send("batch", raw, HTTP_CONTENT_ENCODING="gzip").json() == {"success": True}


@pytest.mark.parametrize(
    "raw",
    [b"no gzip", gzip.compress(b"{}", mtime=0)[:-6], gzip.compress(b" " * 50_000_000, mtime=0)],
    ids=["none", "cut", "bomb"],
)
def test_hostile_gzip(send, raw):
    assert send("batch", raw, HTTP_CONTENT_ENCODING="gzip").status_code == 400


def test_other_encodings(send):
    assert code(send("batch", b"{}", HTTP_CONTENT_ENCODING="br")) == (400, "malformed")


def test_context_is_trimmed(send):
    page = {"url": "u", "deep": {"a": 1}}
    context = {"ip": "1.2.3.4", "userAgent": "x" * 600, "library": {"name": "l"}, "page": page, "locale": ["x"]}
    send("track", {"userId": "u", "event": "A", "context": context})
    assert Event.objects.get().properties == {
        "context": {"ip": "1.2.3.4", "userAgent": "x" * 500, "page": {"url": "u"}}
    }


def test_two_tenants_with_one_user_id(send, other_tenant):
    with tenancy.scope(other_tenant):
        Customer.objects.create(
            external_id="u1", created_at=other_tenant.created_at, updated_at=other_tenant.created_at
        )
        theirs = Identity.objects.create(kind="anonymous", value="a1", customer=Customer.objects.get())
    send("identify", {"userId": "u1", "anonymousId": "a1", "traits": {"name": "Mine"}})
    with tenancy.scope(other_tenant):
        assert Customer.objects.get().name == ""
        assert Event.objects.count() == 0
    assert Identity.objects.get(pk=theirs.pk).customer_id == theirs.customer_id
    assert Identity.objects.count() == 2


def test_batch_costs_few_queries(send, django_assert_num_queries):
    batch = [{"type": "track", "userId": f"u{n}", "event": "A", "messageId": f"m{n}"} for n in range(100)]
    send("batch", {"batch": batch[:50]})
    fresh = [element | {"messageId": f"n{n}"} for n, element in enumerate(batch[:50])]
    # key · savepoint, scope · savepoint · people · events, listeners · release · release, scope back
    with django_assert_num_queries(10):
        send("batch", {"batch": fresh})


def test_a_write_key_alone_gives_no_known_person_another_address(send, tenant):
    traits = {"email": "sara@example.com", "phone": "+447700900001", "firstName": "Sara"}
    assert send("identify", {"userId": "u1", "traits": traits}).json() == {"success": True}
    taken = {"email": "me@evil.example", "phone": "+447700900002", "firstName": "Zoe"}
    answer = send("identify", {"userId": "u1", "traits": taken})

    refused = "Only a key that may change customers sets this for somebody known."
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["fields"] == {"email": refused, "phone": refused}
    found = Customer.objects.get()
    assert (found.email, found.phone, found.first_name) == ("sara@example.com", "+447700900001", "Zoe")
    assert Event.objects.count() == 2


EVIL = {"email": "me@evil.example", "phone": "+447700900002"}


@pytest.mark.parametrize("way", ["identify", "browser", "alias", "twice"])
def test_a_write_key_alone_fills_no_address_of_somebody_known(send, tenant, way):
    """Of them we knew an id alone: with an address the link to their page would go there."""
    with tenancy.scope(tenant):
        CustomerFactory(external_id="u1", email="", phone="")
    mine = {"anonymousId": "mine", "traits": EVIL}
    if way in ("browser", "alias"):
        assert send("identify", mine).json() == {"success": True}
    if way == "alias":
        send("alias", {"previousId": "mine", "userId": "u1"})
    elif way == "twice":
        told = {"type": "identify", "userId": "u1"}
        send("batch", {"batch": [told | {"anonymousId": "mine"}, told | {"traits": EVIL}, told | {"traits": EVIL}]})
    else:
        send("identify", {"userId": "u1"} | ({"traits": EVIL} if way == "identify" else {"anonymousId": "mine"}))
    found = Customer.objects.get(external_id="u1")
    assert (found.email, found.phone) == ("", "")


def test_a_write_key_alone_says_the_address_of_whom_it_makes_known(send, tenant):
    def said(name):
        return {"email": f"{name}@example.com"}

    send("track", {"anonymousId": "a1", "event": "Product Viewed"})
    send("identify", {"anonymousId": "a2", "traits": said("two")})
    for body in (
        {"userId": "u1", "anonymousId": "a1", "traits": said("one")},
        {"userId": "u2", "anonymousId": "a2"},
        {"userId": "u3", "anonymousId": "a3", "traits": said("three")},
        {"userId": "u4", "traits": said("four")},
    ):
        assert send("identify", body).json() == {"success": True}
    assert dict(Customer.objects.values_list("external_id", "email")) == {
        "u1": "one@example.com", "u2": "two@example.com", "u3": "three@example.com", "u4": "four@example.com",
    }  # fmt: skip


def test_a_write_key_alone_renames_and_merges_nobody_known(send, tenant):
    for name in ("u1", "u2"):
        send("identify", {"userId": name, "traits": {"email": f"{name}@example.com"}})
    for target in ("u2", "u3"):
        answer = send("alias", {"previousId": "u1", "userId": target})
        assert list(answer.json()["errors"][0]["fields"]) == ["previousId"]
    assert set(Customer.objects.values_list("external_id", "email")) >= {
        ("u1", "u1@example.com"), ("u2", "u2@example.com"),
    }  # fmt: skip
    send("track", {"anonymousId": "browser", "event": "Product Viewed"})
    assert send("alias", {"previousId": "browser", "userId": "u2"}).json() == {"success": True}
    assert Customer.objects.get(external_id="u2").pk == Event.objects.get(name="Product Viewed").customer_id


def test_a_key_that_may_change_customers_does_both(client, tenant):
    with tenancy.scope(tenant):
        key = keys.create(name="Shop", scopes=["events.write", "customers.change"], by=SYSTEM)[1]
    basic = {"HTTP_AUTHORIZATION": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}
    for path, body in (
        ("identify", {"userId": "u1", "traits": {"email": "old@example.com"}}),
        ("identify", {"userId": "u1", "traits": {"email": "new@example.com"}}),
        ("alias", {"previousId": "u1", "userId": "u9"}),
    ):
        answer = client.post(f"/v1/{path}", json.dumps(body), content_type="application/json", **basic)
        assert answer.json() == {"success": True}
    found = Customer.objects.get()
    assert (found.external_id, found.email) == ("u9", "new@example.com")


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01", -62135596800, "1900-01-01T00:00:00+14:00"],
)
def test_a_time_far_from_any_calendar_is_left_out(send, tenant, at):
    answer = send("identify", {"userId": "u1", "traits": {"createdAt": at, "firstName": "Zoe"}})
    assert list(answer.json()["errors"][0]["fields"]) == ["createdAt"]
    assert Customer.objects.get().first_name == "Zoe"


def test_an_order_beyond_all_numbers_takes_nothing_from_its_batch(send, tenant):
    def bought(number, **line):
        return {"type": "track", "userId": "u1", "event": "Order Completed",
                "properties": {"order_id": number, "products": [line]}}  # fmt: skip

    told = [bought("a", price=1, quantity=10**10), bought("b", price="9e999999", quantity=10), bought("c", price=2)]
    answer = send("batch", {"batch": told})
    assert answer.status_code == 200
    assert [problem["index"] for problem in answer.json()["errors"]] == [0, 1]
    assert list(Order.objects.values_list("order_id", "revenue")) == [("c", 2)]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ({"price": 1, "quantity": "9e9999999"}, None),
        ({"price": "9e9999999"}, None),
        ({"price": 1, "quantity": "999999999.9996"}, None),
        ({"price": "9999999999.99996"}, None),
        ({"price": "1e-9999999"}, (1, 0)),
        ({"price": 1, "quantity": "1e-9999999"}, (0, 1)),
        ({"price": "0.00001", "quantity": "999999999.9994"}, (Decimal("999999999.999"), 0)),
    ],
)
def test_numbers_that_round_or_reckon_beyond_the_columns_cost_their_order_alone(send, tenant, line, kept):
    told = [
        {"type": "track", "userId": "u1", "event": "Order Completed", "properties": {"order_id": number, **said}}
        for number, said in (("a", {"products": [line]}), ("b", {"revenue": 2}))
    ]
    answer = send("batch", {"batch": told})
    problems = [(problem["index"], list(problem["fields"])) for problem in answer.json().get("errors", [])]
    assert (answer.status_code, problems) == (200, [] if kept else [(0, ["lines"])])
    assert OrderLine.objects.values_list("quantity", "unit_price").first() == kept
    assert Order.objects.filter(order_id="b").exists()


def test_a_key_in_a_page_changes_no_order_of_the_shops_own_systems(send, tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory(external_id="ada")
        own = orders.NewOrder("own", ada.pk, datetime(2026, 1, 1, tzinfo=UTC), revenue=Decimal(10))
        orders.record([own], source="api", now=datetime.now(UTC))
    send("track", {"userId": "u1", "event": "Order Completed", "properties": {"order_id": "page", "revenue": 5}})
    told = [
        {"type": "track", "userId": "u1", "event": event, "properties": {"order_id": number, "revenue": 7}}
        for number in ("own", "page")
        for event in ("Order Updated", "Order Refunded", "Order Cancelled")
    ]
    errors = send("batch", {"batch": told}).json()["errors"]

    assert [(problem["index"], list(problem["fields"])) for problem in errors] == [(n, ["order"]) for n in range(3)]
    assert Order.objects.values_list("customer", "revenue", "source").get(order_id="own") == (ada.pk, 10, "api")
    assert set(Order.objects.filter(source="site").values_list("revenue", flat=True)) == {7, -7}


@pytest.mark.parametrize("name", ["Order Completed", "Order Refunded"])
def test_a_revenue_that_cannot_be_reckoned_with_costs_its_order_alone(send, tenant, name):
    told = [
        {"type": "track", "userId": "u1", "event": event, "properties": {"order_id": number, "revenue": revenue}}
        for event, number, revenue in ((name, "a", "9e9999999"), ("Order Completed", "b", 2))
    ]
    answer = send("batch", {"batch": told})
    assert [problem["fields"] for problem in answer.json()["errors"]] == [{"revenue": "This amount is too large."}]
    assert list(Order.objects.values_list("order_id", "revenue")) == [("b", 2)]
