"""Solved cases close by themselves, unless somebody writes."""

from datetime import timedelta

import pytest

from cxm.audit.actors import SYSTEM
from feedback.domain import cases, closing, desk
from feedback.models import Case, CaseType
from tests.feedback.case_rows import MONDAY

WEEKS = timedelta(days=21)


@pytest.fixture
def solved(make_case):
    case = make_case()
    return cases.solve(case=case, by=SYSTEM, now=case.opened_at + timedelta(hours=1))


def test_what_was_solved_long_ago_closes_and_what_a_customer_woke_does_not(make_case, solved):
    now = solved.solved_at + WEEKS
    woken = make_case()
    cases.solve(case=woken, by=SYSTEM, now=woken.opened_at)
    cases.hear(case=woken, body="It is broken again.", author="Sara", now=now)
    complaint = make_case(type="complaint")
    cases.solve(case=complaint, by=SYSTEM, now=complaint.opened_at)

    assert closing.close_silent(now=now) == 1
    assert dict(Case.objects.values_list("pk", "state")) == {
        solved.pk: "closed", woken.pk: "open", complaint.pk: "solved",
    }  # fmt: skip
    assert closing.close_silent(now=now) == 0


def test_the_last_type_stays(begun):
    kinds = list(CaseType.objects.all())
    for kind in kinds[1:]:
        desk.archive_type(found=kind, by=SYSTEM, now=MONDAY)
    with pytest.raises(desk.LastType):
        desk.archive_type(found=kinds[0], by=SYSTEM, now=MONDAY)
    with pytest.raises(desk.UnknownType):
        desk.type_by(ref=kinds[1].slug, in_use=True)
    assert desk.type_by(ref=kinds[1].slug) == kinds[1]
