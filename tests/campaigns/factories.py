"""Rows of campaigns for tests, made inside a scope. Dull on purpose."""

import factory

from campaigns.domain import codes
from campaigns.models import Code, Lease, Message, Offer, Sender, SendUnit, Template, TemplateVersion
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


class OfferFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Offer

    name = factory.Sequence(lambda n: f"Offer {n}")
    value = 15
    state = "active"

    @factory.post_generation
    def pool(self, create, count, **kwargs):
        """``pool=3``: so many codes C0, C1 …, or the words of a list."""
        words = [f"C{self.pk}-{n}" for n in range(count)] if isinstance(count, int) else count or []
        free = self.codes == "unique"
        Code.objects.bulk_create([Code(offer=self, code=word, key=codes.fold(word), free=free) for word in words])
