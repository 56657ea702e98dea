"""Scores that engines write down beside what is computed of orders."""

import math

import pytest
from django.db import connection

from customers.domain import traits
from customers.models import SegmentDirty, Traits
from cxm import tenancy
from tests.factories import CustomerFactory


def _scores() -> dict:
    return dict(Traits.objects.values_list("customer_id", "scores"))


def _dirty() -> set:
    return set(SegmentDirty.objects.values_list("customer_id", flat=True))


def test_scores_are_merged_and_none_takes_one_away(scoped):
    ada, omar = CustomerFactory(), CustomerFactory()
    Traits.objects.create(customer=ada, scores={"nps": 9, "p_alive": 0.5}, orders_count=3)

    assert traits.set_scores({ada.pk: {"p_alive": None, "rfm_r": 5}, omar.pk: {"churn_risk": 0.25}}) == 2

    assert _scores() == {ada.pk: {"nps": 9, "rfm_r": 5}, omar.pk: {"churn_risk": 0.25}}
    assert Traits.objects.get(customer=ada).orders_count == 3
    assert _dirty() == {ada.pk, omar.pk}


def test_only_who_changed_is_looked_at_again(scoped):
    ada, omar = CustomerFactory(), CustomerFactory()
    traits.set_scores({ada.pk: {"nps": 9}, omar.pk: {"nps": 3}})
    SegmentDirty.objects.all().delete()

    assert traits.set_scores({ada.pk: {"nps": 9.0, "ces": None}, omar.pk: {"nps": 4}}) == 1

    assert _dirty() == {omar.pk}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_no_score(scoped, value):
    ada = CustomerFactory()
    with pytest.raises(ValueError, match="not JSON compliant"):
        traits.set_scores({ada.pk: {"churn_risk": value}})
    assert _scores() == {}


def test_people_who_are_gone_are_passed_over(other_tenant, scoped):
    with tenancy.scope(other_tenant):
        theirs = CustomerFactory()
    assert traits.set_scores({theirs.pk: {"nps": 1}, 10**12: {"nps": 1}}) == 0
    assert traits.set_scores({}) == 0
    assert _dirty() == set()


@pytest.mark.parametrize("people", [1, 3])
def test_any_number_of_people_costs_two_statements(scoped, people, django_assert_num_queries):
    ids = [CustomerFactory().pk for _n in range(people)]
    assert connection.in_atomic_block
    with django_assert_num_queries(4):  # two of them the savepoint
        traits.set_scores({pk: {"nps": 7} for pk in ids})
