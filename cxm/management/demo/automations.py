"""Automations of the demo: some live with people on their way, one that is paused, one draft."""

from datetime import timedelta

from campaigns.domain import units
from campaigns.models import Lease, Message, SendUnit
from campaigns.models.template import Kind
from customers.models import Customer, Segment
from cxm.accounts.models import Todo
from cxm.management.demo.people import World
from cxm.tenancy.models import Tenant
from journeys.domain import automations, enrolments, recipes
from journeys.domain.triggers import Entry
from journeys.models import Automation

# Recipe, what it is called here, how many days ago it went live, how many people came in a day.
LIVE = (("welcome", "أهلًا بك في بيت نور", 60, 1.6), ("birthday", "عيد ميلاد سعيد", 80, 0.7))


def run(world: World, tenant: Tenant, lapsed: Segment) -> None:
    """Publish some, let people in over the past weeks, and move them on to where they stand now."""
    people = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for key, name, days, a_day in LIVE:
        made = recipes.start(key=key, name=name, tenant=tenant, by=world.by, now=world.now)
        _come(world, _live(world, tenant, made, days), people, days=days, count=int(days * a_day))
    _come(world, _live(world, tenant, _thanks(world, tenant), 45), people, days=45, count=96)
    _come(world, _live(world, tenant, _win_back(world, tenant, lapsed), 30), people, days=30, count=34)
    held = recipes.start(key="cart", name="سلّة متروكة", tenant=tenant, by=world.by, now=world.now)
    automations.pause(automation=_live(world, tenant, held, 20), by=world.by, now=world.ago(days=4))
    recipes.start(key="", name="Draft: loyal for a year", tenant=tenant, by=world.by, now=world.now)
    while enrolments.move_on(tenant=tenant, now=world.now):
        pass
    _close(world)


def _close(world: World) -> None:
    """Let the messages and to-dos of past steps look as old as they are."""
    steps = SendUnit.objects.filter(kind=units.STEP)
    waiting = list(Message.objects.filter(unit__in=steps, state=Message.State.QUEUED).select_related("customer"))
    for message in waiting:
        reached = bool(message.customer.email)
        message.state = Message.State.ACCEPTED if reached else Message.State.SKIPPED
        message.reason, message.address = ("", message.customer.email) if reached else ("no_address", "")
        message.language, message.attempts = message.customer.language or "en", int(reached)
        message.sent_at = world.ago(days=world.chance.uniform(0.5, 25)) if reached else None
    columns = ["state", "reason", "address", "language", "attempts", "sent_at"]
    Message.objects.bulk_update(waiting, columns, batch_size=500)
    Lease.objects.filter(unit__in=steps).update(state=Lease.State.DONE)
    old = Todo.objects.filter(key__startswith="automation:", due_at__lt=world.ago(days=3))
    old.update(done_at=world.ago(days=2), done_by="Dana Administrator")


def _live(world: World, tenant: Tenant, made: Automation, days: int) -> Automation:
    automations.publish(automation=made, tenant=tenant, by=world.by, now=world.ago(days=days))
    return automations.get(automation_id=made.pk)


def _thanks(world: World, tenant: Tenant) -> Automation:
    kitchen = recipes.Kitchen(tenant, world.by, world.now)
    regular = {"rule": {"order": True, "count": {"gte": 3}}}
    choice = {"kind": "branch", "paths": [
        {"key": "a", "name": "زبائن دائمون", "settings": regular,
         "steps": [{"kind": "tag", "settings": {"action": "add", "tag": "regular"}}]},
        {"key": "else", "steps": [{"kind": "wait", "settings": {"duration": "P14D"}}, kitchen.send(Kind.DISCOUNT)]}]
    }  # fmt: skip
    definition = {
        "trigger": {"kind": "event", "event": recipes.BOUGHT, "where": {}}, "again": {"rule": "not_within", "days": 14},
        "steps": [{"kind": "wait", "settings": {"duration": "PT1H"}}, kitchen.send(Kind.THANKS), choice],
    }  # fmt: skip
    return automations.create(name="Thanks after a purchase", definition=definition, by=world.by)


def _win_back(world: World, tenant: Tenant, lapsed: Segment) -> Automation:
    kitchen = recipes.Kitchen(tenant, world.by, world.now)
    waiting = {"event": recipes.BOUGHT, "where": {}, "timeout": "P7D"}
    paths = [
        {"key": "yes", "steps": [{"kind": "goal", "settings": {"name": "Came back"}}]},
        {"key": "no", "steps": [{"kind": "todo", "settings": {"title": "اتصل واسأل عمّا ينقص", "days": 2}}]},
    ]
    definition = {
        "trigger": {"kind": "segment", "segment": lapsed.pk, "when": "entered"},
        "again": {"rule": "not_within", "days": 90},
        "steps": [kitchen.send(Kind.WIN_BACK), {"kind": "wait_event", "settings": waiting, "paths": paths}],
    }
    return automations.create(name="Win back those who lapsed", definition=definition, by=world.by)


def _come(world: World, automation: Automation, people: list[int], *, days: int, count: int) -> None:
    """Let some in, each at a moment of the past weeks."""
    moments = sorted(world.now - timedelta(days=world.chance.uniform(0.02, days - 1)) for _person in range(count))
    chosen = world.chance.sample(people, count)
    entries = [
        Entry(person, f"demo:{number}", at, {})
        for number, (person, at) in enumerate(zip(chosen, moments, strict=True), 1)
    ]
    enrolments.let_in(automation=automation, entries=entries, now=world.now)
