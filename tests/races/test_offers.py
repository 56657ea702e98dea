"""Several at once: the last code, one code at two tills, one purse, a worker that dies between holding and sending."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.domain import codes, leases, offers, points
from campaigns.domain.leases import Outcome
from campaigns.models import Issue, Message, Redemption
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib.errors import Refusal
from tests.campaigns.factories import LeaseFactory, MessageFactory, OfferFactory
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _at_once(*acts: Callable[[], object]) -> list[object]:
    """Run these at the same moment, each on a connection of its own; a refusal is an answer."""
    gate, answers = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            answers.append(act())
        except Refusal as refusal:
            answers.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def _within(tenant, act: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        with tenancy.scope(tenant):
            return act()

    return run


def test_two_workers_never_give_one_code_twice(tenant):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=7)
        for _lease in range(3):
            lease = LeaseFactory(unit__offer=offer)
            for _n in range(4):
                MessageFactory(unit=lease.unit, lease=lease)

    claimed = _at_once(*[lambda: leases.claim(tenant=tenant, worker="w", now=NOW)] * 3)

    assert all(found is not None for found in claimed)
    given = [found.code for _lease, _unit, going in claimed for found in going]
    assert len(given) == len(set(given))
    with tenancy.scope(tenant):
        left_out = Message.objects.filter(state="skipped", reason="no_code").count()
        # Somebody may be passed over while another worker holds the rows; nobody is lost and no code is given twice.
        assert len(given) + left_out == 12
        assert codes.pool(offer=offer).free == 7 - len(given)
        assert len(given) >= 4


def test_the_last_code_goes_to_one(tenant):
    with tenancy.scope(tenant):
        offer, people = OfferFactory(pool=1), [CustomerFactory() for _n in range(3)]

    acts = [
        _within(tenant, lambda who=who: offers.issue(offer=offer, customer=who, key="k", by=SYSTEM, now=NOW).code)
        for who in people
    ]
    answers = _at_once(*acts)

    with tenancy.scope(tenant):
        assert sorted(answers) == sorted([Issue.objects.get().code, "no_code", "no_code"])


def test_the_same_key_at_the_same_moment_gives_one_code(tenant):
    with tenancy.scope(tenant):
        offer, who = OfferFactory(pool=5), CustomerFactory()

    give = _within(tenant, lambda: offers.issue(offer=offer, customer=who, key="k", by=SYSTEM, now=NOW).code)
    answers = _at_once(give, give, give)

    assert len(set(answers)) == 1
    with tenancy.scope(tenant):
        assert codes.pool(offer=offer).free == 4


def test_a_code_at_two_tills_is_used_once(tenant):
    with tenancy.scope(tenant):
        OfferFactory(pool=["A"])

    acts = [
        _within(tenant, lambda order=order: offers.redeem(code="A", order_id=order, by=SYSTEM, now=NOW).order_id)
        for order in ("1", "2", "3")
    ]
    answers = _at_once(*acts)

    with tenancy.scope(tenant):
        assert sorted(answers) == sorted([Redemption.objects.get().order_id, "used", "used"])


def test_one_order_told_twice_at_once_is_one_redemption(tenant):
    with tenancy.scope(tenant):
        OfferFactory(codes="single", pool=["ALL"], limit=9)

    redeem = _within(tenant, lambda: offers.redeem(code="ALL", order_id="1", by=SYSTEM, now=NOW).pk)
    answers = _at_once(redeem, redeem, redeem)

    assert len(set(answers)) == 1


def test_the_limit_holds_for_everybody_together(tenant):
    with tenancy.scope(tenant):
        OfferFactory(codes="single", pool=["ALL"], limit=2)

    answers = _at_once(*[_within(tenant, lambda: offers.redeem(code="ALL", by=SYSTEM, now=NOW).code)] * 5)

    assert sorted(answers) == ["ALL", "ALL", "limit_reached", "limit_reached", "limit_reached"]


def test_a_purse_is_not_emptied_twice(tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory()
        points.add(customer=ada, amount=100, reason="", key="gift", by=SYSTEM, at=NOW)

    def spend(key):
        return _within(
            tenant, lambda: points.add(customer=ada, amount=-60, reason="", key=key, by=SYSTEM, at=NOW).amount
        )

    def give(key):
        return _within(tenant, lambda: points.add(customer=ada, amount=5, reason="", key=key, by=SYSTEM, at=NOW).amount)

    answers = _at_once(spend("a"), spend("b"), give("c"), give("c"), give("d"))

    assert sorted(map(str, answers)) == sorted(["-60", "not_enough_points", "5", "5", "5"])
    with tenancy.scope(tenant):
        assert points.balance(ada, now=NOW) == 50
        assert ada.traits.scores["points"] == 50


def test_what_a_killed_worker_held_is_sent_with_the_same_code(tenant):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=2)
        lease = LeaseFactory(unit__offer=offer)
        MessageFactory(unit=lease.unit, lease=lease)
    first = leases.claim(tenant=tenant, worker="killed", now=NOW)  # it held a code, and was never heard of again
    later = NOW + leases.ALIVE + timedelta(seconds=1)

    assert _at_once(*[lambda: leases.recover(tenant=tenant, now=later)] * 2) in ([0, 1], [1, 0])

    claimed, _unit, going = leases.claim(tenant=tenant, worker="next", now=later)
    leases.finish(lease=claimed, outcomes=[Outcome(going[0].message_id, "accepted")], now=later)
    assert going[0].code == first[2][0].code
    with tenancy.scope(tenant):
        assert (Issue.objects.get().state, codes.pool(offer=offer).free) == ("issued", 1)
