"""What the clock starts for surveys."""

from datetime import timedelta

from django.utils import timezone

from customers.models import Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback import tasks
from feedback.domain import invitations, responses
from feedback.models import Invitation
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import make_survey


def test_what_was_left_half_way_is_told_and_what_was_refused_is_left_out(tenant, other_tenant):
    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback", body="{{ survey.url }}")
        survey, begun, refused = make_survey(), *CustomerFactory.create_batch(2)
        long_ago = timezone.now() - timedelta(hours=2)
        asked = invitations.invite(survey=survey, customer=begun, key="1", by=SYSTEM, now=long_ago)
        responses.answer(survey=survey, key="nps", value={"answer": 3}, language="en", now=long_ago, invitation=asked)
        invitations.invite(survey=survey, customer=refused, key="2", by=SYSTEM, now=long_ago).unit.messages.update(
            state="skipped", reason="no_address"
        )
    now = timezone.now()
    assert responses.tenants_with_quiet(now=now) == [tenant.pk] == invitations.tenants_with_waiting(now=now)
    for _time in range(2):
        tasks.tidy_surveys(tenant_id=tenant.pk)
        assert Event.objects.filter(name="Survey Answered").count() == 1
        assert Invitation.objects.get(key="2").reason == "no_address"
    assert responses.tenants_with_quiet(now=now) == []
