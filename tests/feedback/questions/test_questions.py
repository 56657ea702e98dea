"""Kinds of question: what they take, and what answers add up to, against printed figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback import questions
from feedback.models import Question
from feedback.questions import BadAnswer, Found, Given
from tests.feedback.factories import CHOICES


def _asked(kind: str, **fields) -> Question:
    return Question(tenant_id=1, key=kind, kind=kind, texts={"en": {"title": "?"}, "ar": {"title": "؟"}}, **fields)


def _nps(promoters: int, passives: int, detractors: int):
    found = Found(promoters + passives + detractors, {10: promoters, 8: passives, 3: detractors})
    return questions.of("nps").aggregate(_asked("nps"), found)


@pytest.mark.parametrize(
    ("parts", "score", "low", "high"),
    [
        ((50, 30, 20), 30, 14.051, 44.201),
        ((16, 9, 11), 13.889, -13.705, 39.346),
        ((15, 12, 9), 16.667, -9.530, 40.299),
        ((400, 350, 250), 15.0, 10.054, 19.856),
        ((10, 0, 0), 100, 47.504, 100),
        ((0, 5, 0), 0, -30.006, 30.006),
    ],
)
def test_nps_and_its_adjusted_wald_interval(parts, score, low, high):
    result = _nps(*parts)
    assert (round(result.score, 3), round(result.low, 3), round(result.high, 3)) == (score, low, high)
    assert (result.n, tuple(result.parts.values())) == (sum(parts), parts)


def test_the_difference_is_rounded_and_not_its_parts():
    assert round(_nps(33, 0, 17).score) == 32
    assert round(_nps(2, 0, 1).score) == 33  # 66.7 − 33.3; rounded apart it would be 67 − 33 = 34


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    [
        (8, 10, 0.490162, 0.943318),
        (85, 100, 0.767164, 0.906940),
        (0, 5, 0, 0.434482),
        (5, 5, 0.565518, 1),
        (430, 500, 0.826833, 0.887677),
    ],
)
@pytest.mark.parametrize(("kind", "best", "worst"), [("csat", 5, 1), ("ces", 7, 2)])
def test_satisfaction_and_effort_are_shares_of_the_best_with_wilson(kind, best, worst, good, n, low, high):
    result = questions.of(kind).aggregate(_asked(kind), Found(n, {best: good, worst: n - good}))
    assert (result.score, round(result.low, 6), round(result.high, 6), result.n) == (good / n, low, high, n)


@pytest.mark.parametrize(("kind", "in_", "out"), [("csat", (4, 5), (1, 2, 3)), ("ces", (5, 6, 7), (1, 2, 3, 4))])
def test_which_steps_are_the_best_ones(kind, in_, out):
    score = {
        step: questions.of(kind).aggregate(_asked(kind), Found(1, {step: 1})).score for step in questions.of(kind).SCALE
    }
    assert score == {**dict.fromkeys(in_, 1.0), **dict.fromkeys(out, 0.0)}


@pytest.mark.parametrize("kind", sorted(questions.SCORED))
def test_nothing_of_nothing_is_unknown_and_not_zero(kind):
    result = questions.of(kind).aggregate(_asked(kind), Found())
    assert (result.n, result.score, result.low, result.high, result.margin, result.mean) == (0, *[None] * 5)


@pytest.mark.parametrize("value", [11, -1, "8.5", 8.5, "٩", " ", "ten", True, "+9", [9], {"a": 1}, "007", "9\n9"])
def test_a_scale_takes_whole_numbers_of_its_own_only(value):
    with pytest.raises(BadAnswer):
        questions.of("nps").read(_asked("nps"), {"answer": value})


@given(st.integers(0, 10))
def test_a_scale_takes_each_of_its_steps(step):
    asked = _asked("nps")
    assert questions.of("nps").read(asked, {"answer": step}) == questions.of("nps").read(asked, {"answer": str(step)})
    assert questions.of("nps").read(asked, {"answer": step}) == Given(number=step)


@given(st.dictionaries(st.integers(0, 10), st.integers(0, 400)))
def test_nps_lies_in_its_interval_and_its_bars_are_all_answers(counts):
    result = questions.of("nps").aggregate(_asked("nps"), Found(sum(counts.values()), counts))
    assert sum(bar.n for bar in result.bars) == result.n == sum(result.parts.values())
    if result.n:
        assert -100 <= result.low <= result.high <= 100
        assert -100 <= result.score <= 100


@pytest.mark.parametrize("kind", sorted(questions.KINDS))
def test_only_what_is_required_must_be_answered(kind):
    settings = CHOICES if kind == "choice" else {}
    for nothing in ({}, {"answer": ""}, {"answer": None}):
        assert questions.of(kind).read(_asked(kind, settings=settings), nothing).empty
        with pytest.raises(BadAnswer):
            questions.of(kind).read(_asked(kind, settings=settings, required=True), nothing)


def test_a_choice_takes_its_own_values_in_its_own_order():
    many, one = _asked("choice", settings=CHOICES), _asked("choice", settings=CHOICES | {"multiple": False})
    assert questions.of("choice").read(many, {"answer": ["staff", "price", "staff"]}).choices == ("price", "staff")
    assert questions.of("choice").read(one, {"answer": "staff"}).choices == ("staff",)
    for asked, value in ((one, ["staff", "price"]), (many, ["nobody"]), (many, [1]), (many, [["price"]])):
        with pytest.raises(BadAnswer):
            questions.of("choice").read(asked, {"answer": value})


def test_a_choice_counts_people_and_keeps_options_that_are_gone():
    asked = _asked("choice", settings=CHOICES)
    result = questions.of("choice").aggregate(asked, Found(4, {"price": 3, "staff": 2, "old": 1}))
    assert [(bar.value, bar.n, bar.share) for bar in result.bars] == [
        ("price", 3, 0.75), ("staff", 2, 0.5), ("old", 1, 0.25),
    ]  # fmt: skip


def test_words_are_kept_without_what_no_database_keeps():
    read = questions.of("text").read
    assert read(_asked("text"), {"answer": " قال\0 \r\nline \ud800 "}).text == "قال \nline ?"
    for value in ("x" * 4001, ["x"], 7):
        with pytest.raises(BadAnswer):
            read(_asked("text"), {"answer": value})


def test_the_ends_of_a_scale_are_said_in_the_readers_language():
    from django.utils import translation  # noqa: PLC0415 -- for this one test

    with translation.override("ar"):
        shown = questions.of("csat").shown(_asked("csat"), "ar")
    assert [step["value"] for step in shown["steps"]] == [1, 2, 3, 4, 5]
    own = Question(tenant_id=1, key="csat", kind="csat", texts={"ar": {"title": "؟", "low": "سيئ", "high": "ممتاز"}})
    assert (questions.of("csat").shown(own, "ar")["low"], questions.of("csat").shown(own, "ar")["high"]) == (
        "سيئ", "ممتاز",
    )  # fmt: skip
