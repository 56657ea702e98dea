"""Making, changing, finding and erasing people."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from customers.domain import attributes, customers, erasure, orders, suppressions, tags
from customers.models import ConsentEntry, Customer, CustomerTag, Event, Order, SegmentDirty, Suppression
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from cxm.lib.errors import NotFound
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _create(**values) -> Customer:
    return customers.create(values=values, by=SYSTEM, now=NOW, source="test")


def _fields(**values) -> dict[str, str]:
    with pytest.raises(customers.InvalidCustomer) as refused:
        _create(**values)
    return refused.value.fields


def test_create_keeps_what_was_said_and_computes_the_keys(scoped):
    made = _create(
        external_id="C-1", name=" Jane  O’Neill ", email="Jane@BÜCHER.example", phone="020 7946 0958", country="gb",
        language="en_GB", timezone="Europe/London", birthday="1990-02-03", company="Acme", city="London",
    )  # fmt: skip
    found = customers.get(made.pk)
    assert (found.first_name, found.last_name) == ("Jane", "O’Neill")
    assert (found.email, found.email_key) == ("Jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example")
    assert (found.phone, found.country, found.language) == ("+442079460958", "GB", "en-GB")
    assert (found.birthday, found.company.name) == (date(1990, 2, 3), "Acme")
    assert found.name_key == "jane o'neill"
    assert found.search == "jane o'neill jane@xn--bcher-kva.example +442079460958 c-1 acme"
    assert (found.created_at, found.updated_at, found.source) == (NOW, NOW, "test")
    assert list(SegmentDirty.objects.values_list("customer_id", flat=True)) == [made.pk]
    assert Entry.objects.values_list("action", "object_id").get() == ("customer.created", str(made.pk))


def test_create_reports_every_wrong_field_at_once(scoped):
    fields = _fields(name="x" * 201, email="no address", phone="12", country="XQ", language="klingon",
                     timezone="Mars/Base", birthday="3000-01-01", nickname="J")  # fmt: skip
    assert set(fields) == {"name", "email", "phone", "country", "language", "timezone", "birthday", "nickname"}
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "a@b..c",
        "@b.com",
        "a b@c.com",
        "a@-b.com",
        "ä@b.com",
        "a@b.com\r\nBcc: x@y.z",
        "a.@b.com",
        "a@[127.0.0.1]",
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(scoped, address):
    assert set(_fields(email=address)) == {"email"}


def test_nobody_is_made_of_nothing(scoped):
    with pytest.raises(customers.InvalidCustomer, match="at least"):
        _create(city="London")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"name": "Ada Lovelace King"}, ("Ada Lovelace King", "Ada", "Lovelace King")),
        ({"first_name": "Ada", "last_name": "King"}, ("Ada King", "Ada", "King")),
        ({"first_name": "Ada"}, ("Ada", "Ada", "")),
        ({"name": "Countess", "first_name": "Ada"}, ("Countess", "Ada", "")),
        ({"name": "عبد الله محمد"}, ("عبد الله محمد", "عبد الله", "محمد")),
    ],
)
def test_whole_name_and_parts_follow_from_each_other(scoped, said, expected):
    made = _create(**said)
    assert (made.name, made.first_name, made.last_name) == expected


def test_change_touches_only_what_is_named(scoped):
    made = _create(external_id="1", name="Ada King", email="ada@example.com", city="Paris")
    later = datetime(2026, 11, 23, tzinfo=UTC)
    changed = customers.change(customer=made, values={"last_name": "Byron", "city": None}, by=SYSTEM, now=later)
    assert (changed.name, changed.city, changed.email, changed.updated_at) == (
        "Ada Byron",
        "",
        "ada@example.com",
        later,
    )
    assert changed.search == "ada byron ada@example.com 1"
    entry = Entry.objects.get(action="customer.changed")
    assert entry.details == {"fields": ["city", "last_name", "name"]}


def test_change_to_the_same_changes_nothing(scoped):
    made = _create(name="Ada", email="ada@example.com")
    customers.change(customer=made, values={"name": "Ada"}, by=SYSTEM, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert customers.get(made.pk).updated_at == NOW
    assert not Entry.objects.filter(action="customer.changed").exists()


def test_external_id_is_unique_within_the_tenant(other_tenant, scoped):
    _create(external_id="1", name="Ada")
    with pytest.raises(customers.ExternalIdTaken):
        _create(external_id="1", name="Eve")
    second = _create(external_id="2", name="Eve")
    with pytest.raises(customers.ExternalIdTaken):
        customers.change(customer=second, values={"external_id": "1"}, by=SYSTEM, now=NOW)
    with tenancy.scope(other_tenant):
        assert _create(external_id="1", name="Theirs").external_id == "1"


def test_upsert_creates_then_changes(scoped):
    made, new = customers.upsert(external_id="7", values={"name": "Ada"}, by=SYSTEM, now=NOW)
    again, new_again = customers.upsert(external_id="7", values={"name": "Ada King"}, by=SYSTEM, now=NOW)
    assert (new, new_again, again.pk, again.name) == (True, False, made.pk, "Ada King")


def test_another_tenants_customer_is_not_found(other_tenant, scoped):
    with tenancy.scope(other_tenant):
        theirs = CustomerFactory()
    with pytest.raises(NotFound):
        customers.get(theirs.pk)


def test_attributes_are_typed_and_unknown_ones_refused(scoped):
    attributes.define(key="points", label="Points", kind="number", by=SYSTEM)
    attributes.define(key="member", label="Member", kind="boolean", by=SYSTEM)
    attributes.define(key="since", label="Since", kind="date", by=SYSTEM)
    attributes.define(key="size", label="Size", kind="choice", choices=["Small", "Large", "large"], by=SYSTEM)
    made = _create(name="Ada", attributes={"points": "12٫5", "member": "نعم", "since": "2020-01-02", "size": "large"})
    assert made.attributes == {"points": 12.5, "member": True, "since": "2020-01-02", "size": "large"}
    changed = customers.change(customer=made, values={"attributes": {"points": 7, "since": None}}, by=SYSTEM, now=NOW)
    assert changed.attributes == {"points": 7, "member": True, "size": "large"}
    assert set(_fields(name="A", attributes={"points": "many", "size": "XL", "hat": 1})) == {
        "attributes.points", "attributes.size", "attributes.hat",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "kind"), [("email", "text"), ("Ünï", "text"), ("9a", "text"), ("a", "blob")])
def test_attribute_definitions_are_checked(scoped, key, kind):
    with pytest.raises(attributes.AttributeRefused):
        attributes.define(key=key, label="X", kind=kind, by=SYSTEM)


def test_deleting_an_attribute_takes_its_values(scoped):
    found = attributes.define(key="points", label="Points", kind="number", by=SYSTEM)
    made = _create(name="Ada", attributes={"points": 1})
    attributes.delete(attribute=found, by=SYSTEM)
    assert customers.get(made.pk).attributes == {}


def test_tags_are_one_word_in_all_its_spellings(scoped):
    made = _create(name="Ada", tags=["VIP", "vip ", "Presse"])
    other = _create(name="Eve")
    assert tags.add(customer_ids=[made.pk, other.pk], names=["Vip"], by=SYSTEM) == 1
    assert {(tag.name, tag.people) for tag in tags.with_counts()} == {("VIP", 2), ("Presse", 1)}
    assert tags.remove(customer_ids=[made.pk, other.pk], names=["vip"], by=SYSTEM) == 2
    customers.change(customer=made, values={"tags": []}, by=SYSTEM, now=NOW)
    assert CustomerTag.objects.count() == 0


def test_tags_reach_no_other_tenants_people(other_tenant, scoped):
    with tenancy.scope(other_tenant):
        theirs = CustomerFactory()
    assert tags.add(customer_ids=[theirs.pk], names=["x"], by=SYSTEM) == 0


def test_erased_people_leave_counts_and_a_hash(scoped):
    made = _create(external_id="9", name="Ada King", email="Ada@Example.com", phone="+442079460958")
    bought = orders.NewOrder(order_id="o1", customer_id=made.pk, placed_at=NOW, revenue=Decimal(10))
    orders.record([bought], source="test", now=NOW)
    erasure.erase(customer=made, by=SYSTEM)
    assert [model.objects.count() for model in (Customer, Event, Order, ConsentEntry)] == [0, 0, 0, 0]
    assert suppressions.is_suppressed(channel="email", address="ADA@example.com")
    assert suppressions.erased(channel="email", address_keys=["ada@example.com", "b@example.com"]) == {
        "ada@example.com"
    }
    kept = " ".join(f"{row.address_key} {row.note}" for row in Suppression.objects.all())
    kept += " ".join(f"{entry.object_label} {entry.details}" for entry in Entry.objects.all())
    assert not any(word in kept.lower() for word in ("ada", "king", "9460958"))


def test_an_id_with_a_fraction_of_nothing_finds_the_person_files_made_of_it(scoped):
    ada, exact = CustomerFactory(external_id="17850"), CustomerFactory(external_id="5.0")
    changed, new = customers.upsert(external_id="17850.0", values={"city": "Hail"}, by=SYSTEM, now=NOW)

    assert (changed.pk, new, changed.external_id, changed.city) == (ada.pk, False, "17850", "Hail")
    assert customers.get_by_external_id("5.0") == exact
    assert [customers.find_by_external_id(written) for written in ("5", "017850.0", "17850.00", ".0")] == [None] * 4
