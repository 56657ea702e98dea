"""Compiled rules against a second opinion, and the sets of each kind of rule by hand."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customers.domain import rules, segments
from customers.domain.rules_pieces import Piece
from customers.models import Attribute, Consent, CustomerTag, Event, OrderLine, SegmentMember, Traits
from cxm import tenancy
from tests.customers.domain import rule_oracle, rule_people
from tests.customers.domain.rule_people import NOW
from tests.factories import CompanyFactory, CustomerFactory, OrderFactory, SegmentFactory, TagFactory

FEW = settings(
    max_examples=int(os.environ.get("CXM_EXAMPLES", "60")),
    report_multiple_bugs=False,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def ids(piece) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(piece.text, piece.params)
        return [row[0] for row in cursor.fetchall()]


def found(rule: object, tenant, **kwargs) -> list[int]:
    catalogue = rules.load(tenant)
    return ids(rules.compile(rules.parse(rule=rule, catalogue=catalogue), catalogue=catalogue, now=NOW, **kwargs))


def test_random_rules_over_random_people_agree_with_the_oracle(scoped):
    rule_people.define()

    @FEW
    @given(
        st.lists(rule_people.people(), max_size=5), st.lists(rule_people.rules, min_size=1, max_size=8), st.booleans()
    )
    def check(people, asked, opt_in):
        scoped.consent_model = "opt_in" if opt_in else "opt_out"
        rule_people.store(people)
        opinion = rule_oracle.Opinion(NOW, opt_in)
        for rule in asked:
            expected = sorted(person.id for person in people if opinion.holds(rule, person))
            assert sorted(found(rule, scoped)) == expected, rule
            some = [person.id for person in people[::2]]
            assert sorted(found(rule, scoped, customers=some)) == sorted(set(expected) & set(some)), rule

    check()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def shop(scoped):
    """Five people of whom enough is known for one rule of every kind."""
    Attribute.objects.create(key="size", label="Size", kind="number")
    acme = CompanyFactory(name="Acmé")
    people = {
        "zoe": CustomerFactory(name="Zoë Smith", country="SA", city="Riyadh", birthday=date(1990, 3, 31), company=acme),
        "omar": CustomerFactory(name="عمر منصور", country="AE", attributes={"size": 42}, lifecycle="active"),
        "lena": CustomerFactory(name="Lena", country="", created_at=utc("2026-03-30"), attributes={"size": "big"}),
        "ann": CustomerFactory(name="Ann", country="GB", birthday=date(2000, 2, 29), lifecycle="lost"),
        "bob": CustomerFactory(name="Bob", country="GB"),
    }
    for name, days, revenue, kind in [("zoe", 5, 20, "order"), ("zoe", 80, 30, "order"), ("omar", 5, 500, "order"),
                                      ("omar", 4, -500, "return"), ("ann", 100, 10, "order")]:  # fmt: skip
        order = OrderFactory(
            customer=people[name],
            placed_at=NOW - timedelta(days=days),
            revenue=revenue,
            kind=kind,
            coupon="SPRING" * (name == "zoe"),
        )
        OrderLine.objects.create(order=order, position=1, sku=f"SKU-{days}", quantity=1, unit_price=1, amount=1)
    last = NOW - timedelta(days=5, hours=1)
    Traits.objects.create(customer=people["zoe"], orders_count=2, revenue=50, last_order_at=last)
    Traits.objects.create(customer=people["omar"], orders_count=1, returns_count=1, scores={"churn": 0.9})
    for name, event, days, properties in [
        ("zoe", "Email Opened", 1, {"device": "phone"}),
        ("zoe", "Email Opened", 40, {"device": "Phone"}),
        ("omar", "Product Viewed", 2, {"price": 19.5, "cart": {"total": "70"}}),
        ("omar", "Product Viewed", 3, {"price": "5", "sale": True}),
    ]:
        Event.objects.create(
            customer=people[name], name=event, occurred_at=NOW - timedelta(days=days), properties=properties
        )
    CustomerTag.objects.create(customer=people["bob"], tag=TagFactory(name="Presse", name_key="presse"))
    for name, topic, granted in [("zoe", "", True), ("ann", "offers", False), ("bob", "", False)]:
        Consent.objects.create(customer=people[name], channel="email", topic=topic, granted=granted, at=NOW)
    base = SegmentFactory(slug="base", rule={"all": []})
    SegmentMember.objects.create(segment=base, customer=people["lena"], entered_at=NOW)
    SegmentMember.objects.create(segment=base, customer=people["ann"], entered_at=NOW, left_at=NOW)
    return {customer.pk: name for name, customer in people.items()}


ALL = "ann bob lena omar zoe"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"all": []}, ALL),
        ({"any": []}, ""),
        ({"not": {"any": []}}, ALL),
        ({"attribute": "country", "is": "sa"}, "zoe"),
        ({"attribute": "country", "in": ["SA", "AE"]}, "omar zoe"),
        ({"attribute": "country", "not_in": ["SA", "AE"]}, "ann bob lena"),
        ({"not": {"attribute": "country", "in": ["SA", "AE"]}}, "ann bob lena"),
        ({"attribute": "country", "exists": True}, "ann bob omar zoe"),
        ({"attribute": "country", "exists": False}, "lena"),
        ({"attribute": "city", "is": "RIYADH"}, "zoe"),
        ({"attribute": "city", "contains": "yad"}, "zoe"),
        ({"attribute": "city", "starts_with": "ri"}, "zoe"),
        ({"attribute": "name", "contains": "zoe"}, "zoe"),
        ({"attribute": "name", "starts_with": "عُمر"}, "omar"),
        ({"attribute": "company", "is": "acme"}, "zoe"),
        ({"attribute": "company", "exists": False}, "ann bob lena omar"),
        ({"attribute": "tags", "contains": "PRESSE"}, "bob"),
        ({"attribute": "tags", "exists": False}, "ann lena omar zoe"),
        ({"attribute": "attributes.size", "between": [40, 42]}, "omar"),
        ({"attribute": "size", "lt": 100}, "omar"),
        ({"not": {"attribute": "size", "lt": 100}}, "ann bob lena zoe"),
        ({"attribute": "birthday", "anniversary": "today"}, "zoe"),
        ({"attribute": "birthday", "before": "1995-01-01"}, "zoe"),
        ({"attribute": "created_at", "within": "P7D"}, "lena"),
        ({"attribute": "created_at", "after": "2026-03-30"}, "lena"),
        ({"trait": "revenue", "gte": 50}, "zoe"),
        ({"trait": "clv", "lt": 50}, "ann bob lena omar"),
        ({"trait": "orders_count", "is": 0}, "ann bob lena"),
        ({"trait": "average_order_value", "is": 25}, "zoe"),
        ({"trait": "days_since_last_order", "is": 5}, "zoe"),
        ({"trait": "days_since_last_order", "exists": False}, "ann bob lena omar"),
        ({"trait": "scores.churn", "gt": 0.5}, "omar"),
        ({"event": "Email Opened"}, "zoe"),
        ({"event": "Email Opened", "count": {"gte": 2}}, "zoe"),
        ({"event": "Email Opened", "count": {"gte": 2}, "within": "P30D"}, ""),
        ({"event": "Email Opened", "count": {"lt": 2}, "within": "P30D"}, ALL),
        ({"event": "Email Opened", "count": {"is": 0}}, "ann bob lena omar"),
        ({"not": {"event": "Email Opened", "within": "P30D"}}, "ann bob lena omar"),
        ({"event": "Email Opened", "where": {"device": "PHONE"}, "count": {"is": 2}}, "zoe"),
        ({"event": "Product Viewed", "where": {"price": {"gt": 5}}, "count": {"is": 1}}, "omar"),
        ({"event": "Product Viewed", "where": {"cart.total": {"gte": 70}}}, "omar"),
        ({"event": "Product Viewed", "where": {"sale": True}}, "omar"),
        ({"event": "Product Viewed", "where": {"sale": {"exists": False}}, "count": {"is": 1}}, "omar"),
        ({"event": "Product Viewed", "sum": {"property": "price", "is": 24.5}}, "omar"),
        ({"event": "Email Opened", "first": {"within": "P30D"}}, ""),
        ({"event": "Email Opened", "last": {"within": "P30D"}}, "zoe"),
        ({"order": True}, "ann omar zoe"),
        ({"order": True, "count": {"gte": 2}, "within": "P90D"}, "zoe"),
        ({"order": "return"}, "omar"),
        ({"order": "any", "count": {"gte": 2}}, "omar zoe"),
        ({"order": "any", "sum": {"lte": 0}}, "omar"),
        ({"order": True, "sum": {"gte": 50}, "after": "2026-01-01"}, "omar zoe"),
        ({"order": True, "where": {"sku": "sku-80"}}, "zoe"),
        ({"order": True, "where": {"sku": {"not_in": ["SKU-5"]}}}, "ann zoe"),
        ({"order": True, "where": {"coupon": "spring", "revenue": {"gt": 25}}}, "zoe"),
        ({"order": True, "where": {"kind": "return"}}, "omar"),
        ({"consent": "email"}, "ann lena omar zoe"),
        ({"consent": "email", "topic": "offers"}, "lena omar zoe"),
        ({"consent": "email", "topic": "offers", "granted": False}, "ann bob"),
        ({"consent": "sms"}, ALL),
        ({"tag": "presse"}, "bob"),
        ({"tag": "nobody has it"}, ""),
        ({"segment": "base"}, "lena"),
        ({"class": "lost"}, "ann"),
        ({"class": ["lost", "active"]}, "ann omar"),
        ({"survey": "nps"}, ""),
        ({"any": [{"tag": "presse"}, {"not": {"order": True}}]}, "bob lena"),
        ({"any": [{"not": {"order": True}}, {"not": {"event": "Email Opened"}}]}, "ann bob lena omar"),
        ({"all": [{"not": {"order": True}}, {"not": {"tag": "presse"}}]}, "lena"),
    ],
)
def test_each_kind_of_rule_finds_exactly_these(shop, scoped, rule, expected):
    assert " ".join(sorted(shop[number] for number in found(rule, scoped))) == expected


def test_a_day_begins_where_the_tenant_is(scoped):
    scoped.timezone = "Asia/Riyadh"
    early = CustomerFactory(created_at=datetime(2026, 3, 29, 21, 30, tzinfo=UTC))  # half past midnight on the 30th
    CustomerFactory(created_at=datetime(2026, 3, 29, 20, 30, tzinfo=UTC))
    assert found({"attribute": "created_at", "is": "2026-03-30"}, scoped) == [early.pk]
    assert found({"attribute": "created_at", "after": "2026-03-30"}, scoped) == [early.pk]


def test_silence_about_consent_is_what_the_tenant_decided(shop, scoped):
    scoped.consent_model = "opt_in"
    assert [shop[number] for number in found({"consent": "email", "topic": "offers"}, scoped)] == ["zoe"]


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", "'; DROP TABLE customers_customer; --", "%s", "%(x)s", "\\", "$$", "{}"]
)
def test_words_of_people_never_become_sql(shop, scoped, words):
    rules_with_words = [
        {"attribute": "city", "is": words},
        {"attribute": "city", "in": [words]},
        {"attribute": "city", "contains": words},
        {"attribute": "company", "starts_with": words},
        {"tag": words},
        {"event": words},
        {"event": "Product Viewed", "where": {words: words}},
        {"event": "Product Viewed", "where": {words: {"gt": 1}}, "sum": {"property": words, "gt": 1}},
        {"order": True, "where": {"sku": words}},
        {"consent": "email", "topic": words, "granted": False},
    ]
    for rule in rules_with_words[:-1]:
        assert found(rule, scoped) == [], rule
    assert [shop[number] for number in found(rules_with_words[-1], scoped)] == ["bob"]


def test_a_rule_asked_as_the_owner_finds_people_of_its_tenant_only(tenant, other_tenant):
    with tenancy.scope(other_tenant):
        CustomerFactory(country="SA")
        Event.objects.create(customer=CustomerFactory(), name="A", occurred_at=NOW)
    with tenancy.scope(tenant):
        ours = CustomerFactory(country="SA")
    for rule in ({"all": []}, {"attribute": "country", "is": "SA"}, {"not": {"event": "A"}}):
        assert found(rule, tenant) == [ours.pk]
    assert found({"event": "A"}, tenant) == []


def test_a_preview_that_takes_too_long_is_refused_and_the_connection_goes_on(scoped, monkeypatch):
    monkeypatch.setattr(segments, "PREVIEW_SECONDS", 0.05)
    with pytest.raises(segments.PreviewTooLong):
        segments._within_seconds(Piece("SELECT pg_sleep(5)"))
    assert ids(Piece("SELECT current_setting('statement_timeout')")) == ["0"]
