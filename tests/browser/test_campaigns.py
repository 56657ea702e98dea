"""The template studio, a campaign on its way, its report: both languages, both themes, desktop and phone."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.domain import campaigns, starters
from campaigns.models import Brand, Campaign, Hit, Link
from customers.models import SegmentMember
from cxm.audit.actors import SYSTEM
from tests.browser.conftest import PHONE
from tests.campaigns.factories import MessageFactory, SenderFactory, UnitFactory
from tests.factories import CustomerFactory, SegmentFactory

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
LOOKS = [("en", "light", None), ("ar", "dark", PHONE)]


@pytest.fixture
def stock(shop, within):
    """Brand, templates, a segment, a campaign that runs."""
    with within(shop):
        Brand.objects.create(name="Dune", name_ar="كثيب", color="#0b7a75", website="https://dune.example",
                             address="12 Sand Road, Leeds", address_ar="طريق الرمال ١٢، ليدز")  # fmt: skip
        SenderFactory(name="Dune", email="hello@dune.example", is_default=True)
        template = starters.start(kind="welcome", by=SYSTEM, language="en")
        segment = SegmentFactory(name="عملاء الرياض", member_count=6)
        people = [CustomerFactory(name=name, first_name=name.split()[0], language=language) for name, language in
                  [("Layla Haddad", "en"), ("سارة العتيبي", "ar"), ("Omar Said", "en"), ("نورة القحطاني", "ar"),
                   ("Zoe Clark", "en"), ("خالد المطيري", "ar")]]  # fmt: skip
        SegmentMember.objects.bulk_create(SegmentMember(segment=segment, customer=p, entered_at=AT) for p in people)
        draft = campaigns.create(name="Spring welcome", by=SYSTEM, template=template, segment=segment)
        unit = UnitFactory(template=template)
        running = campaigns.create(name="عرض الربيع", by=SYSTEM, template=template, segment=segment)
        for number, person in enumerate(people):
            at = AT + timedelta(hours=number)
            state = {4: "queued", 5: "skipped"}.get(number, "accepted")
            seen = {"opened_at": at, "clicked_at": at if number == 0 else None} if number < 3 else {}
            message = MessageFactory(unit=unit, customer=person, state=state, language="en",
                                     sent_at=AT if state == "accepted" else None,
                                     reason="unsubscribed" if state == "skipped" else "", **seen)  # fmt: skip
            if number == 0:
                Link.objects.create(unit=unit, language="en", index=0, url="https://dune.example/spring?a=1")
                Hit.objects.create(message=message, kind="click", link_index=0, at=at, method="GET")
        Campaign.objects.filter(pk=running.pk).update(
            unit=unit, audience=6, state="running", launched_at=AT, audience_ready_at=AT
        )
    return {"template": template.pk, "draft": draft.pk, "running": running.pk}


@pytest.mark.parametrize(("language", "theme", "viewport"), LOOKS)
def test_studio_and_report_look_right(browse, owner_of_shop, stock, screenshot, axe, language, theme, viewport):
    size = {"viewport": viewport} if viewport else {}
    page = browse(owner_of_shop, language=language, theme=theme, **size)
    name = f"{language}-{theme}-{'phone' if viewport else 'desktop'}"
    for what, address in (
        ("studio", f"templates/{stock['template']}/?language={language}"),
        ("starters", "templates/new/"),
        ("launch", f"{stock['draft']}/"),
        ("report", f"{stock['running']}/"),
        ("who", f"{stock['running']}/people/"),
        ("campaigns", ""),
        ("new", "new/"),
    ):
        page.goto(f"/app/shop/campaigns/{address}")
        if what in {"studio", "launch"}:
            frame = page.frame_locator("iframe.frame")
            frame.get_by_text("كثيب" if language == "ar" and what == "studio" else "Dune").first.wait_for()
        if what != "report":  # which never rests while the campaign runs
            page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), what
        axe(page, without=("iframe",))
        screenshot(page, f"campaigns-{what}-{name}")


def test_what_is_typed_shows_and_a_mistake_is_marked(browse, owner_of_shop, stock, shop):
    page = browse(owner_of_shop)
    page.goto(f"/app/shop/campaigns/templates/{stock['template']}/?language=en")
    page.frame_locator("iframe.frame").get_by_text("Take a look around").wait_for()
    page.get_by_label("Subject").fill("Hello {{ customer.first_name }}!")
    page.locator(".look-subject", has_text="Hello Sara!").wait_for()
    page.get_by_label("Preview as", exact=True).select_option(label="Layla Haddad (en)")
    page.locator(".look-subject", has_text="Hello Layla!").wait_for()
    page.get_by_label("Message", exact=True).fill("<p>one</p>\n<p>{{ customer.name </p>")
    page.locator("[data-refused]").wait_for()
    assert page.locator(".source-lines .is-wrong").text_content() == "2"
    page.get_by_label("Message", exact=True).fill("<p>Dear </p>")
    page.get_by_label("Message", exact=True).evaluate("box => box.setSelectionRange(8, 8)")
    page.get_by_label("Insert a field").select_option("customer.name")
    page.frame_locator("iframe.frame").get_by_text("Dear Layla Haddad").wait_for()
    page.get_by_role("button", name="Plain text").click()
    page.locator(".look-text", has_text="Dear Layla Haddad").wait_for()
    page.get_by_role("button", name="Save").click()
    page.locator(".notice-words", has_text="Saved.").wait_for()
    assert page.get_by_text("typed and did not save").count() == 0  # also when the last letters arrive late
    page.wait_for_load_state("networkidle")


def test_drafted_reviewed_and_launched_by_hand(browse, owner_of_shop, stock, shop, within):
    page = browse(owner_of_shop)
    page.goto("/app/shop/campaigns/new/")
    page.get_by_label("Name").fill("June")
    page.get_by_label("Segment").select_option(index=1)
    page.get_by_text("of 6 people in the segment would get it now.").wait_for()
    page.get_by_label("Template").select_option(index=1)
    _click_twice(page, page.get_by_role("button", name="Save and review"))
    page.get_by_role("button", name="Send …").click()
    _click_twice(page, page.get_by_role("button", name="Send to 6 people"))
    page.get_by_text("It is on its way.").wait_for()
    with within(shop):
        made = Campaign.objects.get(name="June")
        assert made.state == "running"
        Campaign.objects.filter(pk=made.pk).update(state="done", audience=6, audience_ready_at=AT)
    page.get_by_text("It was sent to 0 of 6 people.").wait_for()  # the page moved by itself
    page.wait_for_load_state("networkidle")


def _click_twice(page, button):
    """Click twice as a hand does: the second click comes while the first is on its way."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for _time in range(2):
        page.mouse.click(*place)
