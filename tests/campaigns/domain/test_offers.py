"""Offers: what can be kept, what their codes promise, who is given one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.domain import codes, fitting, offers
from campaigns.models import Code, Issue, Offer, Redemption
from customers.models import Event, SegmentMember, Traits
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from tests.campaigns.factories import OfferFactory
from tests.factories import CustomerFactory, SegmentFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def _create(**fields) -> Offer:
    return offers.create(**{"name": "Welcome", "by": SYSTEM, "value": 10} | fields)


def test_an_offer_is_drafted_filled_and_activated(scoped):
    offer = _create(valid_days=14, minimum="20.5")
    codes.generate(offer=offer, count=3, by=SYSTEM)

    offers.activate(offer=offer, by=SYSTEM, now=NOW)

    found = offers.get(offer_id=offer.pk)
    assert (found.state, found.value, found.minimum, found.valid_days) == ("active", 10, Decimal("20.50"), 14)
    assert codes.pool(offer=offer) == codes.Pool(3, 3)
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == [
        "offer.created", "offer.codes_generated", "offer.activated"]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"value": 0}, "value"),
        ({"value": 101}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "-1"}, "value"),
        ({"kind": "voucher", "value": 0}, "value"),
        ({"kind": "free"}, "kind"),
        ({"kind": "other"}, "title"),
        ({"codes": "single"}, "code"),
        ({"valid_days": 36_501}, "valid_days"),
        ({"limit": 0}, "limit"),
        ({"limit": True}, "limit"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"price": 3}, "price"),
        ({"segment": 3}, "segment"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(scoped, fields, wrong):
    with pytest.raises(offers.BadOffer) as refusal:
        _create(**fields)

    assert list(refusal.value.fields) == [wrong]
    assert Offer.objects.count() == 0 or wrong == "code"


def test_without_a_code_it_cannot_be_activated(scoped):
    with pytest.raises(offers.BadOffer):
        offers.activate(offer=_create(), by=SYSTEM, now=NOW)


def test_what_is_promised_stays(scoped):
    offer = OfferFactory(pool=1)

    with pytest.raises(offers.WrongState):
        offers.change(offer=offer, by=SYSTEM, value=50)
    offers.change(offer=offer, by=SYSTEM, name="Better name", value=15)

    assert offers.get(offer_id=offer.pk).name == "Better name"
    offers.end(offer=offer, by=SYSTEM, now=NOW)
    with pytest.raises(offers.WrongState):
        offers.change(offer=offer, by=SYSTEM, name="Later")


def test_one_code_for_all(scoped):
    offer = offers.activate(offer=_create(codes="single", code=" summer-10 "), by=SYSTEM, now=NOW)
    ada, bob = CustomerFactory(), CustomerFactory()

    given = [offers.issue(offer=offer, customer=each, key="k", by=SYSTEM, now=NOW).code for each in (ada, bob)]

    assert given == ["summer-10"] * 2
    with pytest.raises(codes.BadCodes):
        _create(codes="single", code="SUMMER 10")


def test_a_draft_can_change_its_kind_of_codes(scoped):
    offer = _create(codes="single", code="A1")

    offers.change(offer=offer, by=SYSTEM, codes="unique")

    assert Code.objects.count() == 0
    offers.delete(offer=offer, by=SYSTEM)
    assert Offer.objects.count() == 0


def test_the_same_key_gives_the_same_code(scoped):
    offer = OfferFactory(pool=3, valid_days=7, ends_at=NOW + 3 * DAY)
    ada = CustomerFactory()

    first = offers.issue(offer=offer, customer=ada, key="case:1", by=SYSTEM, now=NOW, cost=Decimal(4))
    again = offers.issue(offer=offer, customer=ada, key="case:1", by=SYSTEM, now=NOW + DAY)
    other = offers.issue(offer=offer, customer=ada, key="case:2", by=SYSTEM, now=NOW)

    assert (first.pk, first.code, first.cost, first.expires_at) == (again.pk, again.code, 4, NOW + 3 * DAY)
    assert other.code != first.code
    assert codes.pool(offer=offer) == codes.Pool(3, 1)
    told = Event.objects.filter(name="Offer Issued").order_by("id")
    assert [event.properties["code"] for event in told] == [first.code, other.code]
    assert told[0].properties["offer"] == offer.pk
    assert told[0].properties["value"] == 15


def test_an_empty_pool_is_a_refusal(scoped):
    offer = OfferFactory(pool=1)
    offers.issue(offer=offer, customer=CustomerFactory(), key="k", by=SYSTEM, now=NOW)

    with pytest.raises(offers.NoCode):
        offers.issue(offer=offer, customer=CustomerFactory(), key="k", by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    "fields",
    [{"state": "draft"}, {"state": "ended"}, {"starts_at": NOW + DAY}, {"ends_at": NOW}],
)
def test_what_is_not_on_is_not_given(scoped, fields):
    offer = OfferFactory(pool=1, **fields)

    with pytest.raises(offers.NotOffered):
        offers.issue(offer=offer, customer=CustomerFactory(), key="k", by=SYSTEM, now=NOW)


def test_many_get_one_each_as_long_as_there_are(scoped):
    offer = OfferFactory(pool=3)
    people = [CustomerFactory().pk for _n in range(4)]

    given = offers.issue_many(offer=offer, customer_ids=people[:2], key="step:1", by=SYSTEM, now=NOW)
    more = offers.issue_many(offer=offer, customer_ids=people, key="step:1", by=SYSTEM, now=NOW)

    assert (given, more) == (2, 1)
    assert len(set(Issue.objects.values_list("code", flat=True))) == 3
    assert codes.pool(offer=offer).free == 0


def test_a_code_is_found_by_what_people_type(scoped):
    offer = OfferFactory(pool=["ABCDE-23456"])

    assert list(offers.listed(search="abcde 23456")) == [offer]
    assert codes.fold("abc–de ٢٣") == "ABCDE23"
    assert list(offers.listed(state="draft")) == []


# --- the fitting one ---------------------------------------------------------------------------


def test_the_best_of_what_may_be_given(scoped):
    ada, segment = CustomerFactory(), SegmentFactory(name="VIP")
    Traits.objects.create(customer=ada, orders_count=2, revenue=200)
    for fields in ({"state": "draft"}, {"ends_at": NOW}, {"starts_at": NOW + DAY}, {"segment": segment}):
        OfferFactory(pool=1, value=90, **fields)
    OfferFactory(value=80)  # no code left
    voucher = OfferFactory(pool=1, kind="voucher", value=12)
    percent = OfferFactory(pool=1, value=15)

    assert offers.fitting(ada, now=NOW) == percent
    offers.issue(offer=percent, customer=ada, key="k", by=SYSTEM, now=NOW)
    assert offers.fitting(ada, now=NOW) == voucher

    SegmentMember.objects.create(segment=segment, customer=ada, entered_at=NOW)
    found = offers.fitting(ada, now=NOW)
    assert (found.segment, found.why) == (
        segment, "meant for “VIP”, never given before, reckoned on their average order")  # fmt: skip


def test_nothing_fits_when_the_limit_is_reached(scoped):
    OfferFactory(codes="single", pool=["ALL"], limit=1)
    offers.redeem(code="all", by=SYSTEM, now=NOW)

    assert offers.fitting(CustomerFactory(), now=NOW) is None


def test_how_often_offers_were_used_is_asked_once_for_all(scoped):
    ada = CustomerFactory()
    counts = []
    for many in (1, 3):
        for _one in range(many):
            OfferFactory(limit=2, codes="single", pool=1)
        with CaptureQueriesContext(connection) as asked:
            offers.fitting(ada, now=NOW)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    used = Offer.objects.order_by("pk").first()
    Redemption.objects.bulk_create([
        Redemption(offer=used, code="A", order_id=str(number), at=NOW) for number in range(2)
    ])  # fmt: skip
    assert used not in [fit.offer for fit in fitting.fits(ada, now=NOW)]
