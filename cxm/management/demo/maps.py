"""What the people of a demo tenant have drawn: personas, the inventory of channels, maps in both languages."""

from datetime import timedelta

from customers.models import Segment
from cxm.accounts.domain import members
from cxm.audit.actors import Actor
from cxm.lib import time
from cxm.management.demo.people import World
from journeys.domain import (
    channels,
    map_actions,
    map_comments,
    map_content,
    map_editing,
    map_links,
    map_starters,
    map_versions,
    maps,
    personas,
)
from journeys.models import JourneyMap, Persona

PERSONAS = (
    ("Sara, the gift giver", "Buys gifts late at night and wants them to arrive in time.", "vip",
     {"problems": "Finds a gift that fits in ten minutes, wrapped, with a card, there on the day.",
      "beneficiaries": "She, who keeps her promise; and whoever unwraps it.",
      "interests": "Perfume, her home, what friends recommend; weekends at the sea.",
      "life": "36, Riyadh, works full time, two children. Shops on the phone after nine in the evening."}),
    ("أم خالد، سيدة البيت", "تطلب القهوة والتمر كل شهر وتحب أن يعرفها من يكلمها.", "arabic",
     {"problems": "طلب شهري بلا عناء، وجودة لا تتغير، وشخص يرد على الهاتف.",
      "beneficiaries": "أسرتها وضيوفها، ومن تهديهم من الجيران.",
      "interests": "الضيافة والطبخ والمناسبات العائلية.",
      "life": "٥٢ عامًا، جدة، بيت كبير وضيوف كل أسبوع. تكتب في واتساب وتتصل عند الحاجة."}),
)  # fmt: skip
CHANNELS = (
    ("web", "Website", "To be found, and to sell without help.", "Shop team"),
    ("app", "App", "A second order within 60 days.", "Shop team"),
    ("email", "Email", "Bring people back, with news they asked for.", "Maha Marketer"),
    ("phone", "Telephone", "Solve it in one call.", "Customer care"),
    ("store", "Shops", "Let people smell, touch and ask.", "Store managers"),
    ("chat", "Chat", "Answer small questions in a minute.", "Customer care"),
)
SAID = (
    ("Checkout", "pains", "Half of the calls about delivery come from here.", "agent@demo.test"),
    ("Checkout", "opportunities", "We could try free delivery from 200 riyals for a month.", "marketer@demo.test"),
    ("Help when something is wrong", "", "Who owns this after six in the evening?", "agent@demo.test"),
)


def draw(world: World) -> None:
    """Draw all of it. Called in the scope of the tenant, after its segments are there."""
    people = [_persona(world, *said) for said in PERSONAS]
    for key, name, goal, owner in CHANNELS:
        channels.create(key=key, name=name, goal=goal, owner=owner, by=world.by)
    _english(world, people[0])
    _arabic(world, people[1])


def _persona(world: World, name: str, summary: str, segment: str, answers: dict) -> Persona:
    names = {"vip": "VIP", "arabic": "يقرؤون العربية"}
    found = Segment.objects.filter(name=names[segment]).first()
    return personas.create(name=name, summary=summary, segment=found, by=world.by, **answers)


def _english(world: World, persona: Persona) -> None:
    found = _begun(world, persona, "en")
    publish = {"by": world.by, "now": world.ago(days=96), "today": world.ago(days=96).date()}
    map_versions.publish(journey_map=found, note="Drawn together in the workshop", **publish)
    found = _change(world, found, "Checkout", feeling=-1, pains=["The price of delivery comes as a surprise",
                                                                 "The code of the bank arrives late"])  # fmt: skip
    found = _change(world, found, "Asked for her opinion", feeling=1)
    later = {"by": world.by, "now": world.ago(days=31), "today": world.ago(days=31).date()}
    map_versions.publish(journey_map=found, note="After the new payment page", **later)
    found = _change(world, maps.get(found.pk), "Looks at products", owner="Shop team", evidence="partly")
    _talk(world, found)
    _act(world, found)
    map_links.create(journey_map=found, by=world.by, now=world.ago(days=30), label="Board", with_figures=True)


def _arabic(world: World, persona: Persona) -> None:
    found = _begun(world, persona, "ar")
    map_versions.publish(
        journey_map=found, by=world.by, now=world.ago(days=124), today=world.ago(days=124).date(), note="النسخة الأولى"
    )
    # Four months have gone by: this one is to be looked at again.
    JourneyMap.objects.filter(pk=found.pk).update(review_due=time.add_months(world.ago(days=124).date(), 4))


def _begun(world: World, persona: Persona, language: str) -> JourneyMap:
    content = map_starters.content("shop", language)
    return maps.create(
        name=map_starters.name_of(map_starters.SHOP, language), persona=persona, content=content, by=world.by,
        today=world.now.date(),
    )  # fmt: skip


def _change(world: World, found: JourneyMap, name: str, **fields: object) -> JourneyMap:
    point = _point(found, name)
    return maps.edit(
        journey_map=found, by=world.by, now=world.now, step=map_editing.change_touchpoint,
        touchpoint_id=point["id"], **fields,
    )  # fmt: skip


def _talk(world: World, found: JourneyMap) -> None:
    for number, (name, lane, words, who) in enumerate(SAID):
        map_comments.say(
            journey_map=found, place=_point(found, name)["id"], lane=lane, text=words, by=Actor("user", None, who),
            now=world.ago(days=9 - number),
        )  # fmt: skip


def _act(world: World, found: JourneyMap) -> None:
    pain = _point(found, "Checkout")["pains"][0]
    colleague = members.colleagues().filter(email="marketer@demo.test").first()
    map_actions.take_up(
        journey_map=found, item_id=pain["id"], by=world.by, assignee=colleague,
        due=(world.now + timedelta(days=12)).date(),
    )  # fmt: skip


def _point(found: JourneyMap, name: str) -> dict:
    return next(point for point in map_content.touchpoints(found.draft) if point["name"] == name)
