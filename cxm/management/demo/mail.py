"""Campaigns of the past months with what became of each message, one draft and one that waits for its hour.

The campaigns are drafted and launched by the domain; the ledger is filled here, because nothing is really sent.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.domain import campaigns, conversions, machines, senders, starters
from campaigns.models import Campaign, Hit, Link, Message, SendUnit, TemplateVersion
from customers.domain import consents, events, orders, suppressions
from customers.models import Consent, Customer, Event, Segment, SegmentMember, Suppression, Traits
from cxm.jobs.models import Job
from cxm.management.demo import shop
from cxm.management.demo.people import World

State = Message.State
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
)
MACHINES = (("apple_proxy", "Mozilla/5.0"), ("agent", "Mozilla/5.0 (compatible; Barracuda Sentinel)"))
REFUSALS = (("mailbox_unknown", "550 5.1.1 user unknown"), ("mailbox_full", "552 5.2.2 mailbox full"))


@dataclass(frozen=True)
class Past:
    """A campaign that was sent: days ago, its name, kind, segment, topic, and how well it was read."""

    days: float
    name: str
    kind: str
    segment: str
    topic: str
    opens: float
    clicks: float


PAST = (
    Past(176, "Summer newsletter", "newsletter", "everybody", "news", 0.34, 0.16),
    Past(118, "عروض الصيف", "discount", "arabic", "offers", 0.41, 0.24),
    Past(74, "We miss you", "win_back", "lapsed", "offers", 0.22, 0.15),
    Past(46, "Autumn newsletter", "newsletter", "everybody", "news", 0.37, 0.18),
    Past(19, "Points about to expire", "reward", "vip", "offers", 0.55, 0.38),
    Past(5.2, "White week", "discount", "everybody", "offers", 0.4, 0.26),
)


@dataclass
class Sent:
    """What is collected of a campaign before it is written."""

    campaign: Campaign
    unit: SendUnit
    subjects: dict[str, str]
    urls: dict[str, list[str]]
    website: str
    hits: list[Hit] = field(default_factory=list)
    told: list[events.Happening] = field(default_factory=list)
    left: list[Message] = field(default_factory=list)

    def said(self, message: Message) -> dict:
        """Return what events of a message carry."""
        return {"message": message.pk, "unit": self.unit.pk, "subject": self.subjects[message.language]}


def furnish(world: World, *, names: tuple[str, str], host: str) -> None:
    """Fill the brand kit, add the senders and the templates."""
    brand = senders.brand()
    brand.name, brand.name_ar = names
    brand.website, brand.color = f"https://{host}", "#7c3f58"
    brand.address, brand.address_ar = "King Fahd Road, Riyadh", "طريق الملك فهد، الرياض"
    brand.save()
    for name, name_ar, box in ((*names, "hello"), ("Customer care", "خدمة العملاء", "care")):
        senders.create(name=name, name_ar=name_ar, email=f"{box}@{host}", reply_to=f"care@{host}", by=world.by)
    starters.install(by=world.by, language="en")


def send_past(world: World, segments: dict[str, Segment], *, prefix: str) -> None:
    """Send the campaigns of the past, the oldest first, each to those who were there then."""
    people = {person.pk: person for person in Customer.objects.all()}
    templates = {template.kind: template for template in starters.Template.objects.all()}
    for past in PAST:
        at = world.ago(days=past.days)
        campaign = campaigns.create(
            name=past.name, kind=past.kind, template=templates[past.kind], segment=segments[past.segment],
            sender=senders.default(), topic=past.topic, by=world.by,
        )  # fmt: skip
        campaign = campaigns.launch(campaign=campaign, by=world.by, now=at)
        _fill(world, _begun(campaign), past, people)
        _close(campaign, at)
    _convert(world, prefix)


def draft(world: World, segments: dict[str, Segment]) -> None:
    """Leave a draft, and a campaign that waits for its hour."""
    templates = {template.kind: template for template in starters.Template.objects.all()}
    campaigns.create(name="Thank-you for the year", kind="thanks", template=templates["thanks"], by=world.by)
    waiting = campaigns.create(
        name="نشرة الشهر القادم", kind="newsletter", template=templates["newsletter"], segment=segments["arabic"],
        sender=senders.default(), topic="news", send_at=world.now + timedelta(days=9), by=world.by,
    )  # fmt: skip
    campaigns.launch(campaign=waiting, by=world.by, now=world.now)


def _begun(campaign: Campaign) -> Sent:
    unit = campaign.unit
    versions = TemplateVersion.objects.filter(pk__in=unit.versions.values())
    urls: dict[str, list[str]] = {}
    for link in Link.objects.filter(unit=unit).order_by("index"):
        urls.setdefault(link.language, []).append(link.url)
    names = {version.language: version.subject.split("{{")[0].strip(" ،,") or campaign.name for version in versions}
    return Sent(campaign, unit, names, urls, senders.brand().website)


def _fill(world: World, sent: Sent, past: Past, people: dict[int, Customer]) -> None:
    at = sent.campaign.launched_at
    members = SegmentMember.objects.filter(segment=sent.campaign.segment, left_at=None).values_list(
        "customer", flat=True
    )
    audience = [people[pk] for pk in sorted(members) if people[pk].created_at < at]
    closed = _closed(at, sent.unit.topic)
    messages = [_message(world, sent, person, closed.get(person.pk, "")) for person in audience]
    Message.objects.bulk_create(messages, batch_size=1000)
    for message in messages:
        if message.state == State.ACCEPTED:
            _read(world, sent, message, past)
    Message.objects.bulk_update(
        messages,
        ["opened_at", "opened_machine_at", "clicked_at", "clicked_machine_at", "unsubscribed_at"],
        batch_size=1000,
    )
    Message.objects.filter(unit=sent.unit).update(created_at=at)
    Hit.objects.bulk_create(sent.hits, batch_size=1000)
    _tell(world, sent, messages)
    _unsubscribe(world, sent)
    Campaign.objects.filter(pk=sent.campaign.pk).update(audience=len(messages))


def _closed(at: datetime, topic: str) -> dict[int, str]:
    """Return why people could not be written to at a moment: what the gate would have said then."""
    found: dict[int, str] = {}
    noes = Consent.objects.filter(channel="email", granted=False, topic__in=("", topic), at__lt=at).order_by("-topic")
    for customer, about in noes.values_list("customer", "topic"):
        found[customer] = "topic_declined" if about else "unsubscribed"
    keys = Suppression.objects.filter(channel="email").values_list("address_key", flat=True)
    for customer in Customer.objects.filter(email_key__in=list(keys)).values_list("pk", flat=True):
        found[customer] = "suppressed"
    return found


def _message(world: World, sent: Sent, person: Customer, reason: str) -> Message:
    message = Message(
        unit=sent.unit,
        customer=person,
        address=person.email,
        language=person.language if person.language in sent.subjects else "en",
        attempts=1,
    )
    reason = reason if person.email else "no_address"
    if reason:
        message.state, message.reason, message.attempts, message.address = State.SKIPPED, reason, 0, ""
    elif world.chance.random() < 0.012:
        refused, reply = world.chance.choices(REFUSALS, (3, 1))[0]
        message.state, message.reason, message.reply = State.FAILED, refused, reply
    else:
        message.state, message.reply = State.ACCEPTED, "250 2.0.0 OK"
        message.sent_at = sent.campaign.launched_at + timedelta(seconds=world.chance.uniform(5, 300))
    return message


def _read(world: World, sent: Sent, message: Message, past: Past) -> None:
    """Let a machine fetch, and a person open, click, and now and then leave."""
    chance = world.chance
    if chance.random() < 0.2:
        reason, agent = chance.choice(MACHINES)
        message.opened_machine_at = message.sent_at + timedelta(seconds=chance.uniform(3, 60))
        _hit(sent, message, "open", message.opened_machine_at, agent=agent, machine=reason)
        if reason == "agent" and chance.random() < 0.5:
            message.clicked_machine_at = message.opened_machine_at + timedelta(seconds=1)
            _hit(sent, message, "click", message.clicked_machine_at, agent=agent, machine=reason)
    opened = message.sent_at + timedelta(hours=min(chance.expovariate(1 / 9), 110))
    if chance.random() > past.opens or opened > world.now:
        return
    message.opened_at = opened
    agent = chance.choice(BROWSERS)
    _hit(sent, message, "open", opened, agent=agent)
    clicked = opened + timedelta(minutes=chance.uniform(0.2, 12))
    if chance.random() < past.clicks and clicked < world.now:
        message.clicked_at = clicked
        _hit(sent, message, "click", clicked, agent=BROWSERS[1])
    elif chance.random() < 0.022:
        message.unsubscribed_at = min(opened + timedelta(minutes=2), world.now)
        sent.left.append(message)


def _hit(sent: Sent, message: Message, kind: str, at: datetime, *, agent: str, machine: str = "") -> None:
    index = 0 if kind == "click" else None
    sent.hits.append(
        Hit(message=message, kind=kind, link_index=index, at=at, method="GET", user_agent=agent, ip="192.0.2.7",
            machine=machine, rule_version=machines.RULES)
    )  # fmt: skip
    if machine:
        return
    name, said = ("Email Opened", {}) if kind == "open" else ("Email Link Clicked", {"url": _url(sent, message)})
    told = events.Happening(message.customer_id, name, at, sent.said(message) | said, "email", "tracking",
                            f"{kind}:{message.pk}")  # fmt: skip
    sent.told.append(told)


def _url(sent: Sent, message: Message) -> str:
    return next(iter(sent.urls.get(message.language, [])), sent.website)


def _tell(world: World, sent: Sent, messages: list[Message]) -> None:
    """Write the timeline: what we did moves no trait, what people did does."""
    names = {State.ACCEPTED: "Email Sent", State.FAILED: "Email Bounced"}
    Event.objects.bulk_create(
        [
            Event(
                customer_id=message.customer_id, name=names[message.state], channel="email", source="campaigns",
                occurred_at=message.sent_at or sent.campaign.launched_at, message_id=f"message:{message.pk}",
                properties=sent.said(message),
            )
            for message in messages
            if message.state in names
        ],
        batch_size=1000,
    )  # fmt: skip
    events.record(sent.told)
    for column in ("opened_at", "clicked_at"):
        trait = {"opened_at": "last_open_at", "clicked_at": "last_click_at"}[column]
        seen = {message.customer_id: at for message in messages if (at := getattr(message, column))}
        rows = list(Traits.objects.filter(customer__in=seen))
        for row in rows:
            setattr(row, trait, seen[row.customer_id])
        Traits.objects.bulk_update(rows, [trait], batch_size=1000)
    for message in messages:
        if message.reason == "mailbox_unknown":
            found = suppressions.add(channel="email", address=message.address, reason="bounced", by=world.by)
            Suppression.objects.filter(pk=found.pk).update(at=sent.campaign.launched_at)


def _unsubscribe(world: World, sent: Sent) -> None:
    gone = [
        consents.Choice(message.customer_id, "email", False, message.unsubscribed_at, sent.unit.topic)
        for message in sent.left
    ]
    consents.record(gone, source="one_click", by=world.by, now=world.now)
    events.record(
        [
            events.Happening(
                message.customer_id, "Email Unsubscribed", message.unsubscribed_at,
                {"message": message.pk, "unit": sent.unit.pk, "topic": sent.unit.topic}, "email", "tracking",
                f"unsubscribe:{message.pk}",
            )
            for message in sent.left
        ]
    )  # fmt: skip
    sent.left.clear()


def _close(campaign: Campaign, at: datetime) -> None:
    """Leave the rows as a campaign leaves them that was sent at that moment."""
    audience = Message.objects.filter(unit=campaign.unit).count()
    over = at + timedelta(minutes=6)
    SendUnit.objects.filter(pk=campaign.unit_id).update(created_at=at)
    Campaign.objects.filter(pk=campaign.pk).update(
        state=Campaign.State.DONE, created_at=at - timedelta(days=3), audience_ready_at=at, finished_at=over
    )
    Job.objects.filter(kind="campaigns.prepare", payload__campaign=campaign.pk).update(
        state=Job.State.DONE, created_at=at, started_at=at, finished_at=at + timedelta(seconds=2), attempts=1,
        result={"audience": audience},
    )  # fmt: skip


def _convert(world: World, prefix: str) -> None:
    """Let some who clicked buy within three days; then credit every order there is."""
    clicked = Message.objects.filter(clicked_at__isnull=False).select_related("customer").order_by("pk")
    bought = []
    for message in clicked:
        at = message.clicked_at + timedelta(hours=world.chance.uniform(0.2, 70))
        if world.chance.random() < 0.3 and at < world.now:
            number = f"{prefix}M{len(bought) + 1:05}"
            bought.append(shop.order(world, message.customer, at, number=number, coupon="MAIL15"))
    orders.record(bought, source="api", now=world.now)
    conversions.credit(order_ids=list(orders.Order.objects.values_list("order_id", flat=True)))
