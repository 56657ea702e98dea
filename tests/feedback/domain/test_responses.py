"""Answers: kept one by one, told once, counted once for a person and wave."""

from datetime import timedelta

import pytest

from customers.domain import erasure, rules
from customers.models import Event, SegmentMember, Traits
from cxm.audit.actors import SYSTEM
from feedback.domain import invitations, responses, results, surveys, versions
from feedback.domain.results import Asking
from feedback.models import Answer, Invitation, Response
from feedback.questions import BadAnswer
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory, SegmentFactory
from tests.feedback.factories import NOW, TITLE, make_survey


def _answer(survey, key, value, *, at=NOW, **more):
    return responses.answer(survey=survey, key=key, value={"answer": value}, language="en", now=at, **more)


def _asked(survey, customer, key="k", at=NOW) -> Invitation:
    VersionFactory(template__kind="feedback")
    return invitations.invite(survey=survey, customer=customer, key=key, by=SYSTEM, now=at)


def test_the_first_answer_begins_and_the_last_one_ends(scoped):
    survey, customer = make_survey(), CustomerFactory()
    invitation = _asked(survey, customer)
    begun = _answer(survey, "nps", "9", invitation=invitation)
    assert (begun.score, begun.completed_at, begun.settled_at, begun.customer_id) == (9, None, None, customer.pk)
    assert Traits.objects.get(customer=customer).scores == {"nps": 9}
    assert Event.objects.filter(name="Survey Answered").count() == 0
    done = _answer(survey, "text", "Quick and kind", invitation=invitation, at=NOW + timedelta(minutes=1))
    assert done.pk == begun.pk and done.completed_at == done.settled_at == NOW + timedelta(minutes=1)
    told = Event.objects.get(name="Survey Answered")
    assert told.properties == {"survey": "NPS", "slug": "nps", "kind": "nps", "score": 9, "comment": "Quick and kind",
                               "response": done.pk, "language": "en"}  # fmt: skip


def test_a_changed_mind_before_the_end_counts_as_it_is_then(scoped):
    survey, customer = make_survey(), CustomerFactory()
    invitation = _asked(survey, customer)
    _answer(survey, "nps", "2", invitation=invitation)
    _answer(survey, "nps", "8", invitation=invitation)
    assert Response.objects.get().score == 8
    assert Answer.objects.count() == 1
    assert Traits.objects.get(customer=customer).scores == {"nps": 8}


def test_scores_of_two_scales_are_never_put_together(scoped):
    survey = make_survey()
    for score in (2, 9, 10):
        _answer(survey, "nps", str(score), invitation=_asked(survey, CustomerFactory(), key=str(score)))
    draft = versions.draft(survey=survey)
    versions.remove(question=versions.question(version=draft, key="nps"), by=SYSTEM)
    versions.add(version=draft, kind="csat", texts=TITLE, by=SYSTEM)
    versions.publish(survey=survey, by=SYSTEM, now=NOW)
    survey.refresh_from_db()
    _answer(survey, "csat", "5", invitation=_asked(survey, CustomerFactory(), key="new"))

    found = results.headline(survey=survey, asking=Asking())
    assert (survey.kind, found.n, found.score) == ("csat", 1, 1.0)
    assert results.brief(surveys=[survey])[survey.pk].n == 1
    assert sum(row.result.n for row in results.by_language(survey=survey, asking=Asking())) == 1
    responses.settle_quiet(now=NOW + timedelta(hours=1))
    told = Event.objects.filter(name="Survey Answered").values_list("properties__kind", "properties__score")
    assert sorted(told) == [("csat", 5), ("nps", 2), ("nps", 9), ("nps", 10)]


def test_what_was_told_stays_and_more_may_follow(scoped):
    survey, customer = make_survey(), CustomerFactory()
    invitation = _asked(survey, customer)
    _answer(survey, "nps", "2", invitation=invitation)
    assert responses.settle_quiet(now=NOW + timedelta(minutes=29)) == 0
    assert responses.settle_quiet(now=NOW + timedelta(minutes=31)) == 1
    assert responses.settle_quiet(now=NOW + timedelta(minutes=32)) == 0
    assert Event.objects.get(name="Survey Answered").properties["score"] == 2
    with pytest.raises(responses.Settled):
        _answer(survey, "nps", "9", invitation=invitation)
    assert _answer(survey, "text", "Late", invitation=invitation).comment == "Late"
    assert Event.objects.filter(name="Survey Answered").count() == 1


def test_a_wrong_answer_is_kept_nowhere(scoped):
    survey = make_survey()
    for key, value, refusal in (("nps", "11", BadAnswer), ("other", "1", versions.UnknownQuestion)):
        with pytest.raises(refusal):
            _answer(survey, key, value)
    assert Response.objects.count() == 0
    surveys.close(survey=survey, by=SYSTEM)
    survey.refresh_from_db()
    with pytest.raises(surveys.NotLive):
        _answer(survey, "nps", "9")


def test_who_began_with_a_version_ends_with_it(scoped):
    survey, customer = make_survey(), CustomerFactory()
    invitation = _asked(survey, customer)
    _answer(survey, "nps", "9", invitation=invitation)
    draft = versions.draft(survey=survey)
    versions.remove(question=versions.question(version=draft, key="text"), by=SYSTEM)
    versions.publish(survey=survey, by=SYSTEM, now=NOW)
    assert _answer(survey, "text", "Still asked", invitation=invitation).comment == "Still asked"


