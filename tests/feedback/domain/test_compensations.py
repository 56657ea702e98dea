from datetime import timedelta

import pytest

from campaigns.models import Code, Issue, Offer
from cxm.audit.actors import SYSTEM
from feedback.domain import compensations
from feedback.models import CaseMessage, Compensation
from tests.feedback.case_rows import MONDAY


@pytest.fixture
def offer(begun):
    return Offer.objects.create(name="Sorry", kind="amount", value=10, codes="single", state="active", cost=8)


def test_the_cost_is_kept_and_the_same_again_is_the_same_code(make_case, offer):
    Code.objects.create(offer=offer, code="SORRY10", key="sorry10")
    case = make_case()
    first = compensations.give(case=case, offer=offer, by=SYSTEM, now=MONDAY)
    again = compensations.give(case=case, offer=offer, by=SYSTEM, now=MONDAY + timedelta(hours=1))
    assert (first.pk, first.cost, first.issue.code) == (again.pk, 8, again.issue.code)
    assert Issue.objects.count() == Compensation.objects.count() == 1
    assert first.issue.code in CaseMessage.objects.get(direction="internal").body
    assert list(compensations.of_case(case)) == [first]


def test_nobody_gets_nothing(make_case, offer):
    case = make_case()
    case.customer = None
    with pytest.raises(compensations.NobodyThere):
        compensations.give(case=case, offer=offer, by=SYSTEM, now=MONDAY)
