"""The people of a demo tenant: profiles, tags, consent. Everything in bulk, by the functions of the domain."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from customers.domain import attributes, companies, consents, customers, events, keys, suppressions, tags, topics
from customers.models import Customer
from cxm.audit.actors import Actor
from cxm.management.demo import words

LONGEST = 26 * 30  # days since the first of them came


@dataclass
class World:
    """What all parts of the loader share: chance (always the same), the present, and who acts."""

    chance: Random
    now: datetime
    by: Actor

    def ago(self, **span: float) -> datetime:
        """Return a moment before now."""
        return self.now - timedelta(**span)


def fields(world: World) -> None:
    """Define what this business wants to know, and what one can hear about."""
    attributes.define(key="tier", label="Loyalty tier", kind="choice", choices=words.TIERS, by=world.by)
    attributes.define(key="shoe_size", label="Shoe size", kind="number", by=world.by)
    attributes.define(key="loyalty_since", label="Loyal since", kind="date", by=world.by)
    attributes.define(key="newspaper", label="Gets the catalogue", kind="boolean", by=world.by)
    for slug, name, name_ar, said, said_ar in (
        ("news", "News", "الأخبار", "What is new with us, once a month.", "جديدنا مرة كل شهر."),
        ("offers", "Offers", "العروض", "Discounts and gifts.", "خصومات وهدايا."),
        ("tips", "Tips", "نصائح", "How to get more out of what you bought.", "كيف تستفيد أكثر مما اشتريته."),
    ):
        topics.create(slug=slug, name=name, name_ar=name_ar, description=said, description_ar=said_ar, by=world.by)


def arrive(world: World, *, count: int, prefix: str) -> list[Customer]:
    """Add people; the later, the more of them come."""
    firms = list(companies.find_or_create(words.COMPANIES).values())
    made = [_person(world, number, prefix, firms) for number in range(1, count + 1)]
    made.sort(key=lambda person: person.created_at)
    Customer.objects.bulk_create(made, batch_size=1000)
    events.mark_dirty([person.pk for person in made])
    return made


def tag(world: World, people: list[Customer]) -> None:
    """Put words on some of them."""
    for word in words.TAGS:
        chosen = world.chance.sample(people, max(3, len(people) // 25))
        tags.add(customer_ids=[person.pk for person in chosen], names=[word], by=world.by)


def choose(world: World, people: list[Customer]) -> None:
    """Let most say yes when they come, some no later, and a few come back; and suppress a few addresses."""
    said: list[consents.Choice] = []
    for person in people:
        said += _choices(world, person)
    said.sort(key=lambda choice: choice.at)
    consents.record(said, source="page", by=world.by, now=world.now)
    reachable = [person for person in people if person.email]
    for person in world.chance.sample(reachable, max(1, len(people) // 150)):
        suppressions.add(channel="email", address=person.email, reason="manual", note="Asked on the phone", by=world.by)


def _person(world: World, number: int, prefix: str, firms: list) -> Customer:
    chance = world.chance
    land = chance.choices(words.LANDS, [land.weight for land in words.LANDS])[0]
    name, latin, speaks = _name(chance, arab=land.code not in {"GB", "US"})
    city_ar, city = chance.choice(land.cities)
    came = world.ago(days=LONGEST * (1 - chance.random() ** 0.6), minutes=chance.randrange(1, 1440))
    person = Customer(
        external_id=f"{prefix}-{number:05}",
        name=name,
        email=_email(chance, latin, number) if chance.random() < 0.96 else "",
        phone=land.dial + "".join(str(chance.randrange(10)) for _digit in range(land.digits))
        if chance.random() < 0.8 else "",
        language=speaks,
        timezone=land.zone,
        country=land.code,
        city=city_ar if speaks == "ar" and city_ar else city,
        birthday=_birthday(chance) if chance.random() < 0.7 else None,
        company=chance.choice(firms) if chance.random() < 0.14 else None,
        attributes=_attributes(chance, came),
        created_at=came,
        updated_at=came,
        source=chance.choice(("page", "api", "import")),
    )  # fmt: skip
    person.first_name, person.last_name = customers.split_name(name)
    keys.refresh(person)
    return person


def _name(chance: Random, *, arab: bool) -> tuple[str, str, str]:
    """Return name, the same in Latin letters, and the language spoken."""
    if not arab and chance.random() < 0.8:
        whole = f"{chance.choice(words.ENGLISH_FIRST)} {chance.choice(words.ENGLISH_LAST)}"
        return whole, whole, "en"
    first, last = chance.choice(words.WOMEN + words.MEN), chance.choice(words.FAMILIES)
    latin = f"{first[1]} {last[1]}"
    if chance.random() < 0.72:
        return f"{first[0]} {last[0]}", latin, "ar"
    return latin, latin, "ar" if chance.random() < 0.3 else "en"


def _email(chance: Random, latin: str, number: int) -> str:
    letters = "".join(letter for letter in latin.lower().replace(" ", ".") if letter.isascii() and letter not in "’'")
    return f"{letters}{number}@{chance.choice(('example.com', 'example.net', 'example.org', 'mail.example'))}"


def _birthday(chance: Random) -> date:
    return date(1955, 1, 1) + timedelta(days=chance.randrange(50 * 365))


def _attributes(chance: Random, came: datetime) -> dict[str, object]:
    found: dict[str, object] = {}
    if chance.random() < 0.6:
        found["tier"] = chance.choices(words.TIERS, (6, 3, 1))[0]
        found["loyalty_since"] = came.date().isoformat()
    if chance.random() < 0.5:
        found["shoe_size"] = chance.randrange(36, 46)
    if chance.random() < 0.3:
        found["newspaper"] = chance.random() < 0.5
    return found


def _choices(world: World, person: Customer) -> list[consents.Choice]:
    chance, span = world.chance, world.now - person.created_at
    found = []
    said = "I agree to hear from you by email."
    if chance.random() < 0.7:
        found.append(consents.Choice(person.pk, "email", True, person.created_at, evidence={"words": said}))
    for topic in ("news", "offers", "tips"):
        if chance.random() < 0.22:
            at = person.created_at + span * chance.random()
            found.append(consents.Choice(person.pk, "email", chance.random() < 0.7, at, topic))
    if chance.random() < 0.05:
        at = person.created_at + span * chance.uniform(0.2, 0.9)
        found.append(consents.Choice(person.pk, "email", False, at))
        if chance.random() < 0.3:
            found.append(consents.Choice(person.pk, "email", True, at + (world.now - at) * 0.5))
    if chance.random() < 0.25 and person.phone:
        found.append(consents.Choice(person.pk, "sms", chance.random() < 0.8, person.created_at))
    return found
