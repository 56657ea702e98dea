"""Segments beside each other."""

from decimal import Decimal

from django.utils import timezone

from analytics.domain import league
from customers.models import SegmentMember, Traits
from tests.factories import CustomerFactory, SegmentFactory


def test_what_each_member_brought(scoped):
    vip, empty, all_ = SegmentFactory(name="VIP"), SegmentFactory(name="Empty"), SegmentFactory(name="All")
    for revenue, scores in ((100, {"clv_predicted": 30, "churn_risk": 0.2}), (0, {"churn_risk": "odd"})):
        person = CustomerFactory()
        Traits.objects.create(customer=person, revenue=revenue, orders_count=int(revenue > 0), scores=scores)
        for segment in [all_, vip] if revenue else [all_]:
            SegmentMember.objects.create(segment=segment, customer=person, entered_at=timezone.now())

    rows = {row.segment: row for row in league.table()}

    assert [row.segment for row in league.table()] == [vip, all_, empty]
    assert (rows[all_].people, rows[all_].share, rows[all_].each) == (2, 0.5, Decimal(50))
    assert (rows[all_].value_each, rows[all_].risk) == (Decimal(15), Decimal("0.2"))
    assert (rows[empty].people, rows[empty].each, rows[empty].risk) == (0, None, None)
