"""People and rules for the tests of segment rules: made up by hypothesis, stored in the tables, known to the oracle."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from customers.models import (
    Attribute,
    Company,
    Consent,
    Customer,
    CustomerTag,
    Event,
    Order,
    OrderLine,
    Segment,
    SegmentMember,
    Tag,
    Traits,
)
from tests.customers.domain.rule_oracle import Bought, Happening, Person

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)  # the 31st: months before it are shorter
TAGS, CITIES, SEGMENTS = ("press", "vip"), ("Riyadh", "riyadh", "Rio", "Åre"), ("seg-one", "seg-two")
EVENTS = ("Email Opened", "Product Viewed")

moments = st.sampled_from(
    [NOW + timedelta(days=days, hours=hours) for days in (-400, -90, -31, -30, -28, -7, -1, 0, 2) for hours in (0, 1)]
)
words = st.sampled_from(["a", "A", "ab", "5", "true", "%", "_", "'; DROP TABLE x", "عمر"])
numbers = st.sampled_from([-1, 0, 1, 2, 5, 5.5, 100])
scalars = words | numbers | st.booleans()


def _maybe(strategy):
    return st.none() | strategy


@st.composite
def people(draw) -> Person:
    own = {
        "first_name": draw(st.sampled_from(["", "Zoe", "zOE", "Ann"])),
        "country": draw(st.sampled_from(["", "SA", "AE", "GB"])),
        "city": draw(st.sampled_from(["", *CITIES])),
        "birthday": draw(
            _maybe(st.sampled_from([date(1990, 3, 31), date(2000, 2, 29), date(1980, 4, 2), date(2026, 3, 30)]))
        ),
        "created_at": draw(moments),
        "company": draw(st.sampled_from(["", "acme", "byte"])),
    }
    attributes = {
        "nickname": draw(_maybe(words)),
        "size": draw(_maybe(numbers | st.just("wrong"))),
        "vegan": draw(_maybe(st.booleans())),
        "renewal": draw(_maybe(st.sampled_from(["2026-03-30", "2026-04-02", "2026-13-45", "soon"]))),
        "level": draw(_maybe(st.sampled_from(["gold", "silver"]))),
    }
    return Person(
        own=own,
        attributes={key: value for key, value in attributes.items() if value is not None},
        tags=draw(st.sets(st.sampled_from(TAGS))),
        lifecycle=draw(st.sampled_from(["prospect", "new", "active"])),
        traits=draw(_maybe(_traits())),
        events=draw(st.lists(_events(), max_size=4)) + draw(st.lists(_answers(), max_size=3, unique_by=lambda e: e.at)),
        orders=draw(st.lists(_orders(), max_size=4)),
        consents=draw(st.dictionaries(st.tuples(st.just("email"), st.sampled_from(["", "offers"])), st.booleans())),
        segments=draw(st.sets(st.sampled_from(SEGMENTS))),
    )


def _traits():
    return st.fixed_dictionaries(
        {
            "orders_count": st.integers(0, 3),
            "returns_count": st.integers(0, 1),
            "revenue": st.sampled_from([Decimal("-5"), Decimal(0), Decimal("99.99"), Decimal(500)]),
            "last_order_at": _maybe(moments),
            "last_open_at": _maybe(moments),
            "scores": st.just({}) | st.just({"churn": 0.5}) | st.just({"churn": "high"}),
        }
    )


def _events():
    payload = st.dictionaries(st.sampled_from(["sku", "total"]), scalars | st.none(), max_size=2)
    nested = st.fixed_dictionaries({"cart": st.fixed_dictionaries({"total": scalars})})
    return st.builds(Happening, st.sampled_from(EVENTS), moments, payload | nested)


def _answers():
    """Answers to surveys, never two at the same moment: which of them is the last one would be chance."""
    said = st.fixed_dictionaries({"slug": st.sampled_from(["nps", "csat"]), "score": st.sampled_from([3, 9, 10, None])})
    return st.builds(Happening, st.just("Survey Answered"), moments, said)


def _orders():
    lines = st.lists(st.tuples(st.sampled_from(["", "A1", "a1", "B2"]), st.sampled_from(["", "Cup"])), max_size=2)
    revenue = st.sampled_from([Decimal("-10"), Decimal("19.99"), Decimal(100)])
    return st.builds(
        Bought,
        st.sampled_from(["order", "return"]),
        moments,
        revenue,
        st.sampled_from(["", "SPRING"]),
        st.sampled_from(["", "web"]),
        lines,
    )


# --- rules ------------------------------------------------------------------------------------

durations = st.sampled_from(["P1D", "P7D", "P30D", "P31D", "P1M", "P90D", "PT1H"])
dates = st.sampled_from(["2026-03-31", "2026-03-01", "2025-12-31", "2026-04-02"])
_counts = st.integers(0, 3)
_pairs = st.tuples(numbers, numbers).map(sorted).map(list)


def _one(**operators):
    """One or two operators with their values."""
    return st.dictionaries(st.sampled_from(sorted(operators)), st.none(), min_size=1, max_size=2).flatmap(
        lambda chosen: st.fixed_dictionaries({name: operators[name] for name in chosen})
    )


def _texts(values):
    some = st.lists(values, min_size=1, max_size=3)
    return _one(
        **{"is": values, "in": some, "not_in": some, "contains": values, "starts_with": values, "exists": st.booleans()}
    )


def _numbers(values, **more):
    pairs = st.tuples(values, values).map(sorted).map(list)
    return _one(**{"is": values, "gt": values, "gte": values, "lt": values, "lte": values, "between": pairs, **more})


_listed = {"in": st.lists(numbers, min_size=1), "not_in": st.lists(numbers, min_size=1), "exists": st.booleans()}
_days = st.integers(-2, 91)
_day_lists = {name: st.lists(_days, min_size=1, max_size=3) for name in ("in", "not_in")} | {"exists": st.booleans()}
_dates = _numbers(
    dates,
    within=durations,
    after=dates,
    before=dates,
    exists=st.booleans(),
    anniversary=st.sampled_from(["today", "month", "P3D", "P30D"]),
)
_window = _one(after=dates, before=dates) | st.builds(lambda within: {"within": within}, durations)


def _leaf(kind, names, tests):
    return st.builds(
        lambda name, found: {kind: name, **found}, names if not isinstance(names, str) else st.just(names), tests
    )


def _optional(**parts):
    return st.fixed_dictionaries({}, optional=parts)


_properties = st.dictionaries(
    st.sampled_from(["sku", "total", "cart.total"]),
    scalars
    | _one(
        **{
            "is": scalars,
            "in": st.lists(scalars, min_size=1, max_size=3),
            "not_in": st.lists(scalars, min_size=1, max_size=2),
            "contains": words,
            "starts_with": words,
            "exists": st.booleans(),
            "gt": numbers,
            "lte": numbers,
            "between": _pairs,
        }
    ),
    max_size=2,
)
_skus = st.sampled_from(["A1", "b2", "Cup", "SPRING", "web"])
_order_where = st.fixed_dictionaries(
    {},
    optional={
        "sku": _texts(_skus),
        "title": _texts(_skus),
        "coupon": _texts(_skus),
        "channel": _texts(_skus),
        "kind": st.sampled_from(["order", "return"]),
        "revenue": _numbers(numbers),
    },
)
_ends = {"first": _window, "last": _window, "count": _numbers(_counts)}
leaves = st.one_of(
    _leaf(
        "attribute",
        st.sampled_from(["first_name", "city", "nickname", "company"]),
        _texts(st.sampled_from(["zoe", "ri", "Riyadh", "acme", "A", "5", "'; DROP TABLE x", "عمر", "%", "_"])),
    ),
    _leaf(
        "attribute",
        st.sampled_from(["country", "attributes.level"]),
        _texts(st.sampled_from(["SA", "ae", "gold", "g"])),
    ),
    _leaf("attribute", "size", _numbers(numbers, **_listed)),
    _leaf("attribute", "vegan", _one(**{"is": st.booleans(), "exists": st.booleans()})),
    _leaf("attribute", st.sampled_from(["birthday", "renewal", "created_at"]), _dates),
    _leaf("attribute", "tags", _texts(st.sampled_from(["press", "VIP", "pr"]))),
    _leaf(
        "trait",
        st.sampled_from(["orders_count", "returns_count", "revenue", "clv", "average_order_value", "scores.churn"]),
        _numbers(numbers | st.just(0.5), **_listed),
    ),
    _leaf("trait", "days_since_last_order", _numbers(_days, **_day_lists)),
    _leaf("trait", st.sampled_from(["last_order_at", "last_open_at"]), _dates),
    st.builds(
        lambda name, window, rest: {"event": name, **window, **rest},
        st.sampled_from(EVENTS),
        st.just({}) | _window,
        _optional(
            where=_properties,
            sum=st.builds(
                lambda name, tests: {"property": name, **tests}, st.sampled_from(["sku", "total"]), _numbers(numbers)
            ),
            **_ends,
        ),
    ),
    st.builds(
        lambda kind, window, rest: {"order": kind, **window, **rest},
        st.sampled_from([True, "order", "return", "any"]),
        st.just({}) | _window,
        _optional(where=_order_where, sum=_numbers(numbers), **_ends),
    ),
    st.fixed_dictionaries(
        {"consent": st.just("email")}, optional={"topic": st.just("offers"), "granted": st.booleans()}
    ),
    st.builds(lambda tag: {"tag": tag}, st.sampled_from(["press", "VIP", "nobody"])),
    st.builds(lambda slug: {"segment": slug}, st.sampled_from(SEGMENTS)),
    st.builds(lambda name: {"class": name}, st.sampled_from(["new", ["new", "active"]])),
    st.fixed_dictionaries(
        {"survey": st.sampled_from(["nps", "csat"])},
        optional={"score": st.sampled_from([{"gte": 9}, {"lte": 6}, {"gt": 3, "lt": 10}]), "within": durations},
    ),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda items: {"all": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"any": items}, st.lists(inner, max_size=3)),
        st.builds(lambda item: {"not": item}, inner),
    ),
    max_leaves=6,
)


# --- the tables -------------------------------------------------------------------------------


def define() -> None:
    """Make what rules name: attributes, companies, tags, segments. Inside the scope."""
    for key, kind in (
        ("nickname", "text"),
        ("size", "number"),
        ("vegan", "boolean"),
        ("renewal", "date"),
        ("level", "choice"),
    ):
        Attribute.objects.create(key=key, label=key, kind=kind)
    Company.objects.bulk_create([Company(name=name, name_key=name) for name in ("acme", "byte")])
    Tag.objects.bulk_create([Tag(name=name, name_key=name) for name in TAGS])
    Segment.objects.bulk_create([Segment(slug=slug, name=slug, rule={"all": []}) for slug in SEGMENTS])


def store(found: list[Person]) -> None:
    """Put people into the tables, in place of those there were."""
    for model in (SegmentMember, OrderLine, Order, Event, Consent, CustomerTag, Traits, Customer):
        model.objects.all()._raw_delete("default")
    companies = dict(Company.objects.values_list("name", "id"))
    tags, segments = dict(Tag.objects.values_list("name", "id")), dict(Segment.objects.values_list("slug", "id"))
    for person in found:
        own = {key: value for key, value in person.own.items() if key != "company"}
        person.id = Customer.objects.create(
            **own,
            company_id=companies.get(person.own.get("company")),
            attributes=person.attributes,
            lifecycle=person.lifecycle,
            updated_at=NOW,
        ).pk
    Traits.objects.bulk_create([Traits(customer_id=one.id, **one.traits) for one in found if one.traits is not None])
    CustomerTag.objects.bulk_create(
        [CustomerTag(customer_id=one.id, tag_id=tags[tag]) for one in found for tag in one.tags]
    )
    Consent.objects.bulk_create(
        [
            Consent(customer_id=one.id, channel=channel, topic=topic, granted=yes, at=NOW)
            for one in found
            for (channel, topic), yes in one.consents.items()
        ]
    )
    SegmentMember.objects.bulk_create(
        [
            SegmentMember(customer_id=one.id, segment_id=segments[slug], entered_at=NOW)
            for one in found
            for slug in one.segments
        ]
    )
    store_happenings(found)


def store_happenings(found: list[Person]) -> None:
    Event.objects.bulk_create(
        [
            Event(customer_id=one.id, name=event.name, occurred_at=event.at, properties=event.properties)
            for one in found
            for event in one.events
        ]
    )
    orders = [
        (
            Order(
                customer_id=one.id,
                order_id=f"{one.id}-{index}",
                kind=order.kind,
                placed_at=order.at,
                revenue=order.revenue,
                currency="GBP",
                coupon=order.coupon,
                channel=order.channel,
            ),
            order.lines,
        )
        for one in found
        for index, order in enumerate(one.orders)
    ]
    Order.objects.bulk_create([order for order, _lines in orders])
    OrderLine.objects.bulk_create(
        [
            OrderLine(order=order, position=index, sku=sku, title=title, quantity=1, unit_price=1, amount=1)
            for order, lines in orders
            for index, (sku, title) in enumerate(lines)
        ]
    )
