"""Cases as an agent meets them: by keyboard, in both languages, with words that survive a reload."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cxm.audit.actors import SYSTEM
from feedback.domain import answers, attachments, breaches, cases, desk
from feedback.domain.mail_files import Attachment
from feedback.models import Case, CaseMessage
from tests.browser.conftest import PHONE
from tests.factories import CustomerFactory

# A picture of one dot.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def case(shop, owner_of_shop, within):
    now = timezone.now()
    with within(shop):
        desk.begin(by=SYSTEM)
        answers.save(found=None, name="Hello", language="", body="Dear {{ customer.first_name }},\n", by=SYSTEM)
        sara = CustomerFactory(name="سارة حداد", first_name="سارة", email="sara@example.com", language="ar")
        tom = CustomerFactory(name="Tom Baker", email="tom@example.com")
        for at, (customer, subject, kind) in enumerate([
            (sara, "وصل المصباح مكسورًا", "complaint"), (tom, "Where is my order?", "question"),
            (tom, "Please change the address of my delivery", "request"),
        ]):  # fmt: skip
            opened = cases.open(
                type=desk.type_by(ref=kind), customer=customer, subject=subject, channel="email", by=SYSTEM,
                body="وجدت الزجاج محطمًا عند فتح الصندوق، وكان هدية!" if customer == sara else "I wait for a week.",
                now=now - timedelta(days=6 - 2 * at, hours=3), priority="high" if at == 0 else None,
            )  # fmt: skip
        breaches.sweep(now=now)
        first = Case.objects.get(number=1)
        attachments.keep(message=first.messages.get(), files=[
            Attachment("المصباح.png", "image/png", PNG),
            Attachment(f"{'long_name_' * 9}.pdf", "application/pdf", b"%PDF"),
        ])  # fmt: skip
        cases.note(case=first, body="Packing again.", by=owner_of_shop.actor, now=now - timedelta(days=5))
        assert opened.number == 3
    return first


def test_an_agent_answers_by_keyboard_and_loses_no_word(browse, owner_of_shop, shop, case, within, screenshot, axe):
    page = browse(owner_of_shop)
    page.goto("/app/shop/feedback/cases/")
    expect(page.locator("[data-row]")).to_have_count(3)
    axe(page)
    screenshot(page, "cases-list-en")
    page.locator("body").press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*/")
    axe(page)
    page.keyboard.press("r")
    page.select_option("[data-canned]", label="Hello")
    expect(page.locator("[data-words]")).to_have_value("Dear سارة,")
    page.keyboard.type("\na new one is on its way.")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-words]")).to_have_value("Dear سارة,\na new one is on its way.")
    page.keyboard.press("n")
    expect(page.locator("[data-words]")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    screenshot(page, "cases-case-en")
    page.locator("[data-words]").press("Control+Enter")
    page.wait_for_url("**#said-*")
    expect(page.locator(".said-out")).to_have_count(1)
    expect(page.locator("[data-words]")).to_have_value("")
    with within(shop):
        assert CaseMessage.objects.get(direction="out").body == "Dear سارة,\na new one is on its way."


def test_an_agent_sees_the_photo_and_saves_the_rest(browse, owner_of_shop, case):
    page = browse(owner_of_shop)
    page.goto(f"/app/shop/feedback/cases/{case.pk}/")
    photo = page.get_by_alt_text("المصباح.png")
    expect(photo).to_have_js_property("naturalWidth", 1)
    with page.context.expect_page() as opened:
        photo.click()
    expect(opened.value.locator("img")).to_have_js_property("naturalWidth", 1)
    with page.expect_download() as saved:
        page.locator(".said-file").click()
    assert saved.value.suggested_filename == f"{'long_name_' * 9}.pdf"


def test_pages_in_arabic_in_the_dark_and_on_a_phone(browse, owner_of_shop, case, screenshot, axe):
    desktop = browse(owner_of_shop, language="ar", theme="dark")
    phone = browse(owner_of_shop, language="ar", viewport=PHONE)
    for name, address in (
        ("list", ""), ("case", f"{case.pk}/"), ("new", f"new/?customer={case.customer_id}"), ("mail", "mail/"),
        ("rules", "settings/rules/targets/"), ("hours", "settings/hours/"),
    ):  # fmt: skip
        for kind, page in (("dark", desktop), ("phone", phone)):
            page.goto(f"/app/shop/feedback/cases/{address}")
            screenshot(page, f"cases-{name}-ar-{kind}")
            if kind == "phone":
                assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
        axe(desktop)
