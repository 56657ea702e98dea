"""A marketer draws an automation from a recipe, tries it out, publishes it, and sees who stands where."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import SegmentMember
from journeys.models import Automation
from tests.browser.test_shell import LOOKS, fits, look_name
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory, SegmentFactory
from tests.journeys.factories import automation, come, run, tag, wait

ROOT = "/app/shop/journeys/automations/"


@pytest.fixture
def segment(shop, within):
    with within(shop):
        SenderFactory(is_default=True)
        VersionFactory(template__name="Greetings", template__kind="welcome")
        found = SegmentFactory(name="Newcomers", member_count=2)
        for name, country in (("Zoe Example", "DE"), ("سارة منصور", "SA")):
            customer = CustomerFactory(name=name, country=country)
            SegmentMember.objects.create(segment=found, customer=customer, entered_at=timezone.now())
        return found


def test_an_automation_is_drawn_tried_out_and_published(browse, shop, owner_of_shop, within, segment, screenshot):
    page = browse(owner_of_shop)
    page.goto(f"{ROOT}new/")
    page.get_by_label("Name").fill("Say hello")
    page.get_by_role("button", name="Draw it").click()
    expect(page.locator(".canvas-bar")).to_contain_text("1 thing is missing")
    page.locator(".add-step summary").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send an email").click()
    expect(page.locator("#node-s1")).to_contain_text("Choose what to send.")
    page.get_by_label("Template").select_option(label="Greetings")
    expect(page.locator("#node-s1")).to_contain_text("Send “Greetings”")
    expect(page.locator(".canvas-bar")).to_contain_text("Everything is there")
    page.locator(".add-step summary").last.click()
    page.locator(".add-step[open]").get_by_role("button", name="Wait", exact=True).click()
    page.get_by_label("For how long").fill("3")
    page.get_by_label("Unit").select_option("hours")
    expect(page.locator("#node-s2")).to_contain_text("Wait 3 hours")
    page.locator(".add-step summary").last.click()
    page.locator(".add-step[open]").get_by_role("button", name="Tag", exact=True).click()
    page.locator("#setting-action").select_option("add")
    expect(page.locator("#node-s3")).to_contain_text("Tag with “…”")
    page.locator("#setting-tag").fill("vip")
    page.keyboard.press("Tab")  # to the button that moves the step: what was typed is kept, and nothing moves
    expect(page.locator("#node-s3")).to_contain_text("Tag with “vip”")
    expect(page.locator(".node").last).to_have_id("node-s3")
    screenshot(page, "automation-builder")
    page.get_by_role("link", name="Try it out").click()
    page.get_by_label("Segment").select_option(str(segment.pk))
    page.get_by_role("button", name="Try it out").click()
    expect(page.locator(".answer")).to_contain_text("2 people would have come in")
    expect(page.get_by_role("table")).to_contain_text("سارة منصور")
    screenshot(page, "automation-simulation")
    with within(shop):
        number = Automation.objects.get().pk
    page.goto(f"{ROOT}{number}/publish/")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"**{ROOT}{number}/")
    expect(page.locator(".page-title")).to_contain_text("Live")


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_pages_of_automations_in_every_look(browse, shop, owner_of_shop, within, segment, screenshot, axe, look):
    with within(shop):
        rule = {"all": [{"attribute": "country", "is": "SA"}, {"order": True, "count": {"gte": 2}}]}
        steps = [
            {"kind": "send", "settings": {"template": VersionFactory(template__name="أهلًا بك").template.pk}},
            wait("P2D"),
            {"kind": "branch", "paths": [
                {"key": "a", "name": "زبائن السعودية", "settings": {"rule": rule}, "steps": [tag("vip"), wait("P1D")]},
                {"key": "b", "settings": {"rule": {"attribute": "country", "is": "DE"}}, "steps": []},
                {"key": "else", "steps": [{"kind": "todo", "settings": {"title": "اتصل بها", "days": 2}}]}]},
            {"kind": "goal", "settings": {"name": "First order"}},
        ]  # fmt: skip
        made = automation(shop, steps, goal={"event": "Order Completed"}, now=timezone.now())
        come(made, *(member.customer for member in SegmentMember.objects.all()), now=timezone.now())
    run(shop, timezone.now())
    with within(shop):
        passage = made.enrolments.first().pk
    page = browse(owner_of_shop, **look)
    places = {
        "list": ROOT, "new": f"{ROOT}new/", "detail": f"{ROOT}{made.pk}/", "build": f"{ROOT}{made.pk}/build/?node=s3",
        "publish": f"{ROOT}{made.pk}/publish/", "people": f"{ROOT}{made.pk}/people/",
        "simulate": f"{ROOT}{made.pk}/simulate/?segment={segment.pk}",
        "passage": f"/app/shop/journeys/passages/{passage}/",
        "rule": f"{ROOT}{made.pk}/steps/s3/a/",
    }  # fmt: skip
    for name, address in places.items():
        page.goto(address)
        assert fits(page), name
        axe(page)
        screenshot(page, f"automations-{name}-{look_name(look)}")
