"""Why somebody is in and somebody else is not."""

from datetime import timedelta

from django.utils import translation
from hypothesis import HealthCheck, Phase, given, settings

from customers.domain import memberships, rules, rules_explain, rules_words, segments
from customers.models import Customer, Traits
from tests.customers.domain import rule_oracle, rule_people
from tests.customers.domain.rule_people import NOW
from tests.factories import CustomerFactory, OrderFactory, SegmentFactory

FEW = settings(
    max_examples=30, report_multiple_bugs=False, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def test_every_verdict_agrees_with_the_oracle_and_every_rule_has_words(scoped):
    rule_people.define()
    opinion = rule_oracle.Opinion(NOW)

    def compare(rule: dict, verdict: rules_explain.Verdict, person) -> None:
        assert verdict.holds == opinion.holds(rule, person), rule
        for key in ("all", "any", "not"):
            inner = rule.get(key, [])
            for item, found in zip(inner if isinstance(inner, list) else [inner], verdict.items, strict=False):
                compare(item, found, person)

    @FEW
    @given(rule_people.people(), rule_people.rules)
    def check(person, rule):
        rule_people.store([person])
        catalogue = rules.load(scoped)
        tree = rules.parse(rule=rule, catalogue=catalogue)
        customer = Customer.objects.get(pk=person.id)
        with translation.override("en"):
            verdict = rules_explain.explain(tree, catalogue=catalogue, now=NOW, customer=customer)
            assert rules_words.sentence(tree)
        compare(rule, verdict, person)

    check()


def test_a_leaf_says_what_it_asks_and_what_it_found(scoped):
    customer = CustomerFactory(country="SA")
    OrderFactory(customer=customer, placed_at=NOW - timedelta(days=5), revenue=20)
    OrderFactory(customer=customer, placed_at=NOW - timedelta(days=200), revenue=30)
    Traits.objects.create(customer=customer, orders_count=2, revenue=50, last_order_at=NOW - timedelta(days=5))
    segment = SegmentFactory(
        rule={
            "all": [
                {"order": True, "count": {"gte": 2}, "within": "P90D"},
                {"attribute": "country", "in": ["SA", "AE"]},
                {"not": {"trait": "days_since_last_order", "gt": 30}},
                {"consent": "email"},
                {"attribute": "birthday", "exists": True},
            ]
        }
    )
    found = segments.explain(segment=segment, customer=customer, tenant=scoped, now=NOW)
    plain = str.maketrans("", "", "\u2068\u2069")
    assert not found.holds
    shown = [
        (item.holds, item.asked.translate(plain), item.found.translate(plain))
        for item in [found.items[0], found.items[1], found.items[2].items[0], found.items[3], found.items[4]]
    ]
    assert shown == [
        (False, "Orders: at least 2 times, in the last 90 days", "1 in that time, the last on 2026-03-26 12:00"),
        (True, "Country is one of: Saudi Arabia, United Arab Emirates", "Saudi Arabia"),
        (False, "Days since the last order is more than 30", "5 days"),
        (True, "May be written to by Email", "never said yes or no"),
        (False, "Birthday is known", "not known"),
    ]
    assert found.as_json()["items"][2]["kind"] == "not"


def test_membership_of_another_segment_says_since_when(scoped):
    customer = CustomerFactory()
    base = SegmentFactory(slug="base", name="Base", rule={"all": []})
    memberships.refresh_now(segment=base, tenant=scoped, now=NOW)
    segment = SegmentFactory(rule={"segment": "base"})
    found = segments.explain(segment=segment, customer=customer, tenant=scoped, now=NOW)
    assert (found.holds, found.found) == (True, "since 2026-03-31 12:00")
