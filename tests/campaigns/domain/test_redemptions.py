"""Codes used: once, in time, within limits; by hand and by the orders they come with."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from campaigns.domain import codes, offers, redemptions
from campaigns.models import Code, Issue, Redemption
from customers.domain import imports, orders
from customers.domain.intake import storing
from customers.models import Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM, Actor
from tests.campaigns.factories import OfferFactory
from tests.customers.importing import bring, work
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TILL = Actor("key", 7, "Till")


def _issued(offer, customer=None, now=NOW) -> Issue:
    return offers.issue(offer=offer, customer=customer or CustomerFactory(), key="k", by=SYSTEM, now=now)


def _redeem(code, now=NOW, **fields) -> Redemption:
    return offers.redeem(code=code, by=SYSTEM, now=now, **fields)


def _refusal(code, now=NOW, **fields) -> str:
    with pytest.raises(offers.NotRedeemable) as refusal:
        _redeem(code, now, **fields)
    return refusal.value.code


def test_a_code_is_used_and_told(scoped):
    issue = _issued(OfferFactory(pool=1, minimum=10))

    made = _redeem(issue.code.lower(), order_id="7", amount=Decimal("99.99"))

    assert (made.customer_id, made.issue, made.value, made.cost, made.amount) == (
        issue.customer_id, issue, Decimal("15.00"), Decimal("15.00"), Decimal("99.99"))  # fmt: skip
    event = Event.objects.get(name="Offer Redeemed")
    assert event.properties == {"offer": issue.offer_id, "name": issue.offer.name, "code": issue.code, "value": 15.0,
                                "order_id": "7"}  # fmt: skip


def test_the_same_order_is_the_same_redemption(scoped):
    issue = _issued(OfferFactory(pool=1))

    assert _redeem(issue.code, order_id="7") == _redeem(issue.code, order_id="7")
    assert Redemption.objects.count() == 1
    assert _refusal(issue.code, order_id="8") == "used"
    assert _refusal(issue.code) == "used"


def test_what_nobody_has_is_unknown(scoped):
    offer = OfferFactory(pool=["MINE"])

    with pytest.raises(offers.UnknownCode):
        _redeem("OTHER")
    with pytest.raises(offers.UnknownCode):
        _redeem("MINE", offer=OfferFactory(pool=["THEIRS"]))
    assert _redeem("mine", offer=offer).customer is None


@pytest.mark.parametrize(
    ("fields", "at", "amount", "code"),
    [
        ({"state": "draft"}, NOW, None, "offer_not_active"),
        ({"state": "ended", "ended_at": NOW}, NOW, None, "offer_not_active"),
        ({"starts_at": NOW + DAY}, NOW, None, "not_started"),
        ({"ends_at": NOW + DAY}, NOW + DAY, None, "expired"),
        ({"minimum": 50}, NOW, None, "amount_needed"),
        ({"minimum": 50}, NOW, Decimal("49.99"), "below_minimum"),
    ],
)
def test_every_refusal_says_why(scoped, fields, at, amount, code):
    OfferFactory(pool=["A"], **fields)

    assert _refusal("A", at, amount=amount) == code
    assert Redemption.objects.count() == 0


def test_an_ended_offer_holds_for_what_was_bought_before(scoped):
    OfferFactory(pool=["A"], state="ended", ended_at=NOW)

    assert _redeem("A", NOW - DAY).value == 0


def test_a_code_holds_its_own_days(scoped):
    issue = _issued(OfferFactory(pool=1, valid_days=2))

    assert _refusal(issue.code, NOW + 2 * DAY) == "expired"
    assert _redeem(issue.code, NOW + DAY)


def test_limits_in_all_and_of_each(scoped):
    OfferFactory(codes="single", pool=["ALL"], limit=3, limit_each=1)
    ada, bob = CustomerFactory(), CustomerFactory()

    _redeem("ALL", customer=ada)
    assert _refusal("ALL", customer=ada) == "limit_each_reached"
    _redeem("ALL", customer=bob)
    _redeem("ALL")
    assert _refusal("ALL") == "limit_reached"


def test_one_order_takes_one_code_of_an_offer(scoped):
    OfferFactory(pool=["A", "B"])

    _redeem("A", order_id="7")
    assert _refusal("B", order_id="7") == "order_has_code"


@pytest.mark.parametrize(
    ("kind", "value", "amount", "worth"),
    [
        ("percent", "12.5", "10", "1.25"),
        ("percent", "33.33", "0.01", "0.00"),
        ("percent", "10", None, "0"),
        ("amount", "20", "15", "15"),
        ("voucher", "20", None, "20"),
        ("other", "0", "15", "0"),
    ],
)
def test_what_it_takes_off(scoped, kind, value, amount, worth):
    offer = OfferFactory(kind=kind, value=Decimal(value))

    assert redemptions.worth(offer, amount and Decimal(amount)) == Decimal(worth)


def test_the_cost_is_the_issue_s_then_the_offer_s_then_what_was_taken_off(scoped):
    offer = OfferFactory(pool=3, kind="voucher", value=20, cost=8)
    given = [
        offers.issue(offer=offer, customer=CustomerFactory(), key="k", by=SYSTEM, now=NOW, cost=cost)
        for cost in (Decimal(5), None)
    ]
    plain = _issued(OfferFactory(pool=1, kind="voucher", value=20))

    assert [_redeem(issue.code).cost for issue in (*given, plain)] == [5, 8, 20]


def test_a_code_nobody_was_given_leaves_the_pool(scoped):
    offer = OfferFactory(pool=["A"])

    _redeem("A")

    assert codes.pool(offer=offer).free == 0


# --- by orders ----------------------------------------------------------------------------------


def _order(order_id, customer, coupon, revenue="100") -> orders.NewOrder:
    return orders.NewOrder(order_id, customer.pk, NOW, revenue=Decimal(revenue), coupon=coupon)


def test_an_order_uses_its_code(scoped):
    issue = _issued(OfferFactory(pool=1), now=NOW - DAY)

    orders.record([_order("7", issue.customer, f" {issue.code.lower()} ")], source="api", now=NOW)
    orders.record([_order("7", issue.customer, issue.code)], source="api", now=NOW)

    made = Redemption.objects.get()
    assert (made.order_id, made.customer_id, made.value, made.at) == ("7", issue.customer_id, 15, NOW)


def test_orders_of_one_batch_share_the_limit(scoped):
    OfferFactory(codes="single", pool=["ALL"], limit=2)
    placed = [_order(str(n), CustomerFactory(), "all") for n in range(4)]

    orders.record([*placed, _order("x", CustomerFactory(), "nothing")], source="api", now=NOW)

    assert sorted(Redemption.objects.values_list("order_id", flat=True)) == ["0", "1"]


def test_an_order_told_by_the_event_intake_uses_its_code(scoped):
    issue = _issued(OfferFactory(pool=1), now=NOW - DAY)
    told = {"type": "track", "event": "Order Completed", "userId": issue.customer.external_id, "messageId": "m1",
            "properties": {"order_id": "7", "revenue": 40, "coupon": issue.code}}  # fmt: skip

    assert storing.store([told, told], size=500, by=SYSTEM, now=NOW) == []
    assert storing.store([told], size=500, by=SYSTEM, now=NOW) == []

    made = Redemption.objects.get()
    assert (made.order_id, made.amount, made.value) == ("7", 40, 6)


def test_orders_without_a_code_cost_one_query(scoped, django_assert_num_queries):
    orders.record([_order("7", CustomerFactory(), "")], source="api", now=NOW)

    with django_assert_num_queries(1):
        redemptions.redeem_orders(order_ids=["7"])


def test_an_undone_import_gives_back_the_codes_its_orders_named(tenant, media):
    with tenancy.scope(tenant):
        given, free, desk = _issued(OfferFactory(pool=1)), OfferFactory(pool=["FREE"]), OfferFactory(pool=["DESK"])
        CustomerFactory(external_id="ada")
        offers.redeem(code="DESK", order_id="3", by=TILL, now=NOW)
    head, day = "order_id,customer,placed_at,revenue,coupon\n", "2026-06-01 12:00"
    lines = f"1,ada,{day},100,{given.code}\n2,ada,{day},100,free\n3,ada,{day},100,DESK\n4,ada,{day},100,\n"
    found = bring(tenant, head + lines, kind="orders")
    with tenancy.scope(tenant):
        assert sorted(Redemption.objects.values_list("code", "order_id")) == sorted(
            [(given.code, "1"), ("FREE", "2"), ("DESK", "3")]
        )
        imports.undo(found=found, by=SYSTEM)
    work()

    with tenancy.scope(tenant):
        assert list(Redemption.objects.values_list("code", "offer")) == [("DESK", desk.pk)]
        assert dict(Code.objects.values_list("code", "free")) == {given.code: False, "FREE": True, "DESK": False}
        assert Event.objects.filter(name="Offer Redeemed").count() == 0
        assert _redeem("FREE", order_id="2").offer_id == free.pk
        assert _redeem(given.code, order_id="9").issue_id == given.pk
