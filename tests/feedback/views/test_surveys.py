"""Pages of surveys for colleagues: made, built, published, read."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from feedback.domain import invitations, responses, surveys, versions
from feedback.models import AskingRule, Invitation, Question, Survey
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory, SegmentFactory
from tests.feedback.factories import make_survey


def _url(name: str, *args) -> str:
    return reverse(f"feedback:{name}", args=["shop", *args])


@pytest.fixture
def survey(tenant):
    with tenancy.scope(tenant):
        SegmentFactory(name="VIP")
        return make_survey("nps", "choice", "text")


def _answers(tenant, survey, count, **more):
    with tenancy.scope(tenant):
        for number in range(count):
            customer = CustomerFactory(name="=HYPERLINK(1)")
            said = {"nps": (9, 10, 3)[number % 3], "choice": ["price"], "text": f"Word {number}"} | more
            responses.submit(survey=survey, answers=said, language="en", now=timezone.now(), customer=customer)


def test_the_list_teaches_and_needs_the_same_queries_for_one_and_three(page, tenant, django_assert_num_queries):
    assert "No surveys yet" in page.get(_url("surveys")).content.decode()
    with tenancy.scope(tenant):
        make_survey(name="First")
    with django_assert_num_queries(8):
        page.get(_url("surveys"))
    with tenancy.scope(tenant):
        make_survey(name="Second"), make_survey(name="رأيك")
    with django_assert_num_queries(8):
        shown = page.get(_url("surveys")).content.decode()
    assert "رأيك" in shown
    assert "Second" not in page.get(_url("surveys"), {"q": "رأ"}).content.decode()
    assert "No survey fits" in page.get(_url("surveys"), {"state": "closed"}).content.decode()


def test_a_starter_becomes_a_draft_that_can_be_published(page, tenant):
    for key in ("nps", "purchase", "case", "effort"):
        assert page.post(_url("survey_start"), {"key": key}).status_code == 302
    assert page.post(_url("survey_start"), {"key": "other"}).status_code == 404
    for survey in Survey.objects.all():
        assert page.get(_url("survey", survey.pk)).url == _url("survey_edit", survey.pk)
        assert page.post(_url("survey_publish", survey.pk)).url == _url("survey", survey.pk)
        assert page.get(_url("survey", survey.pk)).status_code == 200
    assert set(Survey.objects.values_list("slug", "state", "kind")) == {
        ("nps", "live", "nps"), ("purchase", "live", "nps"), ("case", "live", "csat"), ("effort", "live", "ces"),
    }  # fmt: skip


def test_a_survey_is_built_question_by_question(page, tenant):
    page.post(_url("survey_new"), {"name": "Fresh"})
    survey = Survey.objects.get()
    edit = _url("survey_edit", survey.pk)
    assert "No question yet" in page.get(edit).content.decode()
    page.post(_url("question_add", survey.pk), {"kind": "choice"})
    said = {
        "title_en": "What was good?", "title_ar": "ما الجيد؟", "required": "1", "multiple": "1",
        "option": ["", "", ""], "option_en": ["Price", "Staff", ""], "option_ar": ["السعر", "الموظفون", ""],
    }  # fmt: skip
    answer = page.post(_url("question_change", survey.pk, "choice"), said, HTTP_HX_REQUEST="true")
    assert answer["HX-Trigger"] == "survey-changed" and "ready to be published" in answer.content.decode()
    page.post(_url("question_add", survey.pk), {"kind": "text"})
    page.post(
        _url("question_change", survey.pk, "text"),
        {"title_en": "Why?", "title_ar": "لماذا؟", "if_question": "choice", "if_operator": "is", "if_value": "السعر"},
    )
    choice, text = Question.objects.order_by("position")
    assert (choice.required, choice.settings) == (
        True, {"multiple": True, "options": [{"value": "o1", "texts": {"en": "Price", "ar": "السعر"}},
                                             {"value": "o2", "texts": {"en": "Staff", "ar": "الموظفون"}}]},
    )  # fmt: skip
    assert text.condition == {"question": "choice", "operator": "is", "value": "o1"}
    page.post(_url("question_move", survey.pk, "text"), {"up": "1"})
    refused = page.post(_url("survey_publish", survey.pk), follow=True).content.decode()
    assert "Question 1: The condition must name an earlier question." in refused
    page.post(_url("question_remove", survey.pk, "text"))
    page.post(_url("survey_cover", survey.pk), {"thanks_en": "Bye", "thanks_ar": "وداعًا"})
    page.post(_url("survey_publish", survey.pk))
    survey.refresh_from_db()
    assert survey.state == "live"
    assert versions.published(survey=survey).texts["ar"] == {"thanks": "وداعًا"}


def test_a_condition_takes_a_number_in_arabic_digits_and_the_page_speaks_arabic(page, tenant, survey):
    page.cookies["cxm_language"] = "ar"
    said = {"title_en": "Why?", "title_ar": "لماذا؟", "if_question": "nps", "if_operator": "lte", "if_value": "٠٦"}
    page.post(_url("question_change", survey.pk, "text"), said)
    draft = survey.versions.get(published_at=None)
    assert draft.questions.get(key="text").condition == {"question": "nps", "operator": "lte", "value": "6"}
    html = page.get(_url("survey_edit", survey.pk)).content.decode()
    assert "السؤال 1" not in html  # nothing is missing
    assert '<option value="nps" selected>1. هل توصي بنا؟</option>' in html
    assert "?lang=ar" in html


def test_the_preview_walks_through_and_keeps_nothing(page, tenant, survey):
    url = _url("survey_preview", survey.pk)
    assert "هل توصي بنا؟" in page.get(url, {"lang": "ar"}).content.decode()
    assert "Price" in page.get(url, {"lang": "en", "step": "2", "answer": "9"}).content.decode()
    assert "Thank you" in page.get(url, {"lang": "en", "step": "99"}).content.decode()
    assert page.get(url, {"step": "x" * 9}).status_code == 200
    assert survey.responses.count() == 0


def test_settings_are_kept_or_said_to_be_wrong(page, tenant, survey):
    good = {
        "name": "NPS",
        "languages": ["en", "ar"],
        "first": "ar",
        "wave": "quarter",
        "rest_days": "",
        "answer_days": "9",
    }
    assert page.post(_url("survey_change", survey.pk), good | {"open_link": "on"}).status_code == 302
    survey.refresh_from_db()
    assert (survey.languages, survey.wave, survey.answer_days, survey.open_link) == (["ar", "en"], "quarter", 9, True)
    assert "/s/" in page.get(_url("survey_edit", survey.pk)).content.decode()
    assert page.post(_url("survey_change", survey.pk), good | {"answer_days": "0"}).status_code == 422
    for action, state in (("close", "closed"), ("reopen", "live"), ("link", "live"), ("archive", "closed")):
        page.post(_url("survey_act", survey.pk, action))
        survey.refresh_from_db()
        assert survey.state == state
    assert page.post(_url("survey_act", survey.pk, "explode")).status_code == 404


def test_results_are_a_sentence_a_picture_and_words(page, tenant, survey, django_assert_num_queries):
    assert "Nobody has answered yet." in page.get(_url("survey", survey.pk)).content.decode()
    _answers(tenant, survey, 1)
    with django_assert_num_queries(21):
        page.get(_url("survey", survey.pk))
    _answers(tenant, survey, 5)
    with django_assert_num_queries(21):
        shown = page.get(_url("survey", survey.pk)).content.decode()
    assert "with 95% confidence it lies between" in shown and "+67" in shown
    assert "Word 3" in shown and "n = 6" in shown
    assert "Word 2" not in page.get(_url("survey", survey.pk), {"tone": "good"}).content.decode()
    assert "Nobody has answered yet." in page.get(_url("survey", survey.pk), {"language": "ar"}).content.decode()
    part = page.get(_url("survey", survey.pk), {"q": "Word 4"}, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="comments")
    assert "Word 4" in part.content.decode() and "<html" not in part.content.decode()


def test_the_file_holds_every_answer_and_no_formula(page, tenant, survey):
    _answers(tenant, survey, 2, text="=1+1")
    taken = b"".join(page.get(_url("survey_export", survey.pk)).streaming_content).decode("utf-8-sig")
    lines = taken.splitlines()
    assert lines[0] == "response,answered_at,completed_at,external_id,name,email,language,channel,score,nps,choice,text"
    assert len(lines) == 3
    assert all("'=HYPERLINK(1)" in line and line.endswith(",Price,'=1+1") for line in lines[1:])
    assert Entry.objects.filter(action="survey.exported").count() == 1


def test_who_was_asked_and_who_was_left_alone(page, tenant, survey):
    assert "Nobody was asked yet" in page.get(_url("survey_people", survey.pk)).content.decode()
    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback")
        customer = CustomerFactory()
    asked = page.post(_url("ask", customer.pk), {"survey": "nps"}, follow=True).content.decode()
    assert "The invitation is on its way." in asked
    with tenancy.scope(tenant):
        later = timezone.now() + timedelta(minutes=2)
        invitations.invite(survey=survey, customer=customer, key="x", by=SYSTEM, now=later)
    shown = page.get(_url("survey_people", survey.pk)).content.decode()
    assert "Was asked the same not long ago" in shown and "possible from" in shown
    assert Invitation.objects.count() == 2
    assert page.post(_url("ask", customer.pk), {"survey": "nothing"}, follow=True).status_code == 200


def test_the_panel_on_a_customers_page(page, tenant, survey):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        responses.submit(
            survey=survey, answers={"nps": 2, "text": "بطيء"}, language="ar", now=timezone.now(), customer=customer
        )
    shown = page.get(_url("panel_surveys", customer.pk)).content.decode()
    assert "بطيء" in shown and "tone-bad" in shown
    timeline = page.get(reverse("customers:timeline", args=["shop", customer.pk])).content.decode()
    assert "Answered NPS with 2: “بطيء”" in timeline


def test_the_rule_of_asking_is_a_setting(page, tenant):
    assert page.post(_url("asking"), {"any_days": "3", "survey_days": "60"}).status_code == 302
    assert AskingRule.objects.values_list("any_days", "survey_days").get() == (3, 60)
    assert page.post(_url("asking"), {"any_days": "-1", "survey_days": "x"}).status_code == 422


def test_a_campaign_begins_with_the_survey(page, tenant, survey):
    shown = page.get(reverse("campaigns:new", args=["shop"]), {"survey": "nps"}).content.decode()
    assert '<option value="nps" selected>NPS</option>' in shown
    with tenancy.scope(tenant):
        surveys.close(survey=survey, by=SYSTEM)
    assert '<option value="nps"' not in page.get(reverse("campaigns:new", args=["shop"])).content.decode()
