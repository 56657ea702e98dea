"""The portal on a customer's phone, in Arabic: find help, complain, read the answer, write again."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.domain import points
from customers.domain import customers
from cxm.audit.actors import SYSTEM, Actor
from feedback.domain import articles, cases, desk, portal
from feedback.models import Case
from tests.browser.conftest import LAPTOP, PHONE

AGENT = Actor("user", None, "noura@shop.test")


@pytest.fixture
def mine(shop, within) -> str:
    """The page of a customer with points, at a shop that has written some help."""
    now = timezone.now()
    with within(shop):
        desk.begin(by=SYSTEM)
        for title, title_ar, body_ar in (
            ("Returns", "الإرجاع والاستبدال", "يمكنك الإرجاع خلال 30 يوماً من الاستلام."),
            ("Delivery times", "مدة التوصيل", "من يومين إلى أربعة أيام عمل."),
        ):
            articles.create(title=title, title_ar=title_ar, body=title, body_ar=body_ar, section="Orders",
                            state="public", by=SYSTEM, now=now)  # fmt: skip
        sara = customers.create(values={"name": "سارة حداد", "email": "sara@example.com"}, by=SYSTEM, now=now)
        points.add(customer=sara, amount=180, reason="طلب BN-1042", key="a", by=SYSTEM, at=now)
        return f"/portal/shop/me/{portal.token(customer=sara, now=now)}/"


def _looks_right(page, screenshot, axe, name: str) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    screenshot(page, f"portal-{name}")


def test_from_a_question_to_its_answer(browse, shop, mine, within, screenshot, axe):
    page = browse(language="ar", theme="dark", viewport=PHONE)
    page.goto("/portal/shop/")
    _looks_right(page, screenshot, axe, "home-ar-dark-phone")
    page.get_by_role("searchbox").fill("ارجاع")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="الإرجاع والاستبدال").click()
    _looks_right(page, screenshot, axe, "article-ar-dark-phone")

    page.goto(mine)
    _looks_right(page, screenshot, axe, "me-empty-ar-dark-phone")
    page.get_by_role("link", name="اسأل أو اشتكِ").click()
    _looks_right(page, screenshot, axe, "write-ar-dark-phone")
    page.locator("[name=subject]").fill("وصل الطلب BN-1042 مكسوراً")
    page.locator("[name=body]").fill("الكوب مكسور، أرجو إرسال بديل.")
    page.locator("main form button").last.click()
    page.wait_for_url("**/cases/1/**")
    with within(shop):
        case = Case.objects.get()
        cases.note(case=case, body="Third broken cup this week", by=AGENT, now=timezone.now())
        cases.answer(case=case, body="نعتذر منك، أرسلنا بديلاً اليوم.", by=AGENT, now=timezone.now(), then="solved")
    page.reload()
    expect(page.locator(".portal-thread li")).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("Third broken cup")
    page.locator("[name=body]").fill("شكراً، لكن البديل لم يصل.")
    page.locator("main form button").last.click()
    expect(page.locator(".portal-thread li")).to_have_count(3)
    _looks_right(page, screenshot, axe, "case-ar-dark-phone")
    with within(shop):
        assert Case.objects.get().state == Case.State.OPEN

    page = browse(viewport=LAPTOP)
    for name, address in (("home", "/portal/shop/"), ("me", mine), ("case", f"{mine}cases/1/"),
                          ("preferences", f"{mine}preferences/")):  # fmt: skip
        page.goto(address)
        _looks_right(page, screenshot, axe, f"{name}-en-light-desktop")
