"""A marketer builds a segment, sees how many it holds for, and asks why somebody is in."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.domain import memberships
from customers.models import Segment
from tests.browser.test_shell import LOOKS, fits, look_name
from tests.factories import CustomerFactory, SegmentFactory

ROOT = "/app/shop/customers/segments/"


@pytest.fixture
def people(shop, within):
    with within(shop):
        for name, country in (("Zoe Example", "SA"), ("سارة منصور", "SA"), ("Otto Weber", "DE")):
            CustomerFactory(name=name, country=country)


def test_a_segment_is_built_with_a_live_count_and_explained(browse, shop, owner_of_shop, within, people, screenshot):
    page = browse(owner_of_shop)
    page.goto(ROOT)
    page.get_by_role("link", name="New segment").click()
    count = page.locator(".preview-count")
    expect(count).to_have_text("–")
    empty = "This is empty. To ask who has nothing here, compare by “is known” (exists)."
    expect(page.locator("#error-n-0")).to_have_text(empty)
    page.get_by_label("Value").fill("Saudi Arabia")
    expect(count).to_have_text("2")
    expect(page.locator("#preview")).to_contain_text("سارة منصور")
    page.locator("#add-n summary").click()
    page.get_by_role("button", name="Something they did").click()
    page.get_by_label("Name of the event").fill("Email Opened")
    expect(count).to_have_text("0")
    page.get_by_label("Not").nth(1).check()
    expect(count).to_have_text("2")
    expect(page.locator("#rule-json")).to_have_value(
        '{\n  "all": [\n    {\n      "attribute": "country",\n      "is": "SA"\n    },\n    {\n      "not": {\n'
        '        "event": "Email Opened",\n        "within": "P30D"\n      }\n    }\n  ]\n}'
    )
    screenshot(page, "segment-builder")
    page.get_by_label("Name", exact=True).fill("Saudi, no opens")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(f"**{ROOT}*/")
    with within(shop):
        segment = Segment.objects.get()
        memberships.refresh_now(segment=segment, tenant=shop, now=timezone.now())
    page.goto(f"{ROOT}{segment.pk}/")
    page.get_by_label("Name, address or number of a person").fill("otto")
    page.get_by_role("button", name="Otto Weber").click()
    expect(page.locator("#explain")).to_contain_text("The rule does not hold")
    screenshot(page, "segment-detail")


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_builder_list_and_segment_in_every_look(browse, shop, owner_of_shop, within, people, screenshot, axe, look):
    rule = {
        "all": [
            {"order": {"count": {"gte": 2}, "within": "P90D"}},
            {"any": [{"tag": "press"}, {"not": {"attribute": "birthday", "anniversary": "month"}}]},
            {"event": "Order Completed", "where": {"coupon": "SPRING"}, "after": "2026-01-01"},
            {"trait": "clv", "gte": 5, "lt": 9},
        ]
    }
    with within(shop):
        segment = SegmentFactory(name="زبائن مهمّون", rule={"any": [{"attribute": "country", "is": "SA"}, rule]})
        memberships.refresh_now(segment=segment, tenant=shop, now=timezone.now())
    page = browse(owner_of_shop, **look)
    for name, address in (("list", ""), ("detail", f"{segment.pk}/"), ("edit", f"{segment.pk}/edit/")):
        page.goto(f"{ROOT}{address}")
        if name == "edit":
            page.wait_for_selector(".preview-count")
        assert fits(page), name
        axe(page)
        screenshot(page, f"segments-{name}-{look_name(look)}")


def test_the_builder_works_by_keyboard(browse, owner_of_shop, people):
    page = browse(owner_of_shop)
    page.goto(f"{ROOT}new/")
    page.get_by_label("Value").focus()
    page.keyboard.type("DE")
    expect(page.locator(".preview-count")).to_have_text("1")
    page.locator("#add-n summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#f-n-1-field")).to_be_visible()
    expect(page.get_by_label("Value").first).to_have_value("DE")
