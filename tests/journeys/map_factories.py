"""Rows of journeys for tests, made inside a scope. Dull on purpose."""

import factory

from journeys.domain import map_content
from journeys.models import Channel, JourneyMap, Persona


class PersonaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Persona

    name = factory.Sequence(lambda n: f"Persona {n}")


class ChannelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Channel

    key = factory.Sequence(lambda n: f"way{n}")
    name = factory.Sequence(lambda n: f"Way {n}")


def drawing(*names: str, **fields: object) -> dict:
    """Return a map of one stage whose touchpoints are bound to events of their own names; ids ``t0``, ``t1`` …"""
    points = [
        map_content.touchpoint(name, id=f"t{at}", event={"name": name, "property": "", "value": ""}, **fields)
        for at, name in enumerate(names)
    ]
    return {"goal": "", "stages": [map_content.stage("Only", id="s0", touchpoints=points)], "swot": []}


class MapFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = JourneyMap

    name = factory.Sequence(lambda n: f"Map {n}")
    draft = factory.LazyFunction(lambda: drawing("Product Viewed", "Order Completed"))
