"""What the ledger keeps of an erased person: the count, and nothing else."""

from django.utils import timezone

from campaigns.models import Hit, Message
from customers.domain import erasure
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import MessageFactory


def test_an_erased_persons_message_stays_as_a_count(scoped):
    message = MessageFactory(state="accepted", address="a@example.com", data={"data": {"x": 1}}, reply="250 ok")
    Hit.objects.create(
        message=message, kind="open", at=timezone.now(), method="GET", ip="10.0.0.1", user_agent="Mozilla"
    )

    erasure.erase(customer=message.customer, by=SYSTEM)

    kept = Message.objects.get()
    assert (kept.state, kept.customer_id, kept.address, kept.data, kept.reply) == ("accepted", None, "", None, "")
    assert list(Hit.objects.values_list("ip", "user_agent")) == [(None, "")]
