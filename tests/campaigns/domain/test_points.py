"""Points: earned once, never below nothing, spent from what lapses first."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from campaigns.domain import contexts, points, points_rules
from campaigns.models import PointsEntry
from customers.domain import imports, orders
from customers.domain.intake import storing
from customers.models import Event, Import, Order, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.customers.importing import bring, work
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def rule(scoped):
    return points_rules.save(active=True, per_unit="1.5", by=SYSTEM, now=NOW - 30 * DAY, valid_days=90)


def _add(customer, amount, key="k", at=NOW, reason="Thanks"):
    return points.add(customer=customer, amount=amount, reason=reason, key=key, by=SYSTEM, at=at)


def _score(customer) -> int | None:
    return Traits.objects.get(customer=customer).scores.get("points")


def test_points_given_and_spent_are_a_balance_a_score_and_a_merge_field(scoped):
    ada = CustomerFactory()

    _add(ada, 100, "a")
    _add(ada, -30, "b")

    assert points.balance(ada, now=NOW) == 70
    assert _score(ada) == 70
    assert contexts.of_customers([ada.pk])[ada.pk]["points"] == 70
    assert list(Event.objects.order_by("id").values_list("name", "properties__points", "properties__balance")) == [
        ("Points Earned", 100, 100), ("Points Spent", 30, 70)]  # fmt: skip


def test_the_same_key_is_written_once(scoped):
    ada = CustomerFactory()

    assert _add(ada, 100) == _add(ada, 100)
    spent = _add(ada, -100, "spend")
    assert _add(ada, -100, "spend") == spent
    assert points.balance(ada, now=NOW) == 0


def test_more_than_there_is_cannot_be_spent(scoped):
    ada = CustomerFactory()
    _add(ada, 10, "a")

    with pytest.raises(points.NotEnough):
        _add(ada, -11, "b")
    assert points.balance(ada, now=NOW) == 10


@pytest.mark.parametrize("amount", [0, 10_000_001, True, 1.5])
def test_what_is_no_number_of_points(scoped, amount):
    with pytest.raises(points.BadPoints):
        _add(CustomerFactory(), amount)


def test_many_at_once_leave_out_who_has_not_enough(scoped):
    people = [CustomerFactory() for _n in range(3)]
    ids = [person.pk for person in people]

    assert points.add_many(customer_ids=[*ids, 10**9], amount=5, reason="", key="a", by=SYSTEM, at=NOW) == 3
    _add(people[0], -3, "b")
    assert points.add_many(customer_ids=ids, amount=-5, reason="", key="c", by=SYSTEM, at=NOW) == 2
    assert points.balances(ids, now=NOW) == {ids[0]: 2}
    assert [_score(person) for person in people] == [2, 0, 0]


# --- orders -------------------------------------------------------------------------------------


def _buy(customer, order_id, revenue, currency="", at=NOW):
    new = orders.NewOrder(order_id, customer.pk, at, revenue=Decimal(revenue), currency=currency)
    orders.record([new], source="api", now=NOW)


def test_orders_earn_by_the_rule_once(rule):
    ada = CustomerFactory()

    _buy(ada, "1", "33.50")
    _buy(ada, "1", "33.50")
    _buy(ada, "2", "100", currency="USD")
    _buy(ada, "3", "100", at=NOW - 31 * DAY)

    entry = PointsEntry.objects.get()
    assert (entry.kind, entry.amount, entry.reason, entry.expires_at.date()) == (
        "order", 50, "1", (entry.at + 90 * DAY).date())  # fmt: skip


def _told_by_a_page(customer, order_id, *, trusted=False):
    told = {"type": "track", "event": "Order Completed", "userId": customer.external_id,
            "timestamp": NOW.isoformat(), "properties": {"order_id": order_id, "revenue": 100}}  # fmt: skip
    assert storing.store([told], size=500, by=SYSTEM, now=NOW, trusted=trusted) == []


def test_an_order_that_only_a_page_told_earns_once_the_shop_tells_it_too(rule, tenant, media):
    people = ada, bob, _eve = [CustomerFactory(external_id=name) for name in ("ada", "bob", "eve")]
    for person in people:
        _told_by_a_page(person, person.external_id)
    assert PointsEntry.objects.count() == 0

    _buy(ada, "ada", "100")
    _told_by_a_page(bob, "bob", trusted=True)
    bring(tenant, "order_id,customer,placed_at,revenue\neve,eve,2026-06-01 12:00,100\n", kind="orders")
    for person in people:
        _told_by_a_page(person, person.external_id)
        _buy(person, person.external_id, "100")

    assert [points.balance(person) for person in people] == [150, 150, 150]
    assert list(Order.objects.order_by("id").values_list("source", flat=True)) == ["api", "api", "api"]
    assert Event.objects.filter(name="Order Completed").count() == 3


def test_a_rule_may_trust_the_website(rule):
    points_rules.save(active=True, per_unit=1, by=SYSTEM, now=NOW, from_sites=True)
    ada = CustomerFactory()
    _told_by_a_page(ada, "1")

    assert points.balance(ada) == 100


def test_without_a_rule_nothing_is_earned(scoped):
    _buy(CustomerFactory(), "1", "33.50")

    assert PointsEntry.objects.count() == 0


def test_a_return_takes_back_what_there_is(rule):
    ada = CustomerFactory()
    _buy(ada, "1", "100")
    _add(ada, -100, "gift", at=datetime.now(UTC))

    _buy(ada, "2", "-80")

    assert points.balance(ada) == 0
    assert PointsEntry.objects.get(kind="return").amount == -50


def test_returns_of_an_order_take_back_no_more_than_it_earned(rule):
    ada = CustomerFactory()
    _add(ada, 1000, "gift", at=datetime.now(UTC))

    def tell(name, number, **properties):
        told = {"type": "track", "event": name, "userId": ada.external_id, "messageId": number,
                "timestamp": NOW.isoformat(), "properties": {"order_id": "7", **properties}}  # fmt: skip
        assert storing.store([told], size=500, by=SYSTEM, now=NOW) == []

    tell("Order Completed", "a", revenue=100)
    assert points.balance(ada) == 1150
    tell("Order Refunded", "b", revenue=60, refund_id="r1")
    assert points.balance(ada) == 1060
    tell("Order Refunded", "c", revenue=60, refund_id="r2")
    assert points.balance(ada) == 1000


def test_an_undone_import_takes_back_what_its_orders_earned_and_nobody_spent(tenant, media):
    day = datetime.now(UTC).date()
    with tenancy.scope(tenant):
        points_rules.save(active=True, per_unit="1", by=SYSTEM, now=datetime.now(UTC) - 30 * DAY)
        ada, bob, eve = (CustomerFactory(external_id=name) for name in ("ada", "bob", "eve"))
    head = "order_id,customer,placed_at,revenue\n"
    bring(tenant, head + f"kept,ada,{day} 00:00,10\n", kind="orders")
    lines = f"a,ada,{day} 00:00,5\nb,bob,{day} 00:00,100\ne,eve,{day} 00:00,100\n"
    found = bring(tenant, head + lines, kind="orders")
    with tenancy.scope(tenant):
        points.add(customer=bob, amount=-30, reason="Gift", key="g", by=SYSTEM, at=datetime.now(UTC))
        _buy(eve, "e:return", "-40", at=datetime.now(UTC))
        assert [points.balance(each) for each in (ada, bob, eve)] == [15, 70, 60]
        imports.undo(found=found, by=SYSTEM)
    work()

    with tenancy.scope(tenant):
        assert Import.objects.get(pk=found.pk).state == "undone"
        assert [(points.balance(each), _score(each)) for each in (ada, bob, eve)] == [(10, 10), (0, 0), (0, 0)]
        # Orders of one moment earn in no order of theirs.
        assert sorted(PointsEntry.objects.values_list("reason", "customer", "kind", "amount", "unspent")) == [
            ("Gift", bob.pk, "spent", -30, 0), ("b", bob.pk, "order", 30, 0), ("e", eve.pk, "order", 40, 0),
            ("e:return", eve.pk, "return", -40, 0), ("kept", ada.pk, "order", 10, 10),
        ]  # fmt: skip
        earned = Event.objects.filter(name="Points Earned").values_list("properties__reason", flat=True)
        assert sorted(earned) == ["b", "e", "kept"]
    bring(tenant, head + lines, kind="orders")
    with tenancy.scope(tenant):
        assert points.balance(ada) == 15


# --- time ---------------------------------------------------------------------------------------


def test_points_lapse_and_what_lapses_first_is_spent_first(scoped):
    ada = CustomerFactory()
    points_rules.save(active=False, per_unit=1, by=SYSTEM, now=NOW, valid_days=10)
    _add(ada, 100, "old", at=NOW)
    _add(ada, 100, "new", at=NOW + 5 * DAY)
    _add(ada, -30, "spend", at=NOW + 5 * DAY)

    assert points.lapse(now=NOW + 9 * DAY) == 0
    assert points.balance(ada, now=NOW + 10 * DAY) == 100
    assert points.lapse(now=NOW + 10 * DAY) == 1
    assert points.lapse(now=NOW + 10 * DAY) == 0

    assert PointsEntry.objects.get(kind="lapsed").amount == -70
    assert _score(ada) == 100
    assert Event.objects.filter(name="Points Lapsed").count() == 1


def test_scores_that_went_astray_are_mended(scoped):
    ada, bob = CustomerFactory(), CustomerFactory()
    _add(ada, 5)
    Traits.objects.filter(customer=ada).update(scores={"points": 3, "nps": 9})
    Traits.objects.create(customer=bob, scores={"points": 7})

    assert points.recount(now=NOW) == 2
    assert points.recount(now=NOW) == 0
    assert Traits.objects.get(customer=ada).scores == {"points": 5, "nps": 9}
    assert _score(bob) == 0


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"per_unit": "x"}, "per_unit"), ({"per_unit": 0}, "per_unit"), ({"per_unit": "-1"}, "per_unit"),
     ({"worth": "NaN"}, "worth"), ({"valid_days": 0}, "valid_days")],
)  # fmt: skip
def test_a_rule_that_cannot_be_kept(scoped, fields, wrong):
    with pytest.raises(points_rules.BadRule) as refusal:
        points_rules.save(**{"active": True, "per_unit": 1, "by": SYSTEM, "now": NOW} | fields)
    assert list(refusal.value.fields) == [wrong]


STEPS = strategies.lists(strategies.tuples(strategies.integers(-60, 60).filter(bool), strategies.integers(0, 20)))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_ledger_equals_a_purse_of_lots(scoped, steps):
    ada = CustomerFactory()
    points_rules.save(active=False, per_unit=1, by=SYSTEM, now=NOW, valid_days=15)
    purse: list[list] = []
    at = NOW
    for number, (amount, days) in enumerate(steps):
        at += days * DAY
        purse = [lot for lot in purse if lot[0] > at and lot[1]]
        have = sum(left for _end, left in purse)
        if amount > 0:
            purse.append([at + 15 * DAY, amount])
        elif have + amount >= 0:
            wanted = -amount
            for lot in purse:
                taken = min(lot[1], wanted)
                lot[1], wanted = lot[1] - taken, wanted - taken
        try:
            _add(ada, amount, str(number), at=at)
        except points.NotEnough:
            assert have + amount < 0
        points.lapse(now=at)
        assert points.balance(ada, now=at) == sum(left for _end, left in purse)
    assert sum(PointsEntry.objects.filter(customer=ada).values_list("amount", flat=True)) == points.balance(ada, now=at)
