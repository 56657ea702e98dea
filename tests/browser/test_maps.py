"""The builder of maps in a browser: typed, moved by keyboard, undone, looked at in both directions and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.domain import events
from customers.domain.events import Happening
from cxm.audit.actors import SYSTEM
from journeys.domain import channels, map_links, map_starters, map_versions, maps
from tests.browser.conftest import PHONE
from tests.factories import CustomerFactory
from tests.journeys.map_factories import PersonaFactory


@pytest.fixture
def live_map(shop, within):
    """A map in each language with a month of life on it."""
    made = {}
    with within(shop):
        for language, persona in (("en", "Sara, the gift giver"), ("ar", "سارة التي تهدي")):
            made[language] = maps.create(
                name=map_starters.name_of(map_starters.SHOP, language), persona=PersonaFactory(name=persona),
                content=map_starters.content("shop", language), by=SYSTEM, today=timezone.now().date(),
            )  # fmt: skip
        channels.begin(by=SYSTEM, now=timezone.now())
        _live()
        version = {"by": SYSTEM, "now": timezone.now(), "today": timezone.now().date()}
        map_versions.publish(journey_map=made["en"], **version)
        made["link"] = map_links.token(
            map_links.create(journey_map=maps.get(made["en"].pk), by=SYSTEM, now=timezone.now(), with_figures=True)
        )
    return made


def _live() -> None:
    way = ("Page Viewed", "Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Email Opened")
    told = []
    for number, person in enumerate(CustomerFactory.create_batch(40)):
        at = timezone.now() - timedelta(days=20 - number % 15)
        for step, name in enumerate(way[: 6 - number % 6]):
            told.append(Happening(person.pk, name, at + timedelta(hours=7 * step), {}, "web"))
        if number % 3 == 0:
            said = {"kind": "csat", "score": 1 + number % 4, "slug": "after"}
            told.append(Happening(person.pk, "Survey Answered", at + timedelta(hours=50), said, "email"))
        if number % 7 == 0:
            told.append(Happening(person.pk, "Case Opened", at + timedelta(hours=51), {}, "phone"))
    events.record(told)


def test_a_map_is_drawn_by_keyboard_and_pointer(browse, owner_of_shop, live_map, axe, screenshot):
    page = browse(owner_of_shop)
    page.goto(f"/app/shop/journeys/maps/{live_map['en'].pk}/")
    page.locator(".figure-number").first.wait_for()
    screenshot(page, "maps-builder-en")
    first = page.locator(".point-name").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".point-name").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Looks at products")
    name.fill("Compares products")
    expect(page.locator(".point-name").nth(1)).to_have_text("Compares products")
    expect(name).to_be_focused()
    page.locator("label[title='Upset']").click()
    expect(page.locator(".saved")).to_contain_text("Saved")
    page.get_by_role("button", name="Move later").click()
    expect(page.locator(".point-name").nth(2)).to_have_text("Compares products")
    axe(page)
    screenshot(page, "maps-builder-chosen-en")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Control+z")
    expect(page.locator(".point-name").nth(1)).to_have_text("Compares products")
    page.get_by_role("textbox", name="Your comment").fill("Seen in the shop, too")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-words")).to_have_text("Seen in the shop, too")


def test_maps_look_right_in_both_directions_and_on_a_phone(browse, owner_of_shop, live_map, axe, screenshot):
    arabic = browse(owner_of_shop, language="ar", theme="dark")
    arabic.goto(f"/app/shop/journeys/maps/{live_map['ar'].pk}/")
    arabic.locator(".figure-number").first.wait_for()
    boxes = [arabic.locator(".point-name").nth(at).bounding_box()["x"] for at in (0, 1)]
    assert boxes[0] > boxes[1]
    points = [float(found.get_attribute("cx")) for found in arabic.locator(".curve-point").all()]
    assert points == sorted(points, reverse=True)
    axe(arabic)
    screenshot(arabic, "maps-builder-ar-dark")
    phone = browse(owner_of_shop, language="ar", viewport=PHONE)
    phone.goto(f"/app/shop/journeys/maps/{live_map['ar'].pk}/")
    phone.locator(".figure-number").first.wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    screenshot(phone, "maps-builder-ar-phone")
    public = browse(language="en", viewport=PHONE)
    public.goto(f"/j/{live_map['link']}")
    axe(public)
    screenshot(public, "maps-public-phone")
