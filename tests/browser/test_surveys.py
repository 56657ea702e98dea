"""A survey answered on a phone, built on a desk, read in both languages and themes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Brand
from cxm.audit.actors import SYSTEM
from feedback.domain import invitations, responses, survey_starters, surveys, tokens, versions
from feedback.models import Response
from tests.browser.conftest import PHONE
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory, SegmentFactory

SAID = ((10, "en", "Beautifully packed."), (9, "ar", "تعامل راقٍ"), (3, "en", "Two weeks late."), (7, "ar", ""))


@pytest.fixture
def survey(shop, within):
    """A published survey with some answers, and an invitation to somebody who reads Arabic."""
    with within(shop):
        Brand.objects.create(name="Dune", name_ar="كثيب", color="#0b7a75", website="https://dune.example")
        VersionFactory(template__kind="feedback")
        SegmentFactory(name="VIP")
        made = survey_starters.start(key="purchase", language="en", by=SYSTEM)
        versions.publish(survey=made, by=SYSTEM, now=timezone.now())
        surveys.change(survey=made, by=SYSTEM, open_link=True)
        for number in range(40):
            score, language, words = SAID[number % 4]
            responses.submit(
                survey=made, answers={"nps": score, "liked": ["delivery"], "comment": words}, language=language,
                now=timezone.now() - timedelta(days=9 * number), customer=CustomerFactory(name="ليلى حداد"),
            )  # fmt: skip
        invited = invitations.invite(
            survey=made, customer=CustomerFactory(language="ar"), key="1", by=SYSTEM, now=timezone.now()
        )
        return made.pk, f"/s/{tokens.invitation(invited.pk)}"


def test_answered_on_a_phone_in_arabic(browse, survey, screenshot, axe):
    _pk, url = survey
    page = browse(language="ar", viewport=PHONE)
    page.goto(f"{url}?a=9")
    assert page.locator("input[value='9']").is_checked()
    first, last = page.locator(".scale-step").first.bounding_box(), page.locator(".scale-step").last.bounding_box()
    assert first["x"] > last["x"] and last["width"] >= 24  # 0 stands where reading begins
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(page)
    screenshot(page, "survey-answer-ar-phone")
    page.get_by_role("button", name="تأكيد").click()
    page.get_by_text("ما الذي أعجبك؟").wait_for()
    screenshot(page, "survey-choice-ar-phone")
    page.get_by_label("التوصيل").check()
    page.get_by_role("button", name="التالي").click()
    page.get_by_role("textbox").fill("وصل قبل الموعد")
    screenshot(page, "survey-text-ar-phone")
    page.get_by_role("button", name="إرسال").click()
    page.get_by_role("heading", name="شكرًا لك").wait_for()
    axe(page)
    screenshot(page, "survey-thanks-ar-phone")
    kept = Response.objects.latest("pk")
    assert (kept.score, kept.language, kept.comment, kept.completed_at is not None) == (9, "ar", "وصل قبل الموعد", True)


@pytest.mark.parametrize(("language", "theme", "viewport"), [("en", "light", None), ("ar", "dark", PHONE)])
def test_pages_of_surveys_look_right(browse, owner_of_shop, survey, screenshot, axe, language, theme, viewport):
    pk, _url = survey
    page = browse(owner_of_shop, language=language, theme=theme, **({"viewport": viewport} if viewport else {}))
    name = f"{language}-{theme}-{'phone' if viewport else 'desktop'}"
    for what, address in (
        ("list", ""),
        ("new", "new/"),
        ("results", f"{pk}/"),
        ("builder", f"{pk}/edit/?open=liked"),
        ("people", f"{pk}/people/"),
        ("asking", "asking/"),
    ):
        page.goto(f"/app/shop/feedback/surveys/{address}")
        page.wait_for_load_state("networkidle")
        if what == "builder":
            page.frame_locator("#phone").locator("h1").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), what
        axe(page, without=("iframe",))
        screenshot(page, f"surveys-{what}-{name}")
    page.goto(f"/app/shop/feedback/surveys/{pk}/edit/?open=nps")
    title = page.locator("[name=title_en]").first
    title.fill("Would you tell a friend about us?")
    title.blur()
    frame = page.frame_locator("#phone")
    if language == "en":
        frame.get_by_text("Would you tell a friend about us?").wait_for()
        assert re.search("draft", page.locator("#survey-state").inner_text())
