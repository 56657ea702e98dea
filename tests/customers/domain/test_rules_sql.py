"""Compiled rules against a second opinion, and the sets of each kind of rule by hand."""

import os

from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customers.domain import rules
from tests.customers.domain import rule_oracle, rule_people
from tests.customers.domain.rule_people import NOW

FEW = settings(
    max_examples=int(os.environ.get("CXM_EXAMPLES", "60")),
    deadline=None,
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
