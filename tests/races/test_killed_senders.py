"""Sending workers killed with -9 at random moments: nobody gets two copies, nobody is lost.

Real Celery workers and two schedulers, a real server, a real campaign. Small here; the full run of the promise is
`CXM_KILL_PEOPLE=20000 CXM_KILLS=20 script/test tests/races/test_killed_senders.py`.
"""

import collections
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.utils import timezone

from campaigns.channels.email import smtp
from campaigns.domain import campaigns, report, sending
from campaigns.models import Campaign, Message
from customers.models import SegmentMember
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests import programs
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import SegmentFactory

PEOPLE = int(os.environ.get("CXM_KILL_PEOPLE", "1500"))
KILLS = int(os.environ.get("CXM_KILLS", "3"))
WORKERS = 4
SCHEDULERS = 2
WINDOW = smtp.WINDOW * sending.CONNECTIONS  # messages on the wire of a worker


class _Counting:
    """Takes everything, after a moment, and counts the copies each address got."""

    def __init__(self) -> None:
        self.copies: collections.Counter[str] = collections.Counter()

    async def handle_DATA(self, server, session, envelope):
        self.copies[envelope.rcpt_tos[0]] += 1
        return "250 2.0.0 taken"


@pytest.fixture
def server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    counting = _Counting()
    controller = Controller(counting, hostname="127.0.0.1", port=port)
    controller.start()
    yield counting, port
    controller.stop()


def _start(program: Callable[..., subprocess.Popen], port: int, *arguments: int) -> subprocess.Popen:
    return program(*arguments, EMAIL_URL=f"smtp://127.0.0.1:{port}", CXM_SEND_LEASE_SECONDS="4")


def _launch() -> Campaign:
    segment = SegmentFactory(rule={"all": [{"attribute": "external_id", "exists": True}]})
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_customer (tenant_id, external_id, name, first_name, last_name, name_key, search,
                 email, email_key, phone, language, timezone, country, city, attributes, lifecycle, created_at,
                 updated_at, source)
               SELECT %s, 'c' || i, 'Name ' || i, '', '', '', '', 'c' || i || '@example.com',
                 'c' || i || '@example.com', '', '', '', '', '', '{}', 'active', now(), now(), ''
               FROM generate_series(1, %s) i RETURNING id""",
            [tenancy.current_id(), PEOPLE],
        )
        ids = [found for (found,) in cursor.fetchall()]
    now = timezone.now()
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=segment, customer_id=found, entered_at=now) for found in ids], batch_size=5000
    )
    campaign = campaigns.create(name="Killed", by=SYSTEM, template=VersionFactory().template, segment=segment)
    return campaigns.launch(campaign=campaign, by=SYSTEM, now=now)


def _wait_until(condition, *, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_senders_send_nobody_two_copies_and_lose_nobody(tenant, server):
    counting, port = server
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        campaign = _launch()
    schedulers = [_start(programs.beat, port) for _n in range(SCHEDULERS)]
    workers = [_start(programs.worker, port, number) for number in range(WORKERS)]
    chance = random.Random(20260601)
    try:
        for kill in range(1, KILLS + 1):
            _wait_until(lambda share=kill / (KILLS + 2): len(counting.copies) >= PEOPLE * share, seconds=300)
            time.sleep(chance.random() / 5)
            victim = chance.randrange(WORKERS)
            programs.kill(workers[victim])
            workers[victim] = _start(programs.worker, port, victim)
        _wait_until(lambda: Campaign.objects.filter(pk=campaign.pk, state="done").exists(), seconds=300)
    finally:
        for program in [*workers, *schedulers]:
            programs.kill(program)

    states = dict(Message.objects.values_list("customer__email", "state"))
    accepted = {address for address, state in states.items() if state == "accepted"}
    unknown = {address for address, state in states.items() if state == "unknown"}
    assert len(states) == PEOPLE
    assert accepted | unknown == set(states)
    assert len(unknown) <= WINDOW * KILLS
    assert max(counting.copies.values()) == 1
    assert accepted <= set(counting.copies) <= accepted | unknown
    with tenancy.scope(tenant):
        found = report.of_campaign(campaign=campaigns.get(campaign_id=campaign.pk))
    assert (found["audience"], found["sent"], found["unknown"]) == (PEOPLE, len(accepted), len(unknown))
    print(f"{PEOPLE} people, {KILLS} kills: {len(accepted)} accepted, {len(unknown)} unknown, no copy twice")  # noqa: T201 -- the figures of the full run
