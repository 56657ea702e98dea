"""The words of one call, told at the same moment; one call logged by two clicks."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from customers.domain import calls, telephony
from customers.models import Call, Event, Interaction
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.conftest import make_user
from tests.factories import CustomerFactory
from tests.races.test_customers import THREADS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WORDS = (("ringing", 0), ("answered", 5), ("ended", 65))


def test_words_told_at_once_make_one_call(tenant):
    orders = list(permutations(WORDS))

    def tell(number: int) -> None:
        for state, seconds in orders[number % len(orders)]:
            at = NOW + timedelta(seconds=seconds)
            calls.tell(call_id="c1", state=state, number="+447400123456", at=at, by=SYSTEM, now=timezone.now())

    for _round in range(3):
        assert at_once(tenant, tell) == []
    with tenancy.scope(tenant):
        call = Call.objects.get()
        assert (call.state, call.started_at, call.answered_at, call.ended_at, len(call.told)) == (
            "ended", NOW, NOW + timedelta(seconds=5), NOW + timedelta(seconds=65), 3)  # fmt: skip


def test_a_call_is_logged_once_and_taken_by_one(tenant):
    users = [make_user(tenant, "agent", f"a{number}@shop.test") for number in range(THREADS)]
    with tenancy.scope(tenant):
        CustomerFactory(phone="+447400123456")
        for user in users:
            telephony.set_state(user=user, state="available", now=NOW)
        call = calls.tell(call_id="c1", state="answered", number="+447400123456", by=SYSTEM, now=NOW)
        call = calls.get(call.pk)
    refused = at_once(tenant, lambda number: calls.take(call=call, user=users[number], now=NOW))
    assert [type(error) for error in refused] == [calls.Conflict] * (THREADS - 1)
    assert at_once(tenant, lambda number: calls.log(call=call, user=users[0], outcome="solved", now=NOW)) == []
    with tenancy.scope(tenant):
        assert (Interaction.objects.count(), Event.objects.count()) == (1, 1)
