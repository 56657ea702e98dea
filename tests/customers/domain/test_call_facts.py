"""Words about a call: whatever their order, the same facts."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from customers.domain.call_facts import Facts, Word, add, dump, facts, load

T0 = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def told(words: list[Word]) -> list[Word]:
    known: list[Word] = []
    for word in words:
        known = add(known, word)
    return known


WORDS = st.builds(
    Word,
    at=st.integers(0, 5).map(at),
    step=st.integers(0, 2),
    number=st.sampled_from(["", "+441", "+442"]),
    queue=st.sampled_from(["", "sales", "help"]),
    agent=st.sampled_from(["", "12", "13"]),
    exact=st.booleans(),
)


@given(words=st.lists(WORDS, min_size=1, max_size=4), repeated=st.lists(st.integers(0, 3), max_size=4))
@settings(max_examples=60)
def test_no_order_and_no_repetition_changes_what_is_known(words, repeated):
    again = [words[index % len(words)] for index in repeated]
    expected = told(words)
    for order in permutations(words):
        assert told([*order, *again]) == expected
        assert told([*again, *order]) == expected
    assert facts(expected) == facts(list(reversed(expected)))
    assert load(dump(expected)) == expected


def test_an_ordinary_call():
    words = [
        Word(at(0), 0, "+441", "sales"),
        Word(at(5), 1, agent="12"),
        Word(at(65), 2),
    ]
    wanted = Facts("ended", at(0), at(5), at(65), "+441", "sales", "12")
    assert {facts(told(list(order))) for order in permutations(words)} == {wanted}


def test_a_call_that_ended_stays_ended_when_it_is_said_late_that_it_rings():
    assert facts(told([Word(at(9), 2), Word(at(0), 0, "+441")])) == Facts("ended", at(0), None, at(9), "+441", "", "")


def test_a_transferred_call_is_where_it_rang_last():
    words = told([Word(at(0), 0, "+441", "sales"), Word(at(8), 0, "+441", "help"), Word(at(10), 1, agent="13")])
    assert facts(words) == Facts("answered", at(0), at(10), None, "+441", "help", "13")


def test_words_without_a_moment_repeat_what_was_said():
    first, later = Word(at(1), 0, "+441", exact=False), Word(at(7), 0, "+441", exact=False)
    assert told([first, later]) == told([later, first]) == [first]
    assert told([first, Word(at(0), 0, "+441")]) == [Word(at(0), 0, "+441")]
