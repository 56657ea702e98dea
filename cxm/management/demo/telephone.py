"""The telephone of a demo tenant: queues, who sits there, what colleagues wrote down, what they still owe."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from customers.domain import calls, interactions, telephony
from customers.models import CallAgent, Customer
from cxm.accounts.domain import todos
from cxm.accounts.models import User
from cxm.management.demo.people import World

CONTACTS = 90
QUEUES = (("العناية بالعملاء", "care"), ("Sales", "sales"))
# Channel, direction, outcome, sentiment, subject and note in English and Arabic.
SAID = (
    ("phone", "in", "solved", "neutral", ("Where is the parcel?", "With the courier since Monday; gave the number."),
     ("أين الطلب؟", "الشحنة لدى المندوب منذ الاثنين، وأُعطي رقم التتبع.")),
    ("phone", "in", "complaint", "bad", ("Cup arrived broken", "Wants a new one, not the money. Photo comes by mail."),
     ("وصل الكوب مكسوراً", "يريد بديلاً لا استرداد المبلغ. سيرسل صورة بالبريد.")),
    ("chat", "in", "informed", "good", ("Sizes of abayas", "Explained the table of sizes."),
     ("مقاسات العبايات", "شرحت جدول المقاسات.")),
    ("store", "in", "sale", "good", ("Perfume for a wedding", "Tried three, took the oud."),
     ("عطر لمناسبة زواج", "جرّبت ثلاثة واختارت العود.")),
    ("social", "in", "call_back", "neutral", ("Asked under a post about opening hours", "Answered; wants a call."),
     ("سأل تحت منشور عن أوقات الدوام", "أُجيب، ويرغب في اتصال.")),
    ("phone", "out", "not_reached", "", ("About the return", "Nobody picked up, twice."),
     ("بخصوص المرتجع", "لا رد، مرتين.")),
    ("post", "out", "other", "", ("Card for the holidays", "Written by hand."),
     ("بطاقة تهنئة بالعيد", "مكتوبة بخط اليد.")),
    ("phone", "in", "solved", "good", ("Change of address", "Changed before it was sent."),
     ("تغيير العنوان", "غُيّر قبل الشحن.")),
)  # fmt: skip
OWED = (
    ("Call back about the broken cup", "معاودة الاتصال بشأن الكوب المكسور", -3),
    ("Send the table of sizes", "إرسال جدول المقاسات", 4),
    ("Write a card by hand: best customer of the year", "كتابة بطاقة بخط اليد لأفضل عميلة هذا العام", 30),
    ("Ask whether the new address is right", "التأكد من العنوان الجديد", 55),
)


def furnish(world: World, colleagues: Mapping[str, User], people: Sequence[Customer]) -> None:
    """Set the telephone up and let a year of contacts have happened.

    Args:
        colleagues: by role; the agent and the marketer sit at the telephone.
        people: of the tenant; some of them called.
    """
    agent, marketer = colleagues["agent"], colleagues["marketer"]
    for name, key in QUEUES:
        telephony.add_queue(name=name, key=key, agents=[agent, marketer], by=world.by, now=world.now)
    telephony.set_state(user=agent, state=CallAgent.State.AVAILABLE, extension="201", now=world.now)
    reached = [person for person in people if person.phone]
    busy = world.chance.sample(reached, 40)
    for _contact in range(CONTACTS):
        _write_down(world, world.chance.choice(busy), agent)
    for number, (english, arabic, hours) in enumerate(OWED):
        person = busy[number]
        title = arabic if person.language == "ar" else english
        due_at = world.now + timedelta(hours=hours)
        todos.create(title=title, by=world.by, due_at=due_at, assignee=agent if number % 2 == 0 else None,
                     about=("customer", person.pk))  # fmt: skip
    _ring(world, busy)


def _write_down(world: World, person: Customer, agent: User) -> None:
    chance = world.chance
    channel, direction, outcome, sentiment, english, arabic = chance.choice(SAID)
    subject, note = arabic if person.language == "ar" else english
    known = max((world.now - person.created_at).total_seconds() - 3600, 0)
    at = world.now - timedelta(seconds=min(known, 365 * 86_400) * chance.random() ** 2 + 1800)
    interactions.log(
        customer=person, channel=channel, direction=direction, outcome=outcome, sentiment=sentiment, subject=subject,
        note=note, by=agent.actor, at=at,
        duration=timedelta(seconds=chance.randrange(60, 900)) if channel in ("phone", "chat") else None,
    )  # fmt: skip


def _ring(world: World, busy: Sequence[Customer]) -> None:
    """Let four people have called today: three were answered, one was not."""
    for number, person in enumerate(busy[4:8]):
        at = world.now - timedelta(minutes=20 + 35 * number)
        said = {"call_id": f"demo-{number}", "number": person.phone, "queue": "care", "by": world.by, "now": world.now}
        calls.tell(state="ringing", at=at, **said)
        if number != 1:
            calls.tell(state="answered", at=at + timedelta(seconds=6), agent="201", **said)
        calls.tell(state="ended", at=at + timedelta(seconds=200), **said)
