import pytest
from django.utils import translation

from campaigns.models import Message
from customers.domain import erasure, events
from cxm.audit.actors import SYSTEM, Actor
from cxm.audit.models import Entry
from feedback.domain import cases
from feedback.models import Case, CaseMessage, InboundMail, ScoreRule
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY


def answered(customer, **properties):
    said = {"survey": "After purchase", "slug": "after", "kind": "nps", "score": 3, "comment": "Late.", "response": 7}
    return events.Happening(customer.pk, "Survey Answered", MONDAY, said | properties)


def test_a_bad_score_opens_a_complaint_in_the_same_transaction(begun, customer):
    others = [CustomerFactory() for _each in range(3)]
    events.record([
        answered(customer),
        answered(others[0], score=7, response=8),
        answered(others[1], kind="csat", score=1, response=9),
        answered(others[2], score="none", response=10),
    ])  # fmt: skip
    case = Case.objects.get()
    assert (case.customer, case.type.slug, case.channel) == (customer, "complaint", "survey")
    assert case.subject == "Score 3 in “After purchase”"
    assert CaseMessage.objects.get().body == "Late."
    events.record([answered(customer)])
    assert Case.objects.count() == 1


def test_its_case_speaks_the_language_of_the_team(begun, customer):
    with translation.override("ar"):  # of the page that was answered on
        events.record([answered(customer)])
    assert Case.objects.get().subject == "Score 3 in “After purchase”"


def test_to_its_customer_it_is_named_in_their_language_and_not_by_the_score(begun, customer):
    customer.language = "ar"
    customer.save()
    events.record([answered(customer)])
    cases.answer(case=Case.objects.get(), body="نعتذر.", by=SYSTEM, now=MONDAY)
    assert Message.objects.get(unit__kind="case").data["data"]["subject"] == "إجابتك عن استبياننا [1]"


def test_rules_may_be_of_one_survey_or_off(begun, customer):
    ScoreRule.objects.update(survey="other")
    events.record([answered(customer)])
    ScoreRule.objects.update(survey="after", active=False)
    events.record([answered(customer)])
    assert Case.objects.count() == 0
    ScoreRule.objects.update(active=True)
    events.record([answered(customer)])
    assert Case.objects.count() == 1


def test_erasure_keeps_the_row_for_the_figures_without_person_and_words(make_case, customer):
    case = make_case()
    erasure.erase(customer=customer, by=SYSTEM)
    case.refresh_from_db()
    assert (case.customer_id, case.subject, case.search, case.number) == (None, "", "", 1)
    assert CaseMessage.objects.get().body == ""


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-inf", "sNaN", None, [], {}])
def test_what_is_no_number_opens_nothing(begun, customer, score):
    events.record([answered(customer, score=score)])
    assert Case.objects.count() == 0


def test_a_response_named_by_a_program_may_be_anything(begun, customer):
    events.record([answered(customer, response="x" * 400), answered(CustomerFactory(), response={"id": 1})])
    assert Case.objects.count() == 2


def test_erasure_leaves_nothing_of_the_person_anywhere_else(make_case, customer):
    case = make_case(by=Actor("customer", customer.pk, "Sara Haddad"))
    cases.change(case=case, by=SYSTEM, now=MONDAY, subject="Sara's lamp")
    InboundMail.objects.create(mail_id="<a@x>", sender="Sara@Example.com", sender_name="Sara", recipient="r",
                               reason="no_proof", received_at=MONDAY, subject="Mine", body="Words")  # fmt: skip
    erasure.erase(customer=customer, by=SYSTEM)
    case.refresh_from_db()
    assert (case.opened_by, InboundMail.objects.count()) == ("", 0)
    told = [f"{entry.actor_label} {entry.object_label} {entry.details}" for entry in Entry.objects.all()]
    assert len(told) > 2
    assert not [line for line in told if "Sara" in line or "sara" in line or "lamp" in line]
