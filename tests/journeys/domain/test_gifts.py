"""Steps that give something or open something: once for a passage, however often they are carried out."""

from datetime import timedelta

import pytest

from campaigns.domain import offers, points
from campaigns.models import Issue, PointsEntry, SendUnit
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.models import Case, CaseType
from journeys import steps
from journeys.domain import recipes
from journeys.models import Enrolment, StepTaken
from journeys.steps.frame import Names, StepProblem
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory
from tests.journeys.factories import NOW, automation, come, run, standing, wait


@pytest.fixture
def offer(tenant):
    with tenancy.scope(tenant):
        made = offers.create(name="Sorry", by=SYSTEM, kind="amount", value="10", codes="single", code="SORRY10")
        return offers.activate(offer=made, by=SYSTEM, now=NOW - timedelta(days=900))


def _again(tenant) -> None:
    """Carry every step out once more, as if nothing of where people stand had been kept."""
    with tenancy.scope(tenant):
        StepTaken.objects.all().delete()
        Enrolment.objects.update(state="active", node="s1", due_at=NOW, finished_at=None)
    run(tenant)


def test_an_offer_points_and_a_case_are_given_once(tenant, offer):
    with tenancy.scope(tenant):
        kind = CaseType.objects.create(slug="call", name="Call")
        people = [CustomerFactory(), CustomerFactory()]
        made = automation(tenant, [
            {"kind": "offer", "settings": {"offer": offer.pk}},
            {"kind": "points", "settings": {"amount": 50, "reason": "Thanks"}},
            {"kind": "case", "settings": {"type": kind.pk, "subject": "Look at this", "body": "She may leave."}},
        ])  # fmt: skip
        come(made, *people)
    run(tenant)
    _again(tenant)
    with tenancy.scope(tenant):
        ids = sorted(person.pk for person in people)
        assert standing() == [("done", "s3")] * 2
        assert sorted(Issue.objects.values_list("customer_id", flat=True)) == ids
        assert sorted(PointsEntry.objects.values_list("customer_id", "amount")) == [(pk, 50) for pk in ids]
        assert sorted(Case.objects.values_list("customer_id", "subject")) == [(pk, "Look at this") for pk in ids]
        assert points.balance(people[0], now=NOW) == 50


def test_a_message_carries_an_offer(tenant, offer):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        template = VersionFactory(body="<p>Your code: {{ offer.code }}</p>").template
        step = {"kind": "send", "settings": {"template": template.pk, "offer": offer.pk}}
        come(automation(tenant, [step, wait("P1D")]), CustomerFactory())
    run(tenant)
    with tenancy.scope(tenant):
        assert SendUnit.objects.get().offer_id == offer.pk


def test_a_ready_made_discount_carries_the_offer_that_is_on(tenant, offer):
    with tenancy.scope(tenant):
        made = recipes.start(key="birthday", name="", tenant=tenant, by=SYSTEM, now=NOW)
        assert made.draft["steps"][0]["settings"]["offer"] == offer.pk


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("offer", {"offer": 9}, "offer"), ("offer", {"offer": None}, "offer"), ("points", {"amount": 0}, "amount"),
        ("points", {"amount": True, "reason": "x"}, "amount"), ("points", {"amount": 5, "reason": ""}, "reason"),
        ("case", {"type": 9}, "type"), ("send", {"template": 1, "offer": "x"}, "template"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(scoped, kind, settings, field):
    with pytest.raises(StepProblem) as problem:
        steps.KINDS[kind].clean(settings, Names(scoped))
    assert list(problem.value.fields) == [field]
