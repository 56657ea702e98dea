"""Rows for tests, made inside a scope. Dull on purpose: a test says what matters to it."""

from datetime import UTC, datetime

import factory

from customers.models import Company, Customer, Order, Segment, Tag, Topic
from cxm.lib import text

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    external_id = factory.Sequence(lambda n: f"c{n}")
    name = factory.Sequence(lambda n: f"Customer {n}")
    name_key = factory.LazyAttribute(lambda row: text.fold(row.name))
    email = factory.Sequence(lambda n: f"c{n}@example.com")
    email_key = factory.LazyAttribute(lambda row: row.email.lower())
    search = factory.LazyAttribute(lambda row: f"{text.fold(row.name)} {row.email_key}")
    created_at = LONG_AGO
    updated_at = LONG_AGO


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")
    name_key = factory.LazyAttribute(lambda row: text.fold(row.name))


class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order

    order_id = factory.Sequence(lambda n: f"o{n}")
    customer = factory.SubFactory(CustomerFactory)
    placed_at = LONG_AGO
    revenue = 10
    currency = "GBP"


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag {n}")
    name_key = factory.LazyAttribute(lambda row: text.fold(row.name))


class TopicFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Topic

    slug = factory.Sequence(lambda n: f"topic-{n}")
    name = factory.Sequence(lambda n: f"Topic {n}")


class SegmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Segment

    slug = factory.Sequence(lambda n: f"segment-{n}")
    name = factory.Sequence(lambda n: f"Segment {n}")
    rule = factory.LazyFunction(lambda: {"all": []})
