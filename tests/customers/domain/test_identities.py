"""Finding, making, joining and merging people."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.domain import customers, events, identities
from customers.models import (
    Consent,
    Customer,
    CustomerTag,
    Event,
    Identity,
    Order,
    SegmentDirty,
    SegmentMember,
    Traits,
)
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from cxm.tenancy.policies import tenant_tables
from tests.factories import CompanyFactory, CustomerFactory, OrderFactory, SegmentFactory, TagFactory

NOW = datetime(2026, 6, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("scoped")


def resolve(users=(), anonymous=()):
    return identities.resolve(user_ids=users, anonymous_ids=anonymous, now=NOW, source="api")


def join(*pairs):
    identities.join(pairs=pairs, by=SYSTEM, now=NOW, source="api")


def happened(customer_id: int, name: str) -> None:
    events.record([events.Happening(customer_id=customer_id, name=name, occurred_at=NOW)])


def test_unknown_are_made_and_known_are_found():
    there = CustomerFactory(external_id="u1")
    first = resolve({"u1", "u2"}, {"a1"})
    assert first.users["u1"] == there.pk
    assert resolve({"u1", "u2"}, {"a1"}) == first
    assert Customer.objects.count() == 3
    made = Customer.objects.get(external_id="u2")
    assert (made.created_at, made.source, made.search) == (NOW, "api", "u2")


def test_unknown_browser_becomes_the_users():
    join(("u1", "a1"))
    known = resolve({"u1"}, {"a1"})
    assert known.users["u1"] == known.anonymous["a1"]
    assert Customer.objects.count() == 1


def test_anonymous_profile_gets_the_id():
    profile = resolve(anonymous={"a1"}).anonymous["a1"]
    join(("u1", "a1"))
    assert list(Customer.objects.values_list("pk", "external_id")) == [(profile, "u1")]


def test_anonymous_profile_is_merged_into_the_user():
    profile = resolve(anonymous={"a1"}).anonymous["a1"]
    happened(profile, "Product Viewed")
    user = CustomerFactory(external_id="u1")
    join(("u1", "a1"))
    assert list(Customer.objects.values_list("pk", flat=True)) == [user.pk]
    assert list(Event.objects.values_list("customer_id", flat=True)) == [user.pk]
    assert resolve(anonymous={"a1"}).anonymous == {"a1": user.pk}


def test_shared_browser_belongs_to_the_last_and_keeps_history_apart():
    join(("u1", "a1"))
    first = resolve({"u1"}).users["u1"]
    happened(first, "Product Viewed")
    join(("u2", "a1"))
    known = resolve({"u1", "u2"}, {"a1"})
    assert known.anonymous["a1"] == known.users["u2"] != known.users["u1"] == first
    assert Event.objects.get().customer_id == first


def test_several_browsers_of_one_new_user():
    resolve(anonymous={"a1", "a2"})
    join(("u1", "a1"), ("u1", "a2"), ("u1", "a3"), ("u1", "a1"))
    assert Customer.objects.count() == 1
    assert len(set(resolve(anonymous={"a1", "a2", "a3"}).anonymous.values())) == 1


def alias(previous_id, user_id):
    identities.alias(previous_id=previous_id, user_id=user_id, by=SYSTEM, now=NOW, source="api")


def test_alias_of_a_browser():
    profile = resolve(anonymous={"a1"}).anonymous["a1"]
    alias("a1", "u1")
    assert resolve({"u1"}).users == {"u1": profile}


def test_alias_gives_a_user_a_new_id_and_the_old_one_still_finds():
    user = CustomerFactory(external_id="old")
    alias("old", "new")
    assert resolve({"old", "new"}).users == {"old": user.pk, "new": user.pk}
    assert Customer.objects.count() == 1


def test_a_former_id_finds_the_same_person_by_every_door():
    CustomerFactory(external_id="old")
    alias("old", "new")
    found, made = customers.upsert(external_id="old", values={"city": "Riyadh"}, by=SYSTEM, now=NOW)
    assert (made, found.external_id, found.city, Customer.objects.count()) == (False, "new", "Riyadh", 1)
    assert customers.find_by_external_id("other") is None


def test_alias_of_two_users_merges():
    CustomerFactory(external_id="old")
    user = CustomerFactory(external_id="new")
    alias("old", "new")
    assert resolve({"old", "new"}).users == {"old": user.pk, "new": user.pk}
    alias("old", "new")
    alias("new", "new")
    assert Customer.objects.count() == 1


def merge(winner: Customer, loser: Customer) -> Customer:
    identities.merge(winner_id=winner.pk, loser_id=loser.pk, by=SYSTEM, now=NOW)
    return Customer.objects.get()


def test_merge_loses_nothing():
    winner, loser = CustomerFactory(external_id="w"), CustomerFactory(external_id="l")
    shared, other = TagFactory(), TagFactory()
    for customer, tags in ((winner, [shared]), (loser, [shared, other])):
        for tag in tags:
            CustomerTag.objects.create(customer=customer, tag=tag)
        OrderFactory(customer=customer)
        happened(customer.pk, "Product Viewed")
    Identity.objects.create(kind="anonymous", value="a1", customer=loser)
    segment = SegmentFactory()
    for customer in (winner, loser):
        SegmentMember.objects.create(segment=segment, customer=customer, entered_at=NOW)
    merge(winner, loser)
    for model in (CustomerTag, Order, Event, Identity, SegmentMember, Traits):
        assert set(model.objects.values_list("customer_id", flat=True)) == {winner.pk}, model
    assert CustomerTag.objects.count() == 2
    assert (Order.objects.count(), Event.objects.count(), SegmentMember.objects.count()) == (2, 2, 1)
    assert Traits.objects.get().orders_count == 2
    assert set(SegmentDirty.objects.values_list("customer_id", flat=True)) == {winner.pk}
    entry = Entry.objects.get(action="customer.merged")
    assert (entry.object_id, entry.details["merged"]) == (str(winner.pk), loser.pk)


def test_every_table_that_points_at_people_is_carried_over():
    """New tables are found by themselves; this pins that none was forgotten by the way they are found."""
    pointing = {pointer.table for pointer in identities._tables()}
    assert {"customers_event", "customers_order", "customers_consent", "campaigns_message"} <= pointing
    assert pointing <= set(tenant_tables())
    assert "customers_traits" not in pointing


def test_merge_fills_in_what_the_winner_lacks():
    company = CompanyFactory()
    winner = CustomerFactory(external_id="w", name="Zoe Smith", first_name="Zoe", email="", email_key="", country="GB",
                             attributes={"tier": 1}, created_at=NOW)  # fmt: skip
    loser = CustomerFactory(external_id="l", name="Other", last_name="Other", email="z@example.com", country="SA",
                            city="Riyadh", attributes={"tier": 2, "size": 7}, company=company,
                            created_at=NOW - timedelta(days=9))  # fmt: skip
    merged = merge(winner, loser)
    assert (merged.external_id, merged.name, merged.first_name, merged.last_name) == ("w", "Zoe Smith", "Zoe", "")
    assert (merged.email, merged.email_key, merged.country, merged.city) == (
        "z@example.com",
        "z@example.com",
        "GB",
        "Riyadh",
    )
    assert (merged.attributes, merged.company, merged.created_at) == (
        {"tier": 1, "size": 7}, company, NOW - timedelta(days=9),
    )  # fmt: skip
    assert "z@example.com" in merged.search


@pytest.mark.parametrize(("winners", "losers", "granted"), [(0, 1, False), (1, 0, True)])
def test_newer_consent_holds(winners, losers, granted):
    winner, loser = CustomerFactory(), CustomerFactory()
    for customer, days, yes in ((winner, winners, True), (loser, losers, False)):
        Consent.objects.create(customer=customer, channel="email", granted=yes, at=NOW + timedelta(days=days))
    merge(winner, loser)
    assert list(Consent.objects.values_list("customer_id", "granted")) == [(winner.pk, granted)]


def test_merge_with_somebody_who_is_gone():
    winner = CustomerFactory()
    with pytest.raises(identities.Contested):
        identities.merge(winner_id=winner.pk, loser_id=winner.pk + 1, by=SYSTEM, now=NOW)
