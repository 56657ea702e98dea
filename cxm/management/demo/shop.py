"""What the people of a demo tenant did: looked, bought, sent back, visited, called."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from customers.domain import classes, events, orders
from customers.models import Customer
from cxm.management.demo import words
from cxm.management.demo.people import World
from cxm.tenancy.models import Tenant

SPAN = timedelta(days=425)  # fourteen months
# How much is bought in a month, January first: gifts in spring, sales in November.
SEASON = (0.7, 0.75, 1.0, 0.95, 0.85, 0.75, 0.65, 0.75, 0.85, 0.9, 1.0, 0.95)


def trade(world: World, people: list[Customer], *, tenant: Tenant, prefix: str) -> list[str]:
    """Let people look around and buy over the last fourteen months; returns the numbers of the orders."""
    bought: list[orders.NewOrder] = []
    happened: list[events.Happening] = []
    for person in people:
        times = _times(world, person)
        for at in times:
            bought.append(order(world, person, at, number=f"{prefix}{len(bought) + 1:06}"))
            happened += _before_order(world, person, at)
        happened += _visits(world, person, frequent=bool(times))
    bought += _returns(world, bought)
    orders.record(bought, source="api", now=world.now)
    events.record(sorted(happened, key=lambda happening: happening.occurred_at))
    classes.refresh_all(tenant=tenant, now=world.now)
    return [new.order_id for new in bought]


def order(world: World, person: Customer, at: datetime, *, number: str, coupon: str = "") -> orders.NewOrder:
    """Return an order of one to three articles; how many of each differs from person to person."""
    chosen = world.chance.sample(words.WARES, world.chance.choices((1, 2, 3), (6, 3, 1))[0])
    generous = Random(person.external_id).gammavariate(1.6, 0.7)  # noqa: S311 -- a made-up shop; the same in all of a person’s orders
    lines = tuple(
        orders.NewLine(
            quantity=Decimal(max(1, round(generous * world.chance.choices((1, 2, 3), (8, 2, 1))[0]))),
            unit_price=Decimal(price),
            sku=sku,
            title=name_ar if person.language == "ar" else name,
        )
        for sku, name, name_ar, price in chosen
    )
    return orders.NewOrder(
        order_id=number,
        customer_id=person.pk,
        placed_at=at,
        lines=lines,
        channel=world.chance.choices(("web", "app", "store"), (6, 3, 1))[0],
        coupon=coupon or ("WELCOME10" if world.chance.random() < 0.06 else ""),
    )


def _times(world: World, person: Customer) -> list[datetime]:
    """Return when somebody ordered: a third never, most once or twice, some again and again until they stop."""
    chance = world.chance
    first = max(person.created_at, world.now - SPAN)
    if chance.random() < 0.3:
        return []
    last = world.now if chance.random() < 0.6 else first + (world.now - first) * chance.random()
    # Nobody buys more often than every twelve days.
    wanted = min(chance.choices((1, 2, 3, 5, 8, 14), (30, 24, 18, 14, 9, 5))[0], 1 + (last - first).days // 12)
    # Later months weigh more: the business grows.
    tries = (first + (last - first) * chance.random() ** 0.75 for _try in range(wanted))
    return sorted(at for at in tries if chance.random() < SEASON[at.month - 1] and at < world.now)


def _returns(world: World, bought: list[orders.NewOrder]) -> list[orders.NewOrder]:
    found = []
    for new in world.chance.sample(bought, len(bought) // 14):
        at = new.placed_at + timedelta(days=world.chance.uniform(3, 20))
        if at < world.now:
            line = new.lines[0]
            back = orders.NewLine(-line.quantity, line.unit_price, line.sku, line.title)
            found.append(orders.NewOrder(f"{new.order_id}-R", new.customer_id, at, (back,), channel=new.channel))
    return found


def _before_order(world: World, person: Customer, at: datetime) -> list[events.Happening]:
    sku, name, name_ar, price = world.chance.choice(words.WARES)
    product = {"sku": sku, "name": name_ar if person.language == "ar" else name, "price": price, "currency": "SAR"}
    steps = (("Product Viewed", product, 14), ("Product Added", product, 8), ("Checkout Started", {"value": price}, 3))
    return [_web(person, what, at - timedelta(minutes=minutes), said) for what, said, minutes in steps]


def _visits(world: World, person: Customer, *, frequent: bool) -> list[events.Happening]:
    """Return a handful of visits to the site, the app and the shops, and now and then a call."""
    chance = world.chance
    first = max(person.created_at, world.now - SPAN)
    found = [_web(person, "Signed Up", first, {})] if person.created_at > world.now - SPAN else []
    for _visit in range(chance.randrange(2, 7 if frequent else 4)):
        at = first + (world.now - first) * chance.random() ** 0.7
        page = chance.choice(words.PAGES)
        found.append(_web(person, "Page Viewed", at, {"path": page, "name": page}))
        if chance.random() < 0.5:
            sku, name, name_ar, price = chance.choice(words.WARES)
            said = {"sku": sku, "name": name_ar if person.language == "ar" else name, "price": price}
            found.append(_web(person, "Product Viewed", at + (world.now - at) * 0.001, said))
    at = first + (world.now - first) * chance.random()
    if chance.random() < 0.4:
        found.append(events.Happening(person.pk, "Application Opened", at, {"version": "4.2"}, "app", "api"))
    if chance.random() < 0.2:
        said = {"name": chance.choice(words.SHOPS)}
        found.append(events.Happening(person.pk, "Store Visited", at, said, "store", "api"))
    if chance.random() < 0.12:
        said = {"subject": chance.choice(words.CALLS), "minutes": chance.randrange(2, 19)}
        found.append(events.Happening(person.pk, "Call Completed", at, said, "phone", "agent"))
    return found


def _web(person: Customer, name: str, at: datetime, said: dict) -> events.Happening:
    return events.Happening(person.pk, name, at, said, "web", "api")
