"""Two refreshes at the same time, and changes while one runs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from customers.domain import events, memberships, segments
from customers.models import Customer, Segment, SegmentDirty, SegmentMember
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.customers.domain.rule_people import NOW
from tests.factories import CustomerFactory, SegmentFactory

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs) -> None:
    """Run functions at the same time, each on a connection of its own."""
    gate, failures = threading.Barrier(len(jobs)), []

    def run(job) -> None:
        try:
            gate.wait(10)
            job()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


def test_two_full_refreshes_let_nobody_in_twice(tenant):
    with tenancy.scope(tenant):
        CustomerFactory.create_batch(20)
        segment = SegmentFactory(rule={"all": []})

    def refresh() -> None:
        with tenancy.scope(tenant):
            memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)

    together(*[refresh] * 3)
    assert SegmentMember.objects.filter(left_at=None).count() == 20
    assert Segment.objects.get().member_count == 20


def test_changes_while_refreshes_run_end_in_the_right_place(tenant):
    with tenancy.scope(tenant):
        people = CustomerFactory.create_batch(10, country="SA")
        segment = SegmentFactory(rule={"attribute": "country", "is": "SA"})
        memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)

    def move(country: str, numbers) -> None:
        for number in numbers:
            with tenancy.scope(tenant):
                Customer.objects.filter(pk=people[number].pk).update(country=country)
                events.mark_dirty([people[number].pk])

    def refresh_changed() -> None:
        for step in range(10):
            with tenancy.scope(tenant):
                memberships.refresh_changed(tenant=tenant, now=NOW + timedelta(seconds=step), batch=3)

    def refresh_fully() -> None:
        for step in range(5):
            with tenancy.scope(tenant):
                memberships.refresh_now(segment=segment, tenant=tenant, now=NOW + timedelta(seconds=step))

    together(
        lambda: move("GB", range(5)), lambda: move("FR", range(3, 10)), refresh_changed, refresh_changed, refresh_fully
    )
    with tenancy.scope(tenant):
        while SegmentDirty.objects.exists():
            memberships.refresh_changed(tenant=tenant, now=NOW + timedelta(minutes=1))
        inside = set(memberships.members(segment).values_list("customer_id", flat=True))
        assert inside == set(Customer.objects.filter(country="SA").values_list("id", flat=True)) == set()
        assert Segment.objects.get().member_count == 0


def test_segments_of_one_new_name_each_get_a_slug(tenant):
    def make() -> None:
        with tenancy.scope(tenant):
            segments.create(name="VIP", rule={"all": []}, tenant=tenant, by=SYSTEM)

    together(*[make] * 4)

    assert sorted(Segment.objects.values_list("slug", flat=True)) == ["vip", "vip-2", "vip-3", "vip-4"]
