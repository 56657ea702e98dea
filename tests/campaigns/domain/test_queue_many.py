"""Many messages of one unit at once: rows, leases, data; nobody twice."""

import pytest

from campaigns.domain import gate, messages, templates, units
from campaigns.models import Lease, Message, SendUnit
from customers.models import Consent
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import SenderFactory, TemplateFactory, VersionFactory
from tests.factories import LONG_AGO, CustomerFactory


@pytest.fixture
def unit(scoped):
    SenderFactory(is_default=True)
    return units.for_step(ref="1:s1:1", name="Welcome", template=VersionFactory().template)


def test_everybody_gets_one_row_with_their_own_data_in_leases_of_500(unit):
    people = CustomerFactory.create_batch(502)
    told = {person.pk: {"data": {"order_id": f"o{person.pk}"}} for person in people}
    assert messages.queue_many(unit=unit, people=told) == 502
    assert messages.queue_many(unit=unit, people=told) == 0
    assert Message.objects.count() == 502
    assert sorted(lease.messages.count() for lease in Lease.objects.all()) == [2, 500]
    assert Message.objects.get(customer=people[0]).data == {"data": {"order_id": f"o{people[0].pk}"}}


def test_more_people_join_later_and_strangers_fall_out(unit):
    first, second = CustomerFactory(), CustomerFactory()
    assert messages.queue_many(unit=unit, people={first.pk: {}}) == 1
    assert messages.queue_many(unit=unit, people={first.pk: {}, second.pk: {}, 10**9: {}}) == 1
    assert messages.queue_many(unit=unit, people={}) == 0
    assert Lease.objects.count() == 2


def test_the_gate_keeps_its_reason(unit):
    person = CustomerFactory()
    Consent.objects.create(customer=person, channel="email", topic="", granted=False, at=LONG_AGO)
    messages.queue_many(unit=unit, people={person.pk: {}})
    found = gate.judge(lease=Lease.objects.get(), unit=unit, opt_in=False)
    assert [candidate.reason for candidate in found] == ["unsubscribed"]


def test_a_step_has_one_unit_whose_words_are_frozen(unit):
    template = unit.template
    before = unit.versions
    templates.save_version(template=template, language="en", subject="New", body="<p>New</p>", by=SYSTEM)
    again = units.for_step(ref="1:s1:1", name="Welcome", template=template)
    assert (again.pk, again.versions, again.message_class) == (unit.pk, before, "marketing")
    other = units.for_step(ref="1:s1:2", name="Welcome", template=template)
    assert other.versions != before
    needed = VersionFactory(template=TemplateFactory(kind="invoice")).template
    assert units.for_step(ref="2:s1:1", name="Bill", template=needed).message_class == SendUnit.Class.TRANSACTIONAL
