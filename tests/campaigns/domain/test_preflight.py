"""What the preflight promises is what the gate does."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.domain import campaigns, leases, preflight, report
from customers.models import Consent, SegmentMember, Suppression
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from cxm.tenancy.models import Tenant
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory, SegmentFactory, TopicFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["newsletter", "confirmation"])
@pytest.mark.parametrize("consent_model", ["opt_out", "opt_in"])
@pytest.mark.parametrize("topic", ["", "offers"])
def test_the_gate_agrees(tenant, kind, consent_model, topic):
    Tenant.objects.filter(pk=tenant.pk).update(consent_model=consent_model)
    tenant.consent_model = consent_model
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        TopicFactory(slug="offers")
        segment = SegmentFactory()
        people = [CustomerFactory() for _person in range(8)]
        people += [CustomerFactory(email="", email_key=""), CustomerFactory(email_key=people[0].email_key)]
        SegmentMember.objects.bulk_create(SegmentMember(segment=segment, customer=p, entered_at=NOW) for p in people)
        Suppression.objects.create(channel="email", address_key=people[1].email_key, reason="manual")
        for person in (3, 5, 6):
            Suppression.objects.create(channel="email", address_key=people[person].email_key, reason="unsubscribed")
        Suppression.objects.filter(address_key=people[3].email_key).update(at=NOW - timedelta(days=1))
        for person, about, granted in ((2, "", False), (3, "", True), (4, "offers", False), (5, "offers", True)):
            Consent.objects.create(customer=people[person], channel="email", topic=about, granted=granted, at=NOW)
        promised = preflight.look(segment=segment, kind=kind, topic=topic)
        campaign = campaigns.create(
            name="x", by=SYSTEM, kind=kind, topic=topic, segment=segment, template=VersionFactory().template
        )
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
        job = Job.objects.get(kind="campaigns.prepare")
    campaigns.prepare(job)

    _lease, _unit, candidates = leases.claim(tenant=tenant, worker="test", now=NOW)

    with tenancy.scope(tenant):
        skipped = report.of_campaign(campaign=campaigns.get(campaign_id=campaign.pk))["skipped"]
    assert (promised.total, promised.reached, promised.left_out) == (10, len(candidates), skipped)
