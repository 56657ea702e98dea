"""Orders put down to messages, and taken off them again."""

from datetime import timedelta
from decimal import Decimal

from campaigns.models import Conversion, Message
from customers.domain import imports, orders
from customers.models import Customer, Import, Order
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import MessageFactory, UnitFactory
from tests.customers.importing import bring, now, work
from tests.factories import CustomerFactory

HEAD = "order_id,customer,placed_at,revenue\n"


def test_an_undone_import_takes_its_orders_off_the_messages_they_were_credited_to(tenant, media):
    sent = now() - timedelta(days=3)
    day = (sent + timedelta(days=1)).date()
    with tenancy.scope(tenant):
        unit = UnitFactory()
        one, two = (
            MessageFactory(unit=unit, customer=CustomerFactory(external_id=name), state="accepted", sent_at=sent,
                           opened_at=sent)
            for name in ("c1", "c2")
        )  # fmt: skip
    bring(tenant, HEAD + f"kept,c1,{day} 23:59,10.50\n", kind="orders")
    found = bring(tenant, HEAD + f"x,c1,{day} 23:58,4\ny,c2,{day} 23:59,6\nz,c2,{day} 23:59:30,1\n", kind="orders")
    with tenancy.scope(tenant):
        placed = dict(Order.objects.values_list("order_id", "placed_at"))
        assert list(Message.objects.order_by("pk").values_list("pk", "converted_at", "revenue")) == [
            (one.pk, placed["x"], Decimal("14.50")),
            (two.pk, placed["y"], Decimal("7.00")),
        ]
        imports.undo(found=found, by=SYSTEM)
    work()

    with tenancy.scope(tenant):
        assert Import.objects.get(pk=found.pk).state == "undone"
        assert list(Message.objects.order_by("pk").values_list("pk", "converted_at", "revenue")) == [
            (one.pk, placed["kept"], Decimal("10.50")),
            (two.pk, None, None),
        ]
        assert list(Conversion.objects.values_list("message", "order__order_id", "revenue")) == [
            (one.pk, "kept", Decimal("10.50"))
        ]
        assert Customer.objects.count() == 2


def test_an_order_that_is_told_again_is_credited_as_it_stands_now(tenant, media):
    sent = now() - timedelta(days=3)
    bought = sent + timedelta(hours=1)
    with tenancy.scope(tenant):
        unit = UnitFactory()
        ada, bob = (CustomerFactory(external_id=name) for name in ("ada", "bob"))
        one, two = (
            MessageFactory(unit=unit, customer=person, state="accepted", sent_at=sent, opened_at=sent)
            for person in (ada, bob)
        )

        def tell(revenue, person=ada, at=bought):
            orders.record([orders.NewOrder("1", person.pk, at, revenue=Decimal(revenue))], source="api", now=now())
            return list(Conversion.objects.values_list("message", "revenue", "at"))

        assert tell(10) == [(one.pk, 10, bought)]
        later = bought + timedelta(hours=1)
        assert tell("7.50", at=later) == [(one.pk, Decimal("7.50"), later)]
        assert tell(8, bob) == [(two.pk, 8, bought)]
        credited = Message.objects.order_by("pk").values_list("pk", "converted_at", "revenue")
        assert list(credited.all()) == [(one.pk, None, None), (two.pk, bought, 8)]

    found = bring(tenant, HEAD + f"1,ada,{bought:%Y-%m-%d %H:%M:%S},6\n", kind="orders")
    with tenancy.scope(tenant):
        assert list(Conversion.objects.values_list("message", "revenue")) == [(one.pk, 6)]
        imports.undo(found=found, by=SYSTEM)
    work()
    with tenancy.scope(tenant):
        assert list(credited.all()) == [(one.pk, None, None), (two.pk, bought, 8)]
        assert tell(-8, bob) == []
        assert list(credited.all()) == [(one.pk, None, None), (two.pk, None, None)]