@pytest.mark.parametrize(("wave", "apart", "counted"), [
    ("month", 20, [7]), ("month", 25, [2, 7]), ("quarter", 20, [7]), ("quarter", 25, [2, 7]), ("ever", 300, [7]),
    ("each", 0, [2, 7]),
])  # fmt: skip
def test_of_each_person_the_last_answer_of_a_wave_counts(scoped, wave, apart, counted):
    """The first answer is a 2 on 10 March; the second one, so many days later, a 7."""
    survey, customer = make_survey("nps", wave=wave), CustomerFactory()
    responses.submit(survey=survey, answers={"nps": 2}, language="en", now=NOW, customer=customer)
    later = NOW + timedelta(days=apart)
    responses.submit(survey=survey, answers={"nps": 7}, language="en", now=later, customer=customer)
    assert sorted(Response.objects.filter(counts=True).values_list("score", flat=True)) == counted


def test_strangers_with_the_open_link_count_each(scoped):
    survey = make_survey("nps", open_link=True)
    for score in (9, 9, 1):
        _answer(survey, "nps", score, channel="link")
    assert results.headline(survey=survey, asking=Asking()).parts == {"promoters": 2, "passives": 0, "detractors": 1}
    assert Event.objects.filter(name="Survey Answered").count() == 0


def test_a_program_brings_a_whole_response(scoped):
    survey, customer = make_survey("csat", "choice", "text"), CustomerFactory()
    made = responses.submit(
        survey=survey, answers={"choice": ["staff"], "csat": 4}, language="ar", now=NOW, customer=customer
    )
    assert (made.score, made.completed_at, made.settled_at, made.channel) == (4, None, NOW, "api")
    assert Event.objects.get(name="Survey Answered").properties["kind"] == "csat"
    assert Traits.objects.get(customer=customer).scores == {"csat": 4}
    with pytest.raises(BadAnswer) as refusal:
        responses.submit(survey=survey, answers={"csat": 4, "choice": "nobody"}, language="ar", now=NOW)
    assert list(refusal.value.fields) == ["choice"]
    assert Response.objects.count() == 1


def test_segments_hear_the_last_answer(scoped):
    survey, glad, changed = make_survey("nps", wave="each"), CustomerFactory(), CustomerFactory()
    for customer, score, day in ((glad, 10, 0), (changed, 10, 0), (changed, 3, 1)):
        at = NOW + timedelta(days=day)
        responses.submit(survey=survey, answers={"nps": score}, language="en", now=at, customer=customer)
    catalogue = rules.load(scoped)

    def found(rule):
        query = rules.compile(rules.parse(rule=rule, catalogue=catalogue), catalogue=catalogue, now=NOW + timedelta(7))
        return {row.pk for row in type(glad).objects.raw(f"SELECT id FROM ({query.text}) q", query.params)}

    assert found({"survey": "nps"}) == {glad.pk, changed.pk}
    assert found({"survey": "nps", "score": {"gte": 9}}) == {glad.pk}
    assert found({"survey": "nps", "score": {"lte": 6}}) == {changed.pk}
    assert found({"survey": "other"}) == set()


def test_results_by_language_segment_and_month(scoped):
    survey, segment = make_survey("nps", "choice", "text"), SegmentFactory(name="VIP")
    rows = [(10, "ar", 0, ["price"], "رائع"), (9, "ar", 0, ["price", "staff"], ""), (3, "en", 31, [], "Slow")]
    for number, (score, language, days, chosen, words) in enumerate(rows):
        customer = CustomerFactory()
        if number == 0:
            SegmentMember.objects.create(segment=segment, customer=customer, entered_at=NOW)
        responses.submit(
            survey=survey, answers={"nps": score, "choice": chosen, "text": words}, language=language,
            now=NOW + timedelta(days=days), customer=customer,
        )  # fmt: skip
    whole = results.headline(survey=survey, asking=Asking())
    assert (round(whole.score), whole.n) == (33, 3)
    languages = {row.name: row.result.parts for row in results.by_language(survey=survey, asking=Asking())}
    assert languages == {
        "ar": {"promoters": 2, "passives": 0, "detractors": 0},
        "en": {"promoters": 0, "passives": 0, "detractors": 1},
    }
    assert [(row.name, row.result.n) for row in results.by_segment(survey=survey, asking=Asking())] == [("VIP", 1)]
    assert [(month.month, found.n) for month, found in results.by_month(survey=survey, asking=Asking())] == [
        (3, 2), (4, 1),
    ]  # fmt: skip
    nps, choice, text = results.by_question(survey=survey, asking=Asking())
    assert (nps.result.n, choice.result.n, text.result.n) == (3, 2, 2)
    assert [(bar.value, bar.n) for bar in choice.result.bars] == [("price", 2), ("staff", 1)]
    april = Asking(since=(NOW + timedelta(days=25)).date())
    assert results.headline(survey=survey, asking=april).parts["detractors"] == 1
    assert results.headline(survey=survey, asking=Asking(segment=segment.pk)).n == 1
    assert [row.comment for row in results.comments(survey=survey, asking=Asking(tone="bad"))] == ["Slow"]
    assert [row.comment for row in results.comments(survey=survey, asking=Asking(search="رائ"))] == ["رائع"]


def test_erased_people_keep_their_score_in_the_counts_and_nothing_else(scoped):
    survey, customer = make_survey(), CustomerFactory()
    invitation = _asked(survey, customer)
    _answer(survey, "nps", "2", invitation=invitation)
    _answer(survey, "text", "My name is Omar", invitation=invitation)
    erasure.erase(customer=customer, by=SYSTEM)
    left = Response.objects.get()
    assert (left.customer_id, left.invitation_id, left.comment, left.snapshot, left.score) == (None, None, "", {}, 2)
    assert set(Answer.objects.values_list("text", flat=True)) == {""}
    assert Invitation.objects.count() == 0
    assert results.headline(survey=survey, asking=Asking()).n == 1
