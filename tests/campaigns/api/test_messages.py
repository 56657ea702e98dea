"""Messages that programs send to one person."""

import pytest

from campaigns.domain import gate
from campaigns.models import Message
from customers.domain import suppressions
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import addresses
from tests.campaigns.factories import MessageFactory, VersionFactory
from tests.factories import CustomerFactory

URL = "/api/v1/messages/"


@pytest.fixture
def template(tenant) -> int:
    with tenancy.scope(tenant):
        return VersionFactory(template__kind="confirmation").template.pk


@pytest.fixture
def person(tenant):
    with tenancy.scope(tenant):
        return CustomerFactory(external_id="42x", email="layla@example.com", email_key="layla@example.com")


def test_to_a_customer_by_id_external_id_or_address(api, tenant, template, person):
    for to in (person.pk, str(person.pk), "42x", "Layla@example.com"):
        answer = api.post(URL, {"to": to, "template": template, "data": {"order": 7}})
        assert answer.status_code == 202, answer.content
        found = answer.json()
        assert (found["state"], found["customer"]) == ("queued", person.pk)
        assert api.get(f"{URL}{found['id']}/").json() == found | {"external_id": "42x"}
    with tenancy.scope(tenant):
        assert Message.objects.latest("id").data == {"data": {"order": 7}}
        MessageFactory()
    assert len(api.get(URL).json()["results"]) == 4


def test_to_an_address_of_nobody(api, template):
    found = api.post(URL, {"to": "somebody@example.net", "template": template}).json()
    assert (found["customer"], found["address"]) == (None, "somebody@example.net")


@pytest.mark.parametrize("written", [" Dead@Example.com ", "Dead@bücher.example"])
def test_an_address_is_kept_as_the_suppression_list_has_it(api, tenant, template, written):
    kept = str(addresses.parse(written))
    with tenancy.scope(tenant):
        suppressions.add(channel="email", address=kept, reason="bounced", by=SYSTEM)

    found = api.post(URL, {"to": written, "template": template}).json()

    assert found["address"] == kept
    with tenancy.scope(tenant):
        message = Message.objects.get()
        assert gate.judge(lease=message.lease, unit=message.unit, opt_in=False)[0].reason == "suppressed"


def test_a_repetition_sends_once(api, tenant, template, person):
    first, second = (
        api.post(URL, {"to": person.pk, "template": template}, HTTP_IDEMPOTENCY_KEY="k1").json() for _try in "ab"
    )
    assert first == second
    with tenancy.scope(tenant):
        assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"to": "nobody"}, 404),
        ({"to": 999_999_999}, 404),
        ({"to": "a@b@c"}, 400),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, 400),
        ({"to": True}, 400),
        ({"to": {"id": 1}}, 400),
        ({"to": "a@example.com", "template": 999_999_999}, 404),
        ({"to": "a@example.com", "data": [1]}, 400),
    ],
)
def test_what_cannot_be_sent_stores_nothing(api, tenant, template, said, status):
    assert api.post(URL, {"template": template} | said).status_code == status
    with tenancy.scope(tenant):
        assert not Message.objects.exists()


@pytest.mark.parametrize("kind", ["campaign", "survey", "case", "journey"])
def test_only_what_programs_sent_is_read_one_by_one(api, tenant, kind):
    with tenancy.scope(tenant):
        other, own = MessageFactory(unit__kind=kind), MessageFactory(unit__kind="api")

    assert [api.get(f"{URL}{found.pk}/").status_code for found in (other, own)] == [404, 200]


def test_another_tenants_ids_are_not_found(api, tenant, other_tenant, template):
    with tenancy.scope(other_tenant):
        theirs = MessageFactory(unit__kind="api")
        other_template = VersionFactory().template
    assert api.get(f"{URL}{theirs.pk}/").status_code == 404
    assert api.get(URL).json()["results"] == []
    assert api.post(URL, {"to": theirs.customer_id, "template": template}).status_code == 404
    assert api.post(URL, {"to": "a@example.com", "template": other_template.pk}).status_code == 404
