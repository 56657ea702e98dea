"""The builder shows every rule, and what it shows is the rule."""

from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.domain.segment_starters import STARTERS
from customers.forms import rule_rows, rules
from customers.forms.rules import Draft
from tests.customers.domain import rule_people


def posted(draft: Draft) -> QueryDict:
    """What a browser sends for a draft."""
    found = QueryDict(mutable=True)
    for row in draft.walk():
        found[f"{row.id}.kind"] = row.kind
        if row.negated:
            found[f"{row.id}.not"] = "1"
        for key, value in row.values.items():
            found[f"{row.id}.{key}"] = value
    return found


def plain(rule: dict) -> dict:
    """A rule as the builder writes it: a group outside, and between two negations."""
    return spaced(rule) if {"all", "any"} & set(rule) else {"all": [spaced(rule)]}


def spaced(rule: dict) -> dict:
    for kind in ("all", "any"):
        if kind in rule:
            return {kind: [spaced(item) for item in rule[kind]]}
    if "not" not in rule:
        long = rule_rows.plain(rule)
        return long if "json" not in {row.kind for row in rules.draft_of(rule).walk()} else rule
    inner = spaced(rule["not"])
    return {"not": {"all": [inner]} if "not" in inner else inner}


@settings(max_examples=100)
@given(rule_people.rules)
def test_a_rule_goes_through_the_form_unchanged(rule):
    draft = rules.draft_of(rule)
    assert rules.rule_of(draft) == plain(rule)
    assert rules.rule_of(rules.read(posted(draft))) == plain(rule)


def test_the_starters_need_no_row_of_json():
    for starter in STARTERS:
        kinds = {row.kind for row in rules.draft_of(starter.rule).walk()}
        assert "json" not in kinds, starter.key


def test_what_no_row_can_show_is_kept_as_json():
    rule = {"all": [{"trait": "clv", "gte": 5, "lt": 9}, {"event": "A", "first": {"within": "P3D"}}]}
    draft = rules.draft_of(rule)
    assert [row.kind for row in draft.items] == ["json", "json"]
    assert rules.rule_of(draft) == rule


def test_short_forms_are_shown_as_rows():
    rule = {
        "all": [{"order": {"count": 2, "within": "P90D"}}, {"event": "A", "where": {"coupon": "X"}}, {"class": ["new"]}]
    }
    assert [row.kind for row in rules.draft_of(rule).items] == ["order", "event", "class"]


def test_buttons_add_move_and_remove():
    draft = rules.act(Draft("all"), "add:n:tag")
    draft = rules.act(draft, "add:n:any")
    draft = rules.act(draft, "add:n-1:event")
    assert [row.id for row in draft.walk()] == ["n", "n-0", "n-1", "n-1-0", "n-1-1"]
    draft = rules.act(draft, "up:n-1")
    assert [row.kind for row in draft.items] == ["any", "tag"]
    draft = rules.act(draft, "remove:n-0-0")
    assert [(row.id, row.kind) for row in draft.walk()] == [
        ("n", "all"),
        ("n-0", "any"),
        ("n-0-0", "event"),
        ("n-1", "tag"),
    ]
    for nonsense in ("", "remove:n", "up:n-9", "add:n:rocket", "explode:n-0", "remove:n-0:x:y"):
        assert [row.id for row in rules.act(draft, nonsense).walk()][:1] == ["n"]


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.from_regex(r"n(-\d{1,2}){0,4}\.(kind|not|op|value|n|count|p0_name|json)", fullmatch=True), st.text()
    )
)
def test_whatever_is_posted_makes_a_draft(fields):
    found = QueryDict(mutable=True)
    for name, value in fields.items():
        found[name] = value
    assert isinstance(rules.rule_of(rules.read(found)), dict)


def test_errors_stand_beside_their_row():
    draft = rules.draft_of({"all": [{"tag": "x"}, {"not": {"any": [{"tag": ""}, {"tag": "y"}]}}]})
    assert rules.show_errors(draft, {"all[1].not.any[0].tag": "This is empty."}) == ""
    assert {row.id: row.error for row in draft.walk() if row.error} == {"n-1-0": "This is empty."}


def test_numbers_are_read_in_any_digits():
    assert [rule_rows.number(words) for words in ("٥", " 1.50 ", "1٫5", "-3", "abc", "1e99")] == [
        5,
        1.5,
        1.5,
        -3,
        "abc",
        "1e99",
    ]
