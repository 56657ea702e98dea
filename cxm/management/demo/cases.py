"""What customers of a demo tenant asked and complained of, and how it went: most in time, some late, some open."""

from datetime import datetime, timedelta

from campaigns.models import SendUnit
from customers.models import Customer
from cxm.accounts.models import User
from cxm.management.demo.people import World
from feedback.domain import answers, breaches, cases, desk
from feedback.models import CaseMessage

COUNT = 44
LONGEST = 120  # days since the first
# (type, subject, what the customer says, what we answer, root cause, what was done about it), by language.
STORIES = {
    "en": (
        ("question", "Where is my order?", "I ordered a week ago and nothing came. Can you look?",
         "I am sorry for the wait. It left our warehouse this morning and reaches you tomorrow.", "Late carrier", ""),
        ("complaint", "The lamp arrived broken", "The glass was in pieces when I opened the box. It was a present!",
         "I am very sorry. A new one is on its way today, and you keep the rest.", "Packing",
         "Glass is packed in double boxes now."),
        ("request", "Please change the address", "I moved. Please send it to the new address in my account.",
         "Done: it goes to the new address.", "", ""),
        ("question", "Does the table come in oak?", "I only find it in walnut.",
         "In oak from next month. Shall I tell you when it is there?", "Missing in the shop", ""),
        ("complaint", "Charged twice", "My card shows the amount two times.",
         "You are right, and the second one is on its way back to you.", "Payment page sent twice",
         "The button can be pressed once only."),
        ("request", "Invoice for my company", "I need an invoice with our tax number.",
         "Attached to your account, with the number.", "", ""),
    ),
    "ar": (
        ("question", "أين طلبي؟", "طلبت قبل أسبوع ولم يصل شيء. هل يمكنكم التحقق؟",
         "نعتذر عن التأخير. خرج طلبك من المستودع هذا الصباح ويصلك غدًا.", "تأخر شركة الشحن", ""),
        ("complaint", "وصل المصباح مكسورًا", "وجدت الزجاج محطمًا عند فتح الصندوق، وكان هدية!",
         "نعتذر منك كثيرًا. أرسلنا لك بديلًا اليوم.", "التغليف", "أصبح الزجاج يُغلَّف بصندوقين."),
        ("request", "تغيير عنوان التوصيل", "انتقلت إلى بيت جديد، أرجو الإرسال إلى العنوان الجديد.",
         "تم تغيير العنوان كما طلبت.", "", ""),
        ("complaint", "خُصم المبلغ مرتين", "ظهر المبلغ مرتين في كشف حسابي.",
         "معك حق، وسيعود المبلغ الثاني إلى حسابك خلال أيام.", "صفحة الدفع أُرسلت مرتين",
         "لم يعد بالإمكان الضغط على الزر مرتين."),
        ("question", "هل تتوفر الطاولة بلون آخر؟", "أبحث عنها باللون البني الفاتح.",
         "تصل الشهر القادم. هل نخبرك عند توفرها؟", "غير معروضة في المتجر", ""),
    ),
}  # fmt: skip
CANNED = (
    ("Hello", "en", "Dear {{ customer.first_name }},\n\nthank you for writing. "),
    ("Sorry for the wait", "en", "I am sorry that you had to wait, {{ customer.first_name }}. "),
    ("ترحيب", "ar", "مرحبًا {{ customer.first_name }}،\n\nشكرًا لتواصلك معنا. "),
    ("اعتذار عن التأخير", "ar", "نعتذر عن التأخير في الرد على الحالة {{ case.number }}. "),
)


def follow(world: World, agent: User) -> None:
    """Open cases over the past months and let an agent work on them; the last ones are still to do."""
    desk.begin(by=world.by)
    for name, language, body in CANNED:
        answers.save(found=None, name=name, language=language, body=body, by=world.by)
    people = list(Customer.objects.exclude(email="").order_by("id")[: COUNT * 12 : 12])
    begun = sorted(world.ago(days=world.chance.uniform(0.05, LONGEST)) for _person in people)
    begun[-6:] = [world.ago(hours=hours) for hours in (52, 27, 9, 5, 2, 0.5)]
    for at, (person, moment) in enumerate(zip(people, begun, strict=True)):
        _live(world, agent, person, moment, done=at < len(people) - 8)
    breaches.sweep(now=world.now)
    _send_nothing()


def _live(world: World, agent: User, person: Customer, began: datetime, *, done: bool) -> None:
    chance = world.chance
    stories = STORIES["ar" if person.language == "ar" else "en"]
    kind, subject, words, reply, cause, action = chance.choice(stories)
    case = cases.open(
        type=desk.type_by(ref=kind), customer=person, subject=subject, body=words,
        channel=chance.choice(["email", "email", "phone", "web", "social"]), by=world.by, now=began,
    )  # fmt: skip
    if not done and chance.random() < 0.5:
        return
    by, last = agent.actor, began
    if chance.random() < 0.85:
        cases.assign(case=case, owner=agent, by=by, now=began)
    last += timedelta(hours=chance.choice([0.3, 1, 2, 5, 20, 60]))
    if last >= world.now:
        return
    waits = chance.random() < 0.3
    cases.answer(case=case, body=reply, by=by, now=last, then="waiting" if waits else "open")
    if waits:
        last += timedelta(hours=chance.choice([3, 20, 70]))
        if last >= world.now or not done:
            return
        cases.hear(
            case=case, body="Thank you!" if person.language != "ar" else "شكرًا لكم!", author=str(person), now=last
        )
    if chance.random() < 0.25:
        cases.note(case=case, body="Called the warehouse, they confirm.", by=by, now=last)
    last += timedelta(hours=chance.choice([1, 4, 30]))
    if not done or last >= world.now:
        return
    cases.solve(case=case, by=by, now=last)
    last += timedelta(days=1)
    if last < world.now and chance.random() < 0.8:
        cases.close(case=case, by=by, now=last, root_cause=cause or "–", action=action or "–")


def _send_nothing() -> None:
    """What was said in the past is not sent now."""
    SendUnit.objects.filter(kind="case").delete()
    CaseMessage.objects.filter(ledger_id__isnull=False).update(ledger_id=None)
