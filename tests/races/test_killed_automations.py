"""Workers killed with -9 at random moments while people are on their way: every effect once, nobody lost.

Real Celery workers and a scheduler, a real automation set off by events. Small here; the full run of the promise is
`CXM_AUTOMATION_PEOPLE=20000 CXM_AUTOMATION_KILLS=30 script/test tests/races/test_killed_automations.py`.
"""

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Message
from customers.domain import attributes, events
from customers.domain.events import Happening
from customers.models import Customer, CustomerTag, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, figures, simulator
from journeys.models import Automation, Enrolment, Heard, StepTaken
from tests import programs
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.journeys.factories import automation, tag, wait

PEOPLE = int(os.environ.get("CXM_AUTOMATION_PEOPLE", "400"))
KILLS = int(os.environ.get("CXM_AUTOMATION_KILLS", "2"))
WORKERS, STEPS = 2, 8
NOWHERE = {"EMAIL_URL": "smtp://127.0.0.1:9"}  # nobody listens: what matters here is that the rows are there once


def _story(template) -> list[dict]:
    return [
        tag("seen"),
        {"kind": "branch", "paths": [
            {"key": "a", "settings": {"rule": {"attribute": "country", "is": "SA"}},
             "steps": [{"kind": "send", "settings": {"template": template.pk}}]},
            {"key": "else", "steps": [{"kind": "attribute", "settings": {"attribute": "tier", "value": 3}}]}]},
        wait("PT2S"),
        {"kind": "split", "paths": [{"key": "a", "settings": {"percent": 40}, "steps": [tag("A")]},
                                    {"key": "b", "settings": {"percent": 60}, "steps": [tag("B")]}]},
        {"kind": "wait_event", "settings": {"event": "Order Completed", "timeout": "PT8S"}},
        {"kind": "goal", "settings": {"name": "There"}},
    ]  # fmt: skip


def _people() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_customer (tenant_id, external_id, name, first_name, last_name, name_key, search,
                 email, email_key, phone, language, timezone, country, city, attributes, lifecycle, created_at,
                 updated_at, source)
               SELECT %s, 'c' || i, 'Name ' || i, '', '', '', '', 'c' || i || '@example.com',
                 'c' || i || '@example.com', '', '', '', CASE WHEN i %% 3 = 0 THEN 'SA' ELSE 'DE' END, '', '{}',
                 'active', now(), now(), ''
               FROM generate_series(1, %s) i RETURNING id""",
            [tenancy.current_id(), PEOPLE],
        )
        return sorted(found for (found,) in cursor.fetchall())


def _happen(tenant, people: list[int], at: datetime) -> None:
    """Everybody begins; every second one buys a few seconds later. Each portion commits by itself."""
    for start in range(0, len(people), 500):
        portion = people[start : start + 500]
        told = [Happening(pk, "Checkout Started", at, {"cart": pk}) for pk in portion]
        told += [Happening(pk, "Order Completed", at + timedelta(seconds=5)) for pk in portion if pk % 2]
        with tenancy.scope(tenant):
            events.record(told)


def _through() -> int:
    return Enrolment.objects.filter(state="done").count()


def _progress() -> float:
    return StepTaken.objects.count() / (PEOPLE * STEPS)


def _wait_until(condition, *, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.1)


def _kill_at_random(workers: list) -> None:
    chance = random.Random(20261127)
    for kill in range(1, KILLS + 1):
        _wait_until(lambda share=0.8 * (kill - 1) / KILLS: _progress() >= share, seconds=300)
        time.sleep(chance.random())
        victim = chance.randrange(WORKERS)
        programs.kill(workers[victim])
        workers[victim] = programs.worker(victim, **NOWHERE)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_nobody_and_do_nothing_twice(tenant):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        attributes.define(key="tier", label="Tier", kind="number", by=SYSTEM)
        started = {"kind": "event", "event": "Checkout Started", "where": {}}
        made = automation(tenant, _story(VersionFactory().template), trigger=started)
        people = _people()
    began = datetime.now(UTC)
    workers = [programs.worker(number, **NOWHERE) for number in range(WORKERS)]
    beat = programs.beat(**NOWHERE)
    try:
        _happen(tenant, people, began)
        _kill_at_random(workers)
        _wait_until(lambda: _through() == PEOPLE, seconds=600)
    finally:
        for program in [*workers, beat]:
            programs.kill(program)

    with tenancy.scope(tenant):
        found = automations.get(automation_id=made.pk)
        real = figures.of(automation=found)
        _check_effects(people, found)
        now = datetime.now(UTC)
        said = simulator.replay(
            automation=found, tenant=tenant, since=began - timedelta(minutes=1), until=now, now=now, most=PEOPLE + 1
        )
    assert said.figures.as_json() == real.as_json()
    assert (real.entered, real.done, real.inside, real.failed) == (PEOPLE, PEOPLE, 0, 0)
    took = (now - began).total_seconds()
    print(f"{PEOPLE} people × {STEPS} steps, {KILLS} kills in {took:.0f} s: every effect once, as simulated")  # noqa: T201 -- the figures of the full run


def _check_effects(people: list[int], automation: Automation) -> None:
    reached = list(Customer.objects.filter(country="SA").order_by("pk").values_list("pk", flat=True))
    assert sorted(Message.objects.values_list("customer_id", flat=True)) == reached
    assert Customer.objects.filter(attributes__tier=3).count() == PEOPLE - len(reached)
    assert Counter(CustomerTag.objects.values_list("customer_id", flat=True)) == Counter(people * 2)
    for name in ("Journey Entered", "Journey Goal Reached", "Journey Finished"):
        told = Event.objects.filter(name=name).values_list("customer_id", flat=True)
        assert sorted(told) == people, name
    assert StepTaken.objects.filter(version=automation.version).count() == PEOPLE * STEPS
    assert Heard.objects.count() == 0
