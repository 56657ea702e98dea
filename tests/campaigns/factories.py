"""Rows of campaigns for tests, made inside a scope. Dull on purpose."""

import factory

from campaigns.models import Lease, Message, Sender, SendUnit, Template, TemplateVersion
from tests.factories import CustomerFactory


class SenderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Sender

    name = "Shop"
    email = factory.Sequence(lambda n: f"hello{n}@shop.example")


class TemplateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Template

    name = factory.Sequence(lambda n: f"Template {n}")


class VersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TemplateVersion

    template = factory.SubFactory(TemplateFactory)
    language = "en"
    number = 1
    subject = "Hello {{ customer.first_name }}"
    format = "html"
    body = '<p>Dear {{ customer.name }}, <a href="https://shop.example/sale">see the sale</a></p>'


class UnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SendUnit

    kind = "campaign"
    ref = factory.Sequence(str)


class LeaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Lease

    unit = factory.SubFactory(UnitFactory)


class MessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Message

    unit = factory.SubFactory(UnitFactory)
    customer = factory.SubFactory(CustomerFactory)
