"""Rows of cases for tests, made inside a scope. Dull on purpose."""

from datetime import UTC, datetime

import factory

from feedback.models import Case, CaseType, Queue
from tests.factories import CustomerFactory

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


class QueueFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Queue

    name = factory.Sequence(lambda n: f"Queue {n}")


class CaseTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CaseType

    slug = factory.Sequence(lambda n: f"type-{n}")
    name = factory.Sequence(lambda n: f"Type {n}")


class CaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Case

    number = factory.Sequence(lambda n: n + 1000)
    type = factory.SubFactory(CaseTypeFactory)
    customer = factory.SubFactory(CustomerFactory)
    subject = factory.Sequence(lambda n: f"Subject {n}")
    opened_at = MONDAY
    updated_at = MONDAY
