"""Surveys and their versions: written, checked, published, and never changed afterwards."""

import pytest

from cxm.audit.actors import SYSTEM
from feedback.domain import conditions, surveys, versions
from feedback.models import Question, Survey, SurveyVersion
from feedback.questions import Given
from tests.feedback.factories import CHOICES, NOW, TITLE, WHY, make_survey


def test_publishing_makes_the_draft_what_people_answer(scoped):
    survey = make_survey()
    survey.refresh_from_db()
    assert (survey.state, survey.kind, survey.slug, survey.languages) == ("live", "nps", "nps", ["en", "ar"])
    assert versions.published(survey=survey).published_at == NOW


def test_a_published_version_does_not_change(scoped):
    survey = make_survey()
    version = versions.published(survey=survey)
    question = versions.asked(version)[0]
    for attempt in (
        lambda: versions.add(version=version, kind="text", texts=WHY, by=SYSTEM),
        lambda: versions.change(question=question, texts=WHY, by=SYSTEM),
        lambda: versions.remove(question=question, by=SYSTEM),
        lambda: versions.move(question=question, up=False, by=SYSTEM),
        lambda: versions.word(version=version, texts={"en": {"intro": "Hi"}}, by=SYSTEM),
    ):
        with pytest.raises(versions.Published):
            attempt()
    assert [each.key for each in versions.asked(version)] == ["nps", "text"]


def test_editing_what_is_live_begins_a_draft_with_the_same_keys(scoped):
    survey = make_survey()
    draft = versions.draft(survey=survey)
    assert draft.number == 2 and draft.published_at is None
    assert versions.draft(survey=survey).pk == draft.pk
    assert [each.key for each in versions.asked(draft)] == ["nps", "text"]
    versions.remove(question=versions.question(version=draft, key="text"), by=SYSTEM)
    # a key that was used before is never given to another question
    assert versions.add(version=draft, kind="text", texts=WHY, by=SYSTEM).key == "text_2"
    assert [each.key for each in versions.asked(versions.published(survey=survey))] == ["nps", "text"]
    versions.discard(survey=survey, by=SYSTEM)
    assert SurveyVersion.objects.count() == 1


def test_what_is_missing_is_said_by_question(scoped):
    survey = surveys.create(name="Empty", by=SYSTEM)
    draft = versions.draft(survey=survey)
    with pytest.raises(versions.NotReady) as refusal:
        versions.publish(survey=survey, by=SYSTEM, now=NOW)
    assert list(refusal.value.fields) == ["questions"]
    versions.add(version=draft, kind="nps", texts={"en": {"title": "?"}}, by=SYSTEM)
    versions.add(version=draft, kind="choice", texts=WHY, settings={"options": []}, by=SYSTEM)
    with pytest.raises(versions.NotReady) as refusal:
        versions.publish(survey=survey, by=SYSTEM, now=NOW)
    assert sorted(refusal.value.fields) == ["choice", "nps"]
    with pytest.raises(versions.NotReady):
        versions.discard(survey=survey, by=SYSTEM)
    survey.refresh_from_db()
    assert survey.state == Survey.State.DRAFT


def test_questions_change_places(scoped):
    survey = make_survey("nps", "csat", "text", publish=False)
    draft = versions.draft(survey=survey)
    versions.move(question=versions.question(version=draft, key="text"), up=True, by=SYSTEM)
    versions.move(question=versions.question(version=draft, key="nps"), up=True, by=SYSTEM)
    assert [each.key for each in versions.asked(draft)] == ["nps", "text", "csat"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "stars"}, "kind"),
        ({"kind": "nps", "key": "No good"}, "key"),
        ({"kind": "nps", "texts": {"en": {"title": "x" * 501}}}, "texts"),
        ({"kind": "choice", "settings": {"options": [{"value": "a", "texts": {"en": "A"}}] * 2}}, "options"),
    ],
)
def test_what_cannot_be_kept(scoped, fields, wrong):
    draft = versions.draft(survey=make_survey(publish=False))
    with pytest.raises(versions.BadQuestion) as refusal:
        versions.add(version=draft, by=SYSTEM, **({"texts": TITLE} | fields))
    assert list(refusal.value.fields) == [wrong]


