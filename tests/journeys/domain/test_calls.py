"""Calls to a real server: signed, tried again, never into private networks."""

import ipaddress
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks import Webhook

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, calls
from journeys.models import Automation, Call
from tests.factories import CustomerFactory
from tests.journeys.factories import NOW, automation, come, run

LOCAL = [ipaddress.ip_network("127.0.0.0/8")]


class _Server(HTTPServer):
    answers: list[int]
    received: list[tuple[dict, bytes]]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server():
    found = _Server(("127.0.0.1", 0), _Handler)
    found.answers, found.received = [], []
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def call(tenant, server) -> None:
    with tenancy.scope(tenant):
        step = {"kind": "webhook", "settings": {"url": f"http://127.0.0.1:{server.server_port}/hook"}}
        come(automation(tenant, [step]), CustomerFactory(name="Zoe"))
    run(tenant)


def states(tenant) -> list[tuple]:
    with tenancy.scope(tenant):
        return list(Call.objects.values_list("state", "answer", "attempts"))


def test_a_call_is_made_once_and_signed(tenant, server, call):
    now = datetime.now(UTC)
    assert calls.tenants_due(now=now) == [tenant.pk]
    assert calls.send_due(tenant=tenant, clock=lambda: now, trusted=LOCAL) == 1
    assert calls.send_due(tenant=tenant, clock=lambda: now, trusted=LOCAL) == 0
    headers, body = server.received[0]
    assert Webhook(calls.secret_of(tenant_id=tenant.pk)).verify(body, headers)["type"] == "automation.step"
    assert json.loads(body)["data"]["customer"]["name"] == "Zoe"
    assert states(tenant) == [("done", "200", 1)]


def test_a_call_that_is_not_taken_is_made_again_later_and_then_given_up(tenant, server, call):
    server.answers = [500] * 9
    began = datetime.now(UTC)
    for attempt in range(1, 7):
        now = began + timedelta(hours=11 * attempt)
        assert calls.send_due(tenant=tenant, clock=lambda now=now: now, trusted=LOCAL) == 1
        assert states(tenant) == [("failed" if attempt == 6 else "queued", "500", attempt)]
    assert calls.tenants_due(now=began + timedelta(days=9)) == []
    assert len({headers["webhook-id"] for headers, _body in server.received}) == 1


def test_a_worker_that_died_leaves_the_call_to_the_next(tenant, server, call):
    with tenancy.scope(tenant):
        Call.objects.update(state="claimed", due_at=NOW + calls.ALIVE)
    assert calls.send_due(tenant=tenant, clock=lambda: NOW, trusted=LOCAL) == 0
    assert calls.send_due(tenant=tenant, clock=lambda: NOW + calls.ALIVE, trusted=LOCAL) == 1


def test_private_networks_are_not_called_and_the_team_reads_why_in_its_language(tenant, server, call):
    tenant.language = "ar"
    assert calls.send_due(tenant=tenant, clock=lambda: NOW) == 1
    assert server.received == []
    assert states(tenant) == [("failed", "يقود هذا العنوان إلى شبكة خاصة، ولذلك لا يُستدعى.", 1)]


def test_a_call_that_another_worker_took_over_is_made_by_that_one_alone(tenant, server, call):
    """The first worker hung, before it came to this call, for longer than its claim lasts."""
    began, later = datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=3)
    asked: list[datetime] = []

    def clock() -> datetime:
        asked.append(began if not asked else later)
        if len(asked) == 2:  # claimed, and about to be made: the other comes by
            assert calls.send_due(tenant=tenant, clock=lambda: later, trusted=LOCAL) == 1
        return asked[-1]

    assert calls.send_due(tenant=tenant, clock=clock, trusted=LOCAL) == 1
    assert (len(server.received), states(tenant)) == (1, [("done", "200", 2)])


def test_stopping_an_automation_leaves_its_queued_calls_out(tenant, server, call):
    with tenancy.scope(tenant):
        automations.stop(automation=Automation.objects.get(), by=SYSTEM, now=datetime.now(UTC))
    assert calls.send_due(tenant=tenant, clock=lambda: datetime.now(UTC), trusted=LOCAL) == 0
    assert states(tenant) == [("failed", "The automation was stopped.", 0)]
