"""One person's page and its parts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from customers.domain import attributes, consents, customers, events, orders, timeline, topics
from customers.models import Consent, Customer, Event, Suppression
from cxm import tenancy
from cxm.accounts.models import Role
from cxm.audit.actors import SYSTEM
from tests.conftest import make_user

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIST = "/app/shop/customers/"


@pytest.fixture
def ada(tenant) -> Customer:
    with tenancy.scope(tenant):
        attributes.define(key="points", label="Points", kind="number", by=SYSTEM)
        made = customers.create(
            values={"external_id": "1", "name": "Ada King", "email": "ada@example.com", "phone": "020 7946 0958",
                    "country": "GB", "language": "ar", "company": "Acme", "tags": ["vip"],
                    "attributes": {"points": 1200}},
            by=SYSTEM, now=NOW,
        )  # fmt: skip
        line = orders.NewLine(quantity=Decimal(2), unit_price=Decimal("4.5"), sku="s1", title="Teapot")
        bought = orders.NewOrder(order_id="A-1", customer_id=made.pk, placed_at=NOW, lines=(line,))
        back = orders.NewOrder(order_id="C-1", customer_id=made.pk, placed_at=NOW, revenue=Decimal(-3))
        orders.record([bought, back], source="test", now=NOW)
        return made


def test_the_whole_person(page, ada):
    text = page.get(f"{LIST}{ada.pk}/").text
    for words in ("Ada King", "ada@example.com", "+44 20 7946 0958", "United Kingdom", "Arabic", "Acme", "vip", "1,200",
                  "Placed order A-1 for £9.00", "£6.00", "1 return", f"{LIST}{ada.pk}/panels/orders/"):  # fmt: skip
        assert words in text, words


def test_a_day_among_ones_own_fields_is_written_as_days_are(page, tenant, ada):
    with tenancy.scope(tenant):
        attributes.define(key="joined", label="Joined", kind="date", by=SYSTEM)
        customers.change(customer=ada, values={"attributes": {"joined": "2024-02-29"}}, by=SYSTEM, now=NOW)
    assert "29 Feb 2024" in page.get(f"{LIST}{ada.pk}/").text


def test_the_page_costs_the_same_whatever_happened(page, tenant, ada, django_assert_num_queries):
    page.get(f"{LIST}{ada.pk}/")
    for _size in range(2):
        with django_assert_num_queries(12):
            page.get(f"{LIST}{ada.pk}/")
        with tenancy.scope(tenant):
            events.record([events.Happening(ada.pk, "Page Viewed", NOW) for _n in range(3)])


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"total": 350.5, "currency": "SAR"}, "Placed order W-1 for SAR 350.50"),
        ({"revenue": "90", "total": 100, "currency": "GBP"}, "Placed order W-1 for £90.00"),
        ({"products": [{"price": 3, "quantity": 1}]}, "Placed order W-1"),
    ],
)
def test_an_order_of_a_shop_is_told_with_the_amount_the_shop_told(tenant, ada, told, sentence):
    with tenancy.scope(tenant):
        events.record([events.Happening(ada.pk, "Order Completed", NOW, {"order_id": "W-1"} | told)])
        event = Event.objects.get(properties__order_id="W-1")
        assert timeline.sentence(event).replace("\xa0", " ") == sentence


def test_timeline_by_kind_and_page(page, tenant, ada):
    with tenancy.scope(tenant):
        events.record(
            [events.Happening(ada.pk, "Page Viewed", NOW - timedelta(hours=n), {"path": f"/p{n}"}) for n in range(40)]
        )
    first = page.get(f"{LIST}{ada.pk}/timeline/", {"kind": "web"}).text
    assert first.count('class="line-item"') == 30
    assert "Visited /p0" in first
    assert "Placed order" not in first
    cursor = first.split("cursor=")[1].split('"')[0]
    rest = page.get(f"{LIST}{ada.pk}/timeline/", {"kind": "web", "cursor": cursor}).text
    assert rest.count('class="line-item"') == 10
    assert page.get(f"{LIST}{ada.pk}/timeline/", {"cursor": "nonsense"}).status_code == 400


def test_orders_with_lines_and_returns(page, ada):
    text = page.get(f"{LIST}{ada.pk}/orders/").text
    assert all(words in text for words in ("A-1", "C-1", "Return", "Teapot", "£9.00", "-£3.00"))
    panel = page.get(f"{LIST}{ada.pk}/panels/orders/").text
    assert "<html" not in panel
    assert "A-1" in panel


def test_edit_keeps_what_was_not_touched(page, tenant, ada):
    with tenancy.scope(tenant):
        Customer.objects.filter(pk=ada.pk).update(first_name="A.", last_name="K.")
    form = page.get(f"{LIST}{ada.pk}/edit/").context["form"]
    page.post(f"{LIST}{ada.pk}/edit/", {**{f.html_name: f.value() or "" for f in form}, "city": "London"})
    with tenancy.scope(tenant):
        found = customers.get(ada.pk)
        assert (found.city, found.email, found.attributes, found.first_name) == (
            "London", "ada@example.com", {"points": 1200}, "A.",
        )  # fmt: skip
        assert found.tag_links.count() == 1


def test_edit_leaves_what_a_colleague_wrote_meanwhile(page, tenant, ada):
    form = page.get(f"{LIST}{ada.pk}/edit/").context["form"]
    with tenancy.scope(tenant):
        theirs = {"phone": "+442079460001", "tags": ["vip", "press"], "attributes": {"points": 7}}
        customers.change(customer=ada, values=theirs, by=SYSTEM, now=NOW)
    mine = {**{f.html_name: f.value() or "" for f in form}, "shown": form.shown(), "city": "London", "email": ""}
    assert page.post(f"{LIST}{ada.pk}/edit/", mine).status_code == 302
    with tenancy.scope(tenant):
        found = customers.get(ada.pk)
        assert (found.city, found.email, found.phone, found.attributes) == (
            "London", "", "+442079460001", {"points": 7},
        )  # fmt: skip
        assert found.tag_links.count() == 2


def test_recording_a_no_with_its_evidence(page, tenant, ada):
    with tenancy.scope(tenant):
        topics.create(name="Offers", by=SYSTEM)
    said = {"channel": "email", "topic": "offers", "granted": "no", "words": "Told me on the phone"}
    assert page.post(f"{LIST}{ada.pk}/consents/", said).status_code == 302
    with tenancy.scope(tenant):
        assert Consent.objects.values_list("channel", "topic", "granted").get() == ("email", "offers", False)
        entry = consents.history(ada).get()
        assert (entry.actor_label, entry.evidence) == ("owner@shop.test", {"words": "Told me on the phone"})
    told = page.get(f"{LIST}{ada.pk}/consents/").context["entries"]
    assert [(one["topic"], one["source"], one["evidence"]) for one in told] == [
        ("Offers", "On a page", [("What they said", "Told me on the phone")])
    ]
    assert "Said no to Email Offers" in page.get(f"{LIST}{ada.pk}/").text
    assert page.post(f"{LIST}{ada.pk}/consents/", {**said, "words": ""}).status_code == 422


def test_a_yes_to_a_topic_says_when_the_no_to_the_channel_still_holds(page, tenant, ada):
    with tenancy.scope(tenant):
        topics.create(name="Offers", by=SYSTEM)
        consents.withdraw(customer=ada, channel="email", source="api", by=SYSTEM, now=NOW)
    said = {"channel": "email", "topic": "offers", "granted": "yes", "words": "Asked in the shop"}
    warning = "the no to the whole channel still holds"
    assert warning in page.post(f"{LIST}{ada.pk}/consents/", said, follow=True).text
    assert warning not in page.post(f"{LIST}{ada.pk}/consents/", {**said, "topic": ""}, follow=True).text


def test_analysts_record_no_consent(client, tenant, ada):
    client.force_login(make_user(tenant, Role.ANALYST))
    said = {"channel": "email", "granted": "no", "words": "x"}
    assert client.post(f"{LIST}{ada.pk}/consents/", said).status_code == 403
    assert client.get(f"{LIST}{ada.pk}/consents/").status_code == 200


def test_erasing_wants_the_name(page, tenant, ada):
    wrong = page.post(f"{LIST}{ada.pk}/erase/", {"typed": "Ada"})
    assert wrong.status_code == 422
    with tenancy.scope(tenant):
        Customer.objects.filter(pk=ada.pk).update(name="Ada  King")  # as files have it; the page shows one space
    right = page.post(f"{LIST}{ada.pk}/erase/", {"typed": "Ada King"})
    assert right.headers["Location"] == LIST
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 0
        assert set(Suppression.objects.values_list("reason", flat=True)) == {"erased"}


def test_marketers_erase_nobody(client, tenant, ada):
    client.force_login(make_user(tenant, Role.MARKETER))
    assert client.post(f"{LIST}{ada.pk}/erase/", {"typed": "Ada King"}).status_code == 403


@pytest.mark.parametrize("address", ["", "edit/", "erase/", "orders/", "consents/"])
def test_pages_speak_arabic(page, ada, address):
    page.cookies["cxm_language"] = "ar"
    answer = page.get(f"{LIST}{ada.pk}/{address}")
    assert answer.status_code == 200
    assert 'dir="rtl"' in answer.text
