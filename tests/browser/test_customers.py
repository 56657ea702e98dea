"""Pages of customers as people use them: search as you type, filters, timeline, consent, on a phone, in Arabic."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from customers.domain import attributes, consents, customers, events, orders, topics
from customers.models import Customer
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.browser.conftest import LAPTOP, PHONE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOOKS = [("en", "light", LAPTOP), ("ar", "dark", PHONE)]
LIST = "/app/shop/customers/"


@pytest.fixture
def people(shop) -> dict[str, Customer]:
    """Three people, one of them with a life."""
    with tenancy.scope(shop):
        attributes.define(key="size", label="Size", kind="choice", choices=["S", "L"], by=SYSTEM)
        topics.create(name="Offers", by=SYSTEM)
        said = [
            {"name": "أحمد إبراهيم", "email": "ahmad@example.com", "phone": "+966501234567",
             "company": "نخلة",
             "country": "SA", "city": "الرياض", "language": "ar", "tags": ["vip", "صحافة"],
             "attributes": {"size": "L"}},
            {"name": "Zoë Müller", "email": "zoe@example.com", "country": "DE"},
            {"name": "Jane Smith", "external_id": "C-7"},
        ]  # fmt: skip
        found = {row["name"]: customers.create(values=row, by=SYSTEM, now=NOW) for row in said}
        ahmad = found["أحمد إبراهيم"]
        line = orders.NewLine(quantity=Decimal(2), unit_price=Decimal("45.50"), title="Dates, 1 kg")
        bought = orders.NewOrder(order_id="A-1001", customer_id=ahmad.pk, placed_at=NOW, lines=(line,), channel="web")
        back = orders.NewOrder(order_id="R-1002", customer_id=ahmad.pk, placed_at=NOW, revenue=Decimal(-10))
        orders.record([bought, back], source="test", now=NOW)
        consents.withdraw(customer=ahmad, channel="email", topic="offers", source="page", by=SYSTEM, now=NOW)
        events.record(
            [events.Happening(ahmad.pk, "Page Viewed", NOW - timedelta(hours=n), {"path": f"/p/{n}"}, "web", "api")
             for n in range(35)]
        )  # fmt: skip
        return found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}-{look[2]['width']}")
def test_pages_of_people_in_every_look(browse, owner_of_shop, people, screenshot, axe, look):
    language, theme, viewport = look
    page = browse(owner_of_shop, language=language, theme=theme, viewport=viewport)
    number = people["أحمد إبراهيم"].pk
    for name, address in {
        "list": "", "person": f"{number}/", "edit": f"{number}/edit/", "orders": f"{number}/orders/",
        "consents": f"{number}/consents/", "erase": f"{number}/erase/", "companies": "companies/",
        "attributes": "attributes/", "topics": "topics/", "tags": "tags/", "suppressions": "suppressions/",
    }.items():  # fmt: skip
        if language == "ar" and name not in ("list", "person", "consents"):
            continue  # the other pages are made of the same parts
        page.goto(f"{LIST}{address}")
        page.wait_for_load_state("networkidle")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        screenshot(page, f"customers-{name}-{language}-{viewport['width']}")


def test_searching_while_typing_and_taking_a_filter_away(browse, owner_of_shop, people):
    page = browse(owner_of_shop)
    page.goto(LIST)
    page.get_by_role("searchbox").first.press_sequentially("احمد ابر")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    expect(page.locator("#found")).to_contain_text("أحمد إبراهيم")
    assert "q=" in page.url
    page.get_by_role("searchbox").first.fill("")
    expect(page.locator("#found tbody tr")).to_have_count(3)
    page.get_by_text("Filters", exact=True).click()
    page.locator("#id_country").select_option("DE")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Remove this filter").click()
    expect(page.locator("#found tbody tr")).to_have_count(3)


def test_finder_leads_to_a_person(browse, owner_of_shop, people):
    page = browse(owner_of_shop)
    page.goto("/app/shop/")
    page.keyboard.press("/")
    page.locator("#finder-words").press_sequentially("zoe mul")
    page.locator("#finder-people .finder-item").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zoë Müller")


def test_tagging_those_ticked(browse, owner_of_shop, people):
    page = browse(owner_of_shop)
    page.goto(LIST)
    page.get_by_role("checkbox", name="Select Jane Smith").check()
    page.get_by_role("textbox", name="Tag").fill("Press")
    page.get_by_role("button", name="Add tag").click()
    expect(page.locator("#toasts")).to_contain_text("1 person was tagged.")


def test_timeline_narrows_and_goes_on(browse, owner_of_shop, people):
    page = browse(owner_of_shop)
    page.goto(f"{LIST}{people['أحمد إبراهيم'].pk}/")
    expect(page.locator("#panel-orders")).to_contain_text("A-1001")
    page.locator("#timeline").get_by_role("link", name="Website and app").click()
    expect(page.locator("#timeline .chip.is-on")).to_have_text("Website and app")
    expect(page.locator("#timeline .line-item")).to_have_count(30)
    page.locator("#timeline").get_by_role("link", name="Show more").click()
    expect(page.locator("#timeline .line-item")).to_have_count(35)


def test_erasing_waits_for_the_name(browse, owner_of_shop, people, shop):
    page = browse(owner_of_shop)
    page.goto(f"{LIST}{people['Jane Smith'].pk}/erase/")
    page.get_by_role("button", name="Erase for good").click()
    assert page.url.endswith("/erase/")
    page.get_by_role("textbox", name="Type Jane Smith to confirm").fill("Jane Smith")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.locator("#toasts")).to_contain_text("Erased.")
    with tenancy.scope(shop):
        assert Customer.objects.filter(name="Jane Smith").count() == 0
