"""What a rule may not be, and where it says so."""

import json
from zoneinfo import ZoneInfo

import pytest

from customers.domain import rules, rules_parse
from customers.domain.rules_fields import Catalogue, Known, tenant_field
from customers.domain.rules_tree import Branch, Happened, Negation, leaves

VIP = Known(7, "vip", "VIP", {"all": [{"segment": "base"}]}, archived=False)
BASE = Known(8, "base", "Base", {"tag": "x"}, archived=False)
OLD = Known(9, "old", "Old", {"tag": "x"}, archived=True)
CATALOGUE = Catalogue(
    tenant_id=1,
    zone=ZoneInfo("UTC"),
    opt_in=False,
    attributes={
        key: tenant_field(key, key, kind)
        for key, kind in {
            "size": "number",
            "vegan": "boolean",
            "renewal": "date",
            "level": "choice",
            "nick": "text",
        }.items()
    },
    segments={known.slug: known for known in (VIP, BASE, OLD)},
)


def refusal(rule: object, itself: str = "") -> dict:
    with pytest.raises(rules.InvalidRule) as caught:
        rules.parse(rule=rule, catalogue=CATALOGUE, itself=itself)
    assert caught.value.status == 400
    return caught.value.fields


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"all": [{"tag": "x"}, {"tag": "y"}, {"event": "A", "count": {"gt3": 2}}]}, "all[2].event.count.gt3"),
        ({"all": [{"attribute": "shoe", "is": "x"}]}, "all[0].attribute"),
        ({"attribute": "country", "equals": "SA"}, "attribute.equals"),
        ({"attribute": "country"}, "attribute"),
        ({"attribute": "country", "is": 5}, "attribute.is"),
        ({"attribute": "country", "is": ""}, "attribute.is"),
        ({"attribute": "country", "is": None}, "attribute.is"),
        ({"attribute": "country", "in": "SA"}, "attribute.in"),
        ({"attribute": "country", "in": []}, "attribute.in"),
        ({"attribute": "country", "in": ["SA", 5]}, "attribute.in[1]"),
        ({"attribute": "country", "gt": "SA"}, "attribute.gt"),
        ({"attribute": "country", "exists": "yes"}, "attribute.exists"),
        ({"attribute": ["country"], "is": "SA"}, "attribute"),
        ({"attribute": "size", "gt": "5"}, "attribute.gt"),
        ({"attribute": "size", "gt": True}, "attribute.gt"),
        ({"attribute": "size", "between": [5, 1]}, "attribute.between"),
        ({"attribute": "size", "between": [5]}, "attribute.between"),
        ({"attribute": "vegan", "is": "yes"}, "attribute.is"),
        ({"attribute": "renewal", "after": "soon"}, "attribute.after"),
        ({"attribute": "renewal", "is": "2026-02-30"}, "attribute.is"),
        ({"attribute": "birthday", "anniversary": "yesterday"}, "attribute.anniversary"),
        ({"attribute": "birthday", "anniversary": "P2M"}, "attribute.anniversary"),
        ({"attribute": "created_at", "within": "30 days"}, "attribute.within"),
        ({"attribute": "created_at", "within": "P0D"}, "attribute.within"),
        ({"attribute": "created_at", "within": "P-1D"}, "attribute.within"),
        ({"attribute": "created_at", "within": "P900Y"}, "attribute.within"),
        ({"attribute": "created_at", "between": ["2026-01-01", "2026-01-02T00:00:00Z"]}, "attribute.between"),
        ({"trait": "karma", "gt": 1}, "trait"),
        ({"trait": "scores.Bad'--", "gt": 1}, "trait"),
        ({"trait": "days_since_last_order", "gt": 1.5}, "trait.gt"),
        ({"event": 5}, "event"),
        ({"event": "A", "wihtin": "P3D"}, "event.wihtin"),
        ({"event": "A", "count": {"gte": -1}}, "event.count.gte"),
        ({"event": "A", "count": {"gte": 1.5}}, "event.count.gte"),
        ({"event": "A", "count": {}}, "event.count"),
        ({"event": "A", "count": []}, "event.count"),
        ({"event": "A", "where": []}, "event.where"),
        ({"event": "A", "where": {"sku": {"like": "x"}}}, "event.where.sku.like"),
        ({"event": "A", "where": {"sku": None}}, "event.where.sku.is"),
        ({"event": "A", "where": {"total": {"gt": "5"}}}, "event.where.total.gt"),
        ({"event": "A", "sum": {"gte": 5}}, "event.sum"),
        ({"event": "A", "sum": {"property": "x"}}, "event.sum"),
        ({"event": "A", "first": {}}, "event.first"),
        ({"event": "A", "last": {"gt": "x"}}, "event.last.gt"),
        ({"event": "A", "within": "P3D", "after": "2026-01-01"}, "event.within"),
        ({"order": "cancelled"}, "order"),
        ({"order": False}, "order"),
        ({"order": True, "where": {"colour": "red"}}, "order.where.colour"),
        ({"order": {"count": {"gte": 2}}, "within": "P3D"}, "order.within"),
        ({"order": True, "sum": {"property": "tax", "gt": 1}}, "order.sum.property"),
        ({"consent": "pigeon"}, "consent"),
        ({"consent": "email", "granted": "no"}, "consent.granted"),
        ({"consent": "email", "since": "x"}, "consent.since"),
        ({"tag": "x", "is": "y"}, "tag.is"),
        ({"tag": 5}, "tag"),
        ({"segment": "nowhere"}, "segment"),
        ({"segment": "old"}, "segment"),
        ({"segment": True}, "segment"),
        ({"class": "rich"}, "class"),
        ({"class": []}, "class"),
        ({"survey": "nps", "score": {"like": 3}}, "survey.score.like"),
        ({"all": {"tag": "x"}}, "all"),
        ({"all": [], "any": []}, "all.any"),
        ({"not": [{"tag": "x"}]}, "not"),
        ({"any": [{"not": {"not": {"tag": ["x"]}}}]}, "any[0].not.not.tag"),
        ({"any": ["x"]}, "any[0]"),
        ({"any": [{"colour": "red"}]}, "any[0].colour"),
        ({}, "rule"),
        ([], "rule"),
        (None, "rule"),
        ("all", "rule"),
        ({"tag": "x\0y"}, "tag"),
        ({"tag": "\ud800"}, "tag"),
        ({"tag": "x" * 501}, "tag"),
        ({"attribute": "country", "in": ["x"] * 1001}, "attribute.in"),
        ({"trait": "clv", "gt": float("nan")}, "trait.gt"),
        ({"trait": "clv", "gt": 10**400}, "trait.gt"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_path(rule, path):
    assert list(refusal(rule)) == [path]


def test_the_sentence_begins_with_the_path():
    with pytest.raises(rules.InvalidRule, match=r"^all\[0\]\.tag\.is: There is nothing of this name here\.$"):
        rules.parse(rule={"all": [{"tag": "x", "is": 1}]}, catalogue=CATALOGUE)


def test_ten_thousand_levels_are_refused_without_recursion():
    rule: dict = {"tag": "x"}
    for _level in range(10_000):
        rule = {"not": rule}
    assert "At most 20 levels." in refusal(rule).values()
    rule = {"tag": "x"}
    for _level in range(10_000):
        rule = {"all": [rule]}
    assert "At most 20 levels." in refusal(rule).values()


def test_twenty_levels_and_two_hundred_conditions_are_the_most():
    def nested(levels: int) -> dict:
        return {"tag": "x"} if levels == 1 else {"all": [nested(levels - 1)]}

    assert len(leaves(rules.parse(rule=nested(20), catalogue=CATALOGUE))) == 1
    assert list(refusal(nested(21)).values()) == ["At most 20 levels."]
    assert len(leaves(rules.parse(rule={"all": [{"tag": "x"}] * 199}, catalogue=CATALOGUE))) == 199
    assert list(refusal({"all": [{"tag": "x"}] * 200}).values()) == ["At most 200 conditions."]


def test_a_segment_must_not_lead_back_to_itself():
    for slug, target in [("vip", "vip"), ("base", "vip"), ("base", 7), ("base", "7")]:
        assert refusal({"not": {"segment": target}}, itself=slug) == {
            "not.segment": "The segment would depend on itself."
        }
    assert rules.parse(rule={"segment": "vip"}, catalogue=CATALOGUE, itself="new").id == 7


def test_the_rule_of_the_contract_is_read():
    rule = json.loads("""{"all": [
      {"attribute": "country", "in": ["SA", "AE"]},
      {"event": "Order Completed", "count": {"gte": 2}, "within": "P90D"},
      {"not": {"event": "Email Opened", "within": "P30D"}},
      {"trait": "clv", "gte": 500},
      {"consent": "email", "topic": "offers"},
      {"any": [{"segment": "vip"}, {"tag": "press"}]}
    ]}""")
    tree = rules.parse(rule=rule, catalogue=CATALOGUE)
    assert isinstance(tree, Branch)
    assert [type(item).__name__ for item in tree.items] == [
        "Value", "Happened", "Negation", "Value", "ConsentIs", "Branch"]  # fmt: skip
    assert isinstance(tree.items[2], Negation)
    assert isinstance(tree.items[1], Happened)
    assert tree.items[2].item.path == "all[2].not"


def test_an_order_may_be_written_in_two_ways():
    one = rules.parse(rule={"order": True, "count": {"gte": 2}, "within": "P90D"}, catalogue=CATALOGUE)
    other = rules.parse(rule={"order": {"count": {"gte": 2}, "within": "P90D"}}, catalogue=CATALOGUE)
    assert one == other


def test_values_are_written_as_the_columns_hold_them():
    def value(rule: dict):
        return rules.parse(rule=rule, catalogue=CATALOGUE).tests[0].value

    assert value({"attribute": "country", "is": "sa"}) == "SA"
    assert value({"attribute": "email", "is": "Zoe@Example.com"}) == "zoe@example.com"
    assert value({"attribute": "name", "contains": "أحمد"}) == "احمد"
    assert value({"attribute": "attributes.nick", "is": "Zoe"}) == "Zoe"


def test_names_of_segments_are_found_without_reading_the_rest():
    assert rules_parse.named({"all": [{"segment": "a"}, {"not": {"any": [{"segment": 7}, 5]}}, {"bad": 1}]}) == {
        "a",
        "7",
    }
