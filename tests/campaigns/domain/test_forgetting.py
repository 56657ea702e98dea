"""What the ledger keeps of an erased person: the count, and nothing else."""

from datetime import UTC, datetime

from django.utils import timezone

from campaigns.domain import leases, messages
from campaigns.models import Hit, Message, SendUnit
from customers.domain import erasure
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import LeaseFactory, MessageFactory, SenderFactory, UnitFactory, VersionFactory
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_an_erased_persons_message_stays_as_a_count(scoped):
    message = MessageFactory(state="accepted", address="a@example.com", data={"data": {"x": 1}}, reply="250 ok")
    Hit.objects.create(
        message=message, kind="open", at=timezone.now(), method="GET", ip="10.0.0.1", user_agent="Mozilla"
    )

    erasure.erase(customer=message.customer, by=SYSTEM)

    kept = Message.objects.get()
    assert (kept.state, kept.customer_id, kept.address, kept.data, kept.reply) == ("accepted", None, "", None, "")
    assert list(Hit.objects.values_list("ip", "user_agent")) == [(None, "")]


def test_what_a_single_message_said_is_kept_in_its_row_alone_and_goes_with_its_person(scoped):
    SenderFactory(is_default=True)
    said = {"data": {"answer": "in confidence"}, "template": VersionFactory(template__kind="confirmation").template}
    new, old, other = (messages.send(to=CustomerFactory(), by=SYSTEM, **said) for _n in range(3))
    SendUnit.objects.exclude(pk=new.unit_id).update(data={"data": said["data"], "survey": "nps"})

    for message in (new, old):
        erasure.erase(customer=message.customer, by=SYSTEM)

    assert dict(SendUnit.objects.values_list("pk", "data")) == {
        new.unit_id: {}, old.unit_id: {"survey": "nps"},
        other.unit_id: {"data": said["data"], "survey": "nps"}}  # fmt: skip
    assert list(Message.objects.order_by("pk").values_list("data", flat=True)) == [None, None, {"data": said["data"]}]


def test_who_is_erased_while_a_message_is_on_the_wire_stays_forgotten(tenant):
    with tenancy.scope(tenant):
        unit = UnitFactory()
        lease = LeaseFactory(unit=unit)
        gone, kept = (MessageFactory(unit=unit, lease=lease) for _n in range(2))
        free = MessageFactory(unit=unit, lease=lease, customer=None, address="x@example.com")
    claimed, _unit, going = leases.claim(tenant=tenant, worker="w", now=NOW)
    with tenancy.scope(tenant):
        erasure.erase(customer=gone.customer, by=SYSTEM)

    leases.finish(
        lease=claimed, now=NOW,
        outcomes=[leases.Outcome(found.message_id, "accepted", "", f"250 {found.address}", found.address, "en")
                  for found in going],
    )  # fmt: skip

    with tenancy.scope(tenant):
        assert list(Message.objects.order_by("pk").values_list("state", "address", "reply")) == [
            ("accepted", "", ""),
            *(("accepted", address, f"250 {address}") for address in (kept.customer.email, free.address)),
        ]
