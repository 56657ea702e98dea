"""Units of steps: held, let go, cancelled."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.domain import campaigns, leases, messages, units
from campaigns.domain.leases import Outcome
from campaigns.models import Message, SendUnit
from cxm import tenancy
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def claimed(tenant):
    """A lease of a step's unit with three messages, that a worker has just claimed."""
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        unit = units.for_step(ref="7:s1:1", name="Welcome", template=VersionFactory().template)
        messages.queue_many(unit=unit, people={person.pk: {} for person in CustomerFactory.create_batch(3)})
    return leases.claim(tenant=tenant, worker="w", now=NOW)


def _found(tenant) -> list[tuple[str, str]]:
    with tenancy.scope(tenant):
        return list(Message.objects.order_by("pk").values_list("state", "reason"))


def test_what_was_claimed_when_its_step_was_cancelled_is_left_out_when_it_comes_back(tenant, claimed):
    lease, _unit, going = claimed
    leases.on_wire(lease=lease, upto=0, answered={}, ids=[going[0].message_id, going[1].message_id], now=NOW)
    with tenancy.scope(tenant):
        assert units.cancel(versions=[7], now=NOW) == 0
    with pytest.raises(leases.LeaseLost):
        leases.on_wire(lease=lease, upto=going[1].message_id, answered={}, ids=[going[2].message_id], now=NOW)
    answered = [Outcome(going[0].message_id, "accepted"), Outcome(going[1].message_id, "deferred", "", "451 later")]
    leases.finish(lease=lease, outcomes=answered, now=NOW)

    assert leases.tenants_with_work(now=NOW) == []
    assert leases.claim(tenant=tenant, worker="w", now=NOW) is None
    campaigns.close_finished(now=NOW)
    assert _found(tenant) == [("accepted", ""), ("skipped", "cancelled"), ("skipped", "cancelled")]


def test_what_is_put_off_after_its_step_was_cancelled_is_not_tried_again(tenant, claimed):
    lease, _unit, going = claimed
    with tenancy.scope(tenant):
        units.cancel(versions=[7], now=NOW)
    leases.finish(lease=lease, outcomes=[Outcome(found.message_id, "deferred") for found in going], now=NOW)
    later = NOW + timedelta(hours=1)

    assert leases.requeue_deferred(tenant=tenant, now=later) == 3
    assert leases.claim(tenant=tenant, worker="w", now=later) is None
    campaigns.close_finished(now=later)
    assert _found(tenant) == [("skipped", "cancelled")] * 3


def test_who_goes_on_leaves_the_steps_that_were_cancelled_as_they_are(scoped):
    template = VersionFactory().template
    SenderFactory(is_default=True)
    for ref in ("7:s1:1", "8:s1:1"):
        units.for_step(ref=ref, name="Welcome", template=template)
    units.cancel(versions=[7], now=NOW)
    units.hold(versions=[7, 8])
    units.let_go(versions=[7, 8])

    assert dict(SendUnit.objects.values_list("ref", "paused")) == {"7:s1:1": True, "8:s1:1": False}
