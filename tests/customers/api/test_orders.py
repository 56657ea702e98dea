"""Orders over the API."""

import pytest

from customers.models import Customer, Event, Order
from cxm import tenancy

URL = "/api/v1/orders/"


def test_an_order_with_lines_of_an_unknown_customer(api, tenant):
    said = {"order_id": "A-1", "customer": "C-9", "placed_at": "2026-11-01T10:00:00+03:00", "coupon": "TEN",
            "lines": [{"sku": "s1", "title": "Teapot", "quantity": 2, "unit_price": "4.50"},
                      {"sku": "s2", "unit_price": 1.1}]}  # fmt: skip
    made = api.post(URL, said)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["customer"], found["kind"], found["revenue"], found["currency"]) == ("C-9", "order", "10.10", "GBP")
    assert found["placed_at"] == "2026-11-01T07:00:00Z"
    assert [(line["sku"], line["amount"]) for line in found["lines"]] == [("s1", "9.00"), ("s2", "1.10")]
    assert api.post(URL, said).status_code == 200
    assert api.get(f"{URL}{found['id']}/").json() == found
    assert api.get(f"{URL}?customer=C-9").json()["results"] == [found]
    assert api.get(f"{URL}?customer=nobody").json()["results"] == []
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), Order.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_a_return_of_one_line(api):
    told = {"order_id": "C1", "customer": "1", "placed_at": "2026-11-01T10:00:00Z", "quantity": -1, "unit_price": "3"}
    found = api.post(URL, told).json()
    assert (found["kind"], found["revenue"]) == ("return", "-3.00")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, {"order_id", "customer", "placed_at"}),
        ({"order_id": "1", "customer": "1", "placed_at": "2026-11-01T10:00:00Z"}, {"revenue"}),
        ({"order_id": "1", "customer": "1", "placed_at": "soon", "revenue": "many", "hat": 1},
         {"placed_at", "revenue", "hat"}),
        ({"order_id": "1", "customer": "1", "placed_at": "2026-11-01T10:00:00Z",
          "lines": [{"unit_price": "x", "h": 1}]},
         {"lines[0].unit_price", "lines[0].h"}),
        ({"order_id": "1", "customer": "1", "placed_at": "2026-11-01T10:00:00Z", "revenue": 1, "currency": "pounds"},
         {"currency"}),
        *(({"order_id": "1", "customer": "1", "placed_at": "2026-11-01T10:00:00Z", **large}, wrong)
          for large, wrong in [({"revenue": "1e999999999"}, {"revenue"}), ({"revenue": 10**11}, {"revenue"}),
                               ({"quantity": "999999999.9996", "unit_price": 1}, {"lines"}),
                               ({"unit_price": "9e999999999"}, {"lines"})]),
    ],
)  # fmt: skip
def test_wrong_orders_are_refused_whole(api, tenant, said, wrong):
    answer = api.post(URL, said)
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == wrong
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), Order.objects.count()) == (0, 0)


def test_topics(api):
    made = api.post("/api/v1/topics/", {"name": "Offers", "name_ar": "عروض"})
    assert (made.status_code, made.json()["slug"]) == (201, "offers")
    assert api.get("/api/v1/topics/").json()["results"] == [made.json()]
