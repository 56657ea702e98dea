from customers.domain import erasure, events
from cxm.audit.actors import SYSTEM
from feedback.models import Case, CaseMessage, ScoreRule
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
