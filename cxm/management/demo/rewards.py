"""What a demo tenant gave away: offers of every state, who got and used them, points earned and spent.

Offers are made by the domain; who got what in the past is filled in here, because nothing is really sent.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from campaigns.domain import codes, offers, points, points_rules, redemptions
from campaigns.models import Code, Issue, Offer, PointsEntry, Redemption
from customers.domain import events
from customers.models import Customer, Order, Segment
from cxm.management.demo.people import World

GIVEN = 140
POINTS_DAYS = 270
TIERS = "500 Silver / فضي\n2000 Gold / ذهبي\n6000 Pearl / لؤلؤي"


def offer(world: World, segments: dict[str, Segment]) -> None:
    """Make the offers, give some of them, let some be used."""
    spring = _active(
        world, name="عرض العيد", title="15% off for Eid", title_ar="خصم 15% بمناسبة العيد", kind="percent", value=15,
        minimum=200, valid_days=60, segment=segments["vip"],
    )  # fmt: skip
    sorry = _active(
        world, name="Making good", title="A voucher worth SAR 50, with our apology",
        title_ar="قسيمة بقيمة 50 ريالًا مع اعتذارنا", kind="voucher", value=50, cost=35, valid_days=180,
    )  # fmt: skip
    back = _active(
        world, name="We miss you", kind="amount", value=40, minimum=150, valid_days=30, segment=segments["lapsed"]
    )
    codes.generate(offer=spring, count=400, by=world.by, prefix="EID-")
    codes.generate(offer=sorry, count=60, by=world.by)
    codes.generate(offer=back, count=300, by=world.by)
    _active(world, name="Newsletter 10%", kind="percent", value=10, codes="single", code="NOOR10", limit_each=1)
    offers.create(name="Winter sale", kind="percent", value=25, by=world.by)
    people = list(Customer.objects.exclude(traits__orders_count=0).order_by("id")[: GIVEN * 3])
    world.chance.shuffle(people)
    given = _give(world, spring, people[:GIVEN], days=45)
    given += _give(world, sorry, people[GIVEN : GIVEN + 12], days=90)
    _use(world, given)


def collect(world: World) -> None:
    """Let the orders of the last months earn points, and some people spend theirs."""
    since = world.ago(days=POINTS_DAYS)
    points_rules.save(
        active=True, per_unit="0.5", valid_days=365, worth="0.05", tiers=TIERS, by=world.by, now=since,
        from_sites=True,
    )  # fmt: skip
    came = [
        PointsEntry(
            customer_id=placed.customer_id, kind="order", amount=int(placed.revenue / 2),
            unspent=int(placed.revenue / 2), reason=placed.order_id, key=f"order:{placed.order_id}",
            created_by=world.by.label, at=placed.placed_at, expires_at=placed.placed_at + timedelta(days=365),
        )
        for placed in Order.objects.filter(kind="order", placed_at__gte=since, revenue__gte=2).order_by("placed_at")
    ]  # fmt: skip
    PointsEntry.objects.bulk_create(came, batch_size=1000)
    recent = world.ago(days=40)
    events.record([_earned(entry) for entry in came if entry.at >= recent])
    for entry in world.chance.sample(came, min(25, len(came))):
        points.add(
            customer=entry.customer, amount=-max(entry.amount // 2, 1), reason="توصيل مجاني", key="demo:spent",
            by=world.by, at=max(entry.at, world.ago(days=20)),
        )  # fmt: skip
    points.recount(now=world.now)


def _active(world: World, **fields: object) -> Offer:
    made = offers.create(by=world.by, **fields)
    Offer.objects.filter(pk=made.pk).update(state=Offer.State.ACTIVE, created_at=world.ago(days=100))
    return offers.get(offer_id=made.pk)


def _give(world: World, given: Offer, people: list[Customer], *, days: int) -> list[Issue]:
    pool = list(Code.objects.filter(offer=given, free=True).order_by("id")[: len(people)])
    issues = []
    for person, code in zip(people, pool, strict=False):
        at = world.ago(days=world.chance.uniform(3, days))
        issues.append(
            Issue(offer=given, customer=person, key="demo", code=code.code, pooled=code, created_by=world.by.label,
                  at=at, expires_at=at + timedelta(days=given.valid_days))
        )  # fmt: skip
    Issue.objects.bulk_create(issues)
    Code.objects.filter(pk__in=[code.pk for code in pool[: len(issues)]]).update(free=False)
    events.record([_told("Offer Issued", issue, issue.at, f"issue:{issue.pk}") for issue in issues])
    return issues


def _use(world: World, issues: list[Issue]) -> None:
    """Put codes down to the first order somebody placed after they had got theirs."""
    by_person = {issue.customer_id: issue for issue in issues}
    used: dict[int, Redemption] = {}
    for placed in Order.objects.filter(customer__in=by_person, kind="order", revenue__gte=1).order_by("placed_at"):
        issue = by_person[placed.customer_id]
        fits = issue.at < placed.placed_at < issue.expires_at and placed.revenue >= (issue.offer.minimum or 0)
        if not fits or issue.pk in used or world.chance.random() > 0.7:
            continue
        value = redemptions.worth(issue.offer, placed.revenue)
        used[issue.pk] = Redemption(
            offer=issue.offer, customer_id=issue.customer_id, issue=issue, code=issue.code, pooled=issue.pooled,
            order_id=placed.order_id, amount=placed.revenue, value=value, at=placed.placed_at,
            cost=value if issue.offer.cost is None else Decimal(issue.offer.cost), created_by="API",
        )  # fmt: skip
    Redemption.objects.bulk_create(used.values())
    events.record(
        [_told("Offer Redeemed", made.issue, made.at, f"redemption:{made.pk}") for made in used.values()]
    )  # fmt: skip


def _told(name: str, issue: Issue, at: datetime, number: str) -> events.Happening:
    said = {"offer": issue.offer_id, "name": issue.offer.name, "code": issue.code, "value": float(issue.offer.value)}
    return events.Happening(issue.customer_id, name, at, said, source="campaigns", message_id=number)


def _earned(entry: PointsEntry) -> events.Happening:
    said = {"points": entry.amount, "kind": "order", "reason": entry.reason}
    number = f"points:{entry.customer_id}:{entry.key}"
    return events.Happening(entry.customer_id, "Points Earned", entry.at, said, source="campaigns", message_id=number)