def test_a_copy_is_a_draft_of_its_own(scoped):
    survey = make_survey("nps", "choice", wave="quarter")
    copy = surveys.duplicate(survey=survey, by=SYSTEM)
    assert (copy.state, copy.wave, copy.slug) == ("draft", "quarter", "nps-copy")
    asked = versions.asked(versions.draft(survey=copy))
    assert [(each.key, each.settings) for each in asked] == [("nps", {}), ("choice", CHOICES)]


def test_slugs_are_never_a_number_and_never_taken(scoped):
    assert [surveys.create(name=name, by=SYSTEM).slug for name in ("2026", "رأيك", "NPS", "nps")] == [
        "survey-2026", "rayk", "nps", "nps-2",
    ]  # fmt: skip
    assert surveys.named(ref="nps-2").name == "nps"


# --- conditions ---------------------------------------------------------------------------------


def _asked(key, kind="nps", **condition) -> Question:
    return Question(tenant_id=1, key=key, kind=kind, condition=condition, settings=CHOICES if kind == "choice" else {})


@pytest.mark.parametrize(
    ("operator", "value", "given", "expected"),
    [
        ("lte", 6, Given(number=6), True),
        ("lte", 6, Given(number=7), False),
        ("gte", "9", Given(number=9), True),
        ("is", 3, Given(number=3), True),
        ("is", "price", Given(choices=("price", "staff")), True),
        ("is_not", "price", Given(choices=("staff",)), True),
        ("is_not", "price", Given(), False),
        ("answered", "", Given(text="x"), True),
        ("answered", "", Given(), False),
    ],
)
def test_conditions(operator, value, given, expected):
    condition = {"question": "first", "operator": operator, "value": value}
    assert conditions.holds(condition, {"first": given}) is expected
    assert conditions.holds(condition, {}) is False


def test_what_is_asked_next_follows_the_answers():
    order = [
        _asked("score"),
        _asked("why", "text", question="score", operator="lte", value=6),
        _asked("more", "text", question="why", operator="answered", value=""),
        _asked("last", "text"),
    ]
    assert conditions.following(order, {}).key == "score"
    assert conditions.following(order, {"score": Given(number=3)}).key == "why"
    assert conditions.following(order, {"score": Given(number=9)}).key == "last"
    # an answer to a question that is not asked any more leads nowhere
    hidden = {"score": Given(number=9), "why": Given(text="slow"), "last": Given()}
    assert conditions.following(order, hidden) is None
    assert conditions.following(order, hidden | {"score": Given(number=2)}).key == "more"


@pytest.mark.parametrize(
    "condition",
    [
        {"question": "later", "operator": "lte", "value": 6},
        {"question": "self", "operator": "lte", "value": 6},
        {"question": "score", "operator": "like", "value": 6},
        {"question": "score", "operator": "lte", "value": 11},
        {"question": "score", "operator": "is", "value": "price"},
        {"question": "pick", "operator": "is", "value": "nothing"},
        {"question": "pick", "operator": "lte", "value": "price"},
        {"question": "words", "operator": "is", "value": "x"},
        {"question": "score", "operator": "is", "value": True},
        {"nonsense": 1},
    ],
)
def test_conditions_that_lead_nowhere_are_refused(condition):
    earlier = [_asked("score"), _asked("pick", "choice"), _asked("words", "text")]
    assert conditions.fault(_asked("self", "text", **condition), earlier) != ""


def test_good_conditions_pass():
    earlier = [_asked("score"), _asked("pick", "choice"), _asked("words", "text")]
    for condition in (
        {},
        {"question": "score", "operator": "lte", "value": "6"},
        {"question": "pick", "operator": "is", "value": "staff"},
        {"question": "words", "operator": "answered"},
    ):
        assert conditions.fault(_asked("self", "text", **condition), earlier) == ""
