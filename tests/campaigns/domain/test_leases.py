"""Leases: claimed once, written once, and every message in exactly one state after any death."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count

from campaigns.domain import extras, leases
from campaigns.domain.audience import LEASE_SIZE
from campaigns.domain.leases import Outcome
from campaigns.models import Lease, Message, SendUnit
from customers.models import Event
from cxm import tenancy
from tests.campaigns.factories import LeaseFactory, MessageFactory, UnitFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + leases.ALIVE + timedelta(seconds=1)


@pytest.fixture
def queued(tenant):
    """A lease with five messages."""
    with tenancy.scope(tenant):
        lease = LeaseFactory()
        return lease, [MessageFactory(unit=lease.unit, lease=lease).pk for _n in range(5)]


def _claim(tenant, now=NOW, worker="w1"):
    return leases.claim(tenant=tenant, worker=worker, now=now)


def _states(tenant) -> list[str]:
    with tenancy.scope(tenant):
        return list(Message.objects.order_by("pk").values_list("state", flat=True))


def test_a_lease_is_claimed_once(tenant, queued):
    assert _claim(tenant)[0].pk == queued[0].pk
    assert _claim(tenant) is None


def test_outcomes_are_written_and_the_lease_is_done(tenant, queued):
    lease, _unit, going = _claim(tenant)

    leases.finish(lease=lease, outcomes=[Outcome(c.message_id, "accepted", address="a@b.c") for c in going], now=NOW)

    with tenancy.scope(tenant):
        assert _states(tenant) == ["accepted"] * 5
        assert Lease.objects.get().state == "done"
        assert Event.objects.filter(name="Email Sent").count() == 5


def test_what_has_no_outcome_waits_for_the_next_claim(tenant, queued):
    lease, _unit, going = _claim(tenant)

    leases.finish(lease=lease, outcomes=[Outcome(going[0].message_id, "accepted")], now=NOW)

    assert _states(tenant) == ["accepted", "queued", "queued", "queued", "queued"]
    assert [c.message_id for c in _claim(tenant)[2]] == queued[1][1:]


def test_a_paused_unit_is_not_claimed(tenant, queued):
    SendUnit.objects.update(paused=True)

    assert _claim(tenant) is None


def test_a_pause_stops_a_worker_before_the_next_byte(tenant, queued):
    lease, _unit, going = _claim(tenant)
    SendUnit.objects.update(paused=True)

    with pytest.raises(leases.LeaseLost):
        leases.on_wire(lease=lease, upto=0, answered={}, ids=[going[0].message_id], now=NOW)


def test_a_dead_worker_leaves_each_message_in_one_state(tenant, queued):
    lease, _unit, going = _claim(tenant)
    ids = [c.message_id for c in going]
    leases.on_wire(lease=lease, upto=0, answered={}, ids=ids[:2], now=NOW)
    leases.on_wire(lease=lease, upto=ids[1], answered={str(ids[1]): ["failed", "", "550 no"]}, ids=ids[2:4], now=NOW)

    assert leases.recover(tenant=tenant, now=NOW) == 0
    assert leases.recover(tenant=tenant, now=LATER) == 1

    assert _states(tenant) == ["accepted", "failed", "unknown", "unknown", "queued"]
    assert [c.message_id for c in _claim(tenant, LATER)[2]] == ids[4:]


def test_what_a_lost_connection_left_behind_is_not_taken_for_accepted(tenant, queued):
    lease, _unit, going = _claim(tenant)
    ids = [c.message_id for c in going]
    told = {str(ids[1]): [leases.UNSENT, "", ""]}
    leases.on_wire(lease=lease, upto=ids[2], answered=told, ids=[ids[3]], now=NOW)

    leases.recover(tenant=tenant, now=LATER)

    assert _states(tenant) == ["accepted", "queued", "accepted", "unknown", "queued"]


def test_a_transactional_message_on_the_wire_is_sent_again(tenant, queued):
    SendUnit.objects.update(message_class="transactional")
    lease, _unit, going = _claim(tenant)
    leases.on_wire(lease=lease, upto=0, answered={}, ids=[going[0].message_id], now=NOW)

    leases.recover(tenant=tenant, now=LATER)

    assert _states(tenant) == ["queued"] * 5


def test_a_worker_given_up_for_dead_cannot_go_on(tenant, queued):
    lease, _unit, going = _claim(tenant)
    leases.recover(tenant=tenant, now=LATER)
    _claim(tenant, LATER, "w2")

    with pytest.raises(leases.LeaseLost):
        leases.on_wire(lease=lease, upto=0, answered={}, ids=[going[0].message_id], now=LATER)
    leases.finish(lease=lease, outcomes=[Outcome(going[0].message_id, "accepted")], now=LATER)
    assert _states(tenant) == ["queued"] * 5


def test_a_deferred_message_is_tried_again_and_at_last_fails(tenant):
    with tenancy.scope(tenant):
        lease = LeaseFactory()
        message = MessageFactory(unit=lease.unit, lease=lease)
    now = NOW
    for wait in leases.RETRY_AFTER:
        claimed, _unit, going = _claim(tenant, now)
        leases.finish(lease=claimed, outcomes=[Outcome(going[0].message_id, "deferred", reply="451 later")], now=now)
        assert _states(tenant) == ["deferred"]
        assert leases.requeue_deferred(tenant=tenant, now=now) == 0
        now += wait
        assert leases.requeue_deferred(tenant=tenant, now=now) == 1
    claimed, _unit, going = _claim(tenant, now)
    leases.finish(lease=claimed, outcomes=[Outcome(going[0].message_id, "deferred")], now=now)

    assert _states(tenant) == ["failed"]
    with tenancy.scope(tenant):
        assert list(Event.objects.values_list("name", "customer", "message_id", "occurred_at")) == [
            ("Email Bounced", message.customer_id, f"message:{message.pk}", now)
        ]


def test_what_waited_goes_out_in_leases_of_the_usual_size_as_urgent_as_its_unit(tenant):
    with tenancy.scope(tenant):
        bulk, urgent = UnitFactory(), UnitFactory(priority=1)
        told = {"state": "deferred", "not_before": NOW, "customer": None}
        Message.objects.bulk_create([Message(unit=bulk, **told) for _n in range(LEASE_SIZE + 1)])
        MessageFactory(unit=urgent, **told)

        assert leases.requeue_deferred(tenant=tenant, now=NOW) == LEASE_SIZE + 2

        made = Lease.objects.annotate(n=Count("messages")).order_by("priority", "id")
        assert list(made.values_list("unit", "priority", "n")) == [
            (urgent.pk, 1, 1), (bulk.pk, 5, LEASE_SIZE), (bulk.pk, 5, 1)]  # fmt: skip


def test_cancel_leaves_out_whoever_was_not_claimed(tenant, queued):
    with tenancy.scope(tenant):
        assert leases.cancel(unit=SendUnit.objects.get()) == 5
        assert list(Message.objects.values_list("state", "reason").distinct()) == [("skipped", "cancelled")]
    assert _claim(tenant) is None


def test_work_is_found_by_tenant(tenant, other_tenant, queued):
    assert leases.tenants_with_work(now=NOW) == [(tenant.pk, 1, 0)]
    _claim(tenant)
    assert leases.tenants_with_work(now=NOW) == [(tenant.pk, 0, 1)]
    assert leases.tenants_to_sweep(now=NOW) == []
    assert leases.tenants_to_sweep(now=LATER) == [tenant.pk]


@pytest.fixture
def broken(monkeypatch):
    """An extra whose rule of admission is refused by the database."""

    def admit(unit, people, now):
        Message.objects.extra(where=["no_such_column"]).exists()

    extra = extras.Extra("broken", "", list, (), dict, admit, dict, lambda *told: None, {})
    monkeypatch.setitem(extras._extras, "broken", extra)


def test_a_lease_that_cannot_be_claimed_lets_the_others_go_and_fails_at_last(tenant, broken):
    with tenancy.scope(tenant):
        first = MessageFactory(unit=UnitFactory(data={"broken": 1}), customer=None, address="a@example.com")
        lease, good = LeaseFactory(unit=first.unit, priority=1), MessageFactory()
        Message.objects.filter(pk=first.pk).update(lease=lease)
        Message.objects.filter(pk=good.pk).update(lease=LeaseFactory(unit=good.unit))

    assert [found.message_id for found in _claim(tenant)[2]] == [good.pk]
    now = NOW
    for wait in leases.RETRY_AFTER:
        assert (_states(tenant), _claim(tenant, now)) == (["deferred", "queued"], None)
        now += wait
        assert leases.requeue_deferred(tenant=tenant, now=now) == 1
        assert _claim(tenant, now) is None

    with tenancy.scope(tenant):
        first.refresh_from_db()
        assert (first.state, first.reason, first.address) == ("failed", "internal_error", "a@example.com")
        assert list(Lease.objects.filter(unit=first.unit, state="queued")) == []
