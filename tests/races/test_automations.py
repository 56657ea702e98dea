"""Automations with real transactions against each other."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from customers.domain import events
from customers.domain.events import Happening
from customers.models import CustomerTag
from cxm import tenancy
from journeys.domain import enrolments, inbox
from journeys.models import Enrolment, StepTaken
from tests.factories import CustomerFactory
from tests.journeys.factories import automation, come, run, tag, wait

BOUGHT = "Order Completed"


def _at_once(*works) -> list:
    start, told = threading.Barrier(len(works)), []

    def one(work) -> None:
        try:
            start.wait(10)
            told.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[work]) for work in works]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    return told


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_still_brings_in_once(tenant):
    now = datetime.now(UTC)
    stored, drained = threading.Event(), threading.Event()
    with tenancy.scope(tenant):
        slow, quick = CustomerFactory(), CustomerFactory()
        automation(tenant, [wait("P1D")], trigger={"kind": "event", "event": BOUGHT, "where": {}})

    def late() -> None:
        try:
            with tenancy.scope(tenant):
                events.record([Happening(slow.pk, BOUGHT, now)])
                stored.set()
                drained.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    stored.wait(20)
    with tenancy.scope(tenant):
        events.record([Happening(quick.pk, BOUGHT, now)])
    run(tenant, now)
    with tenancy.scope(tenant):
        assert list(Enrolment.objects.values_list("customer_id", flat=True)) == [quick.pk]
    drained.set()
    thread.join(20)
    run(tenant, now)
    run(tenant, now)
    with tenancy.scope(tenant):
        assert sorted(Enrolment.objects.values_list("customer_id", flat=True)) == sorted([slow.pk, quick.pk])


@pytest.mark.django_db(transaction=True)
def test_many_workers_move_everybody_once(tenant):
    now = datetime.now(UTC)
    with tenancy.scope(tenant):
        people = [CustomerFactory() for _person in range(60)]
        made = automation(tenant, [tag("one"), {"kind": "goal", "settings": {"name": "There"}}, tag("two")])
        come(made, *people, now=now)

    def work() -> int:
        moved = 0
        while more := enrolments.move_on(tenant=tenant, now=now, batch=7):
            moved += more
        return moved

    assert sum(_at_once(work, work, work)) == 60
    with tenancy.scope(tenant):
        assert StepTaken.objects.count() == 180
        assert CustomerTag.objects.count() == 120
        assert set(Enrolment.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_two_drains_and_two_programs_let_in_as_often_as_the_rule_says(tenant):
    now = datetime.now(UTC)
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        made = automation(tenant, [wait("P1D")], trigger={"kind": "event", "event": BOUGHT, "where": {}}, again="once")
        for minute in range(4):
            events.record([Happening(customer.pk, BOUGHT, now - timedelta(minutes=minute))])

    def program(key: str):
        def enrol() -> int:
            with tenancy.scope(tenant):
                return come(made, customer, key=key, now=now)

        return enrol

    def drain() -> int:
        return inbox.drain(tenant=tenant, now=now, batch=2)

    _at_once(drain, drain, program("a"), program("b"))
    with tenancy.scope(tenant):
        assert Enrolment.objects.count() == 1
