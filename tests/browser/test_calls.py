"""A call as an agent lives it: the card opens while they write, the note survives, the log stands on the timeline."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from rest_framework.test import APIClient

from customers.domain import customers, interactions, telephony
from cxm import tenancy
from cxm.accounts.domain import keys, todos
from cxm.accounts.models import Membership, User
from cxm.audit.actors import SYSTEM
from feedback.domain import cases, desk
from tests.browser.conftest import LAPTOP, PHONE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONSOLE = "/app/shop/customers/console/"
MOBILE = "+966501234567"


@pytest.fixture
def agent_of_shop(shop) -> User:
    user = User.objects.create_user("agent@shop.test", "a long password", name="Adel Agent")
    Membership.objects.create(tenant=shop, user=user, role="agent")
    with tenancy.scope(shop):
        telephony.set_state(user=user, state="available", extension="201", now=timezone.now())
    return user


@pytest.fixture
def told(shop):
    """Return a function that tells the API a word about a call, and answers the call."""
    with tenancy.scope(shop):
        secret = keys.create(name="Telephone", scopes=["calls.write"], by=SYSTEM)[1]
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def tell(state: str, call_id: str = "c1", number: str = MOBILE) -> dict:
        answer = program.post("/api/v1/calls/", {"call_id": call_id, "state": state, "number": number}, format="json")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return tell


@pytest.fixture
def ahmad(shop, agent_of_shop):
    with tenancy.scope(shop):
        values = {"name": "أحمد إبراهيم", "phone": MOBILE, "company": "نخلة", "tags": ["vip"], "language": "ar"}
        found = customers.create(values=values, by=SYSTEM, now=NOW)
        for subject, sentiment in (("أين الطلب؟", "bad"), ("مقاسات العبايات", "good")):
            interactions.log(customer=found, channel="phone", direction="in", outcome="solved", by=SYSTEM, at=NOW,
                             subject=subject, sentiment=sentiment)  # fmt: skip
        todos.create(title="إرسال جدول المقاسات", by=SYSTEM, about=("customer", found.pk), due_at=NOW)
        return found


def test_from_ringing_to_the_timeline_without_a_reload(browse, agent_of_shop, ahmad, told, axe, screenshot):
    page = browse(agent_of_shop)
    page.goto("/app/shop/")
    expect(page).to_have_url(f"{page.url.split('/app/')[0]}{CONSOLE}")
    page.locator("[data-key=s]").fill("some words being typed")
    call = told("ringing")
    card = page.locator(f"#call-{call['id']}")
    expect(card).to_contain_text("أحمد إبراهيم")
    expect(page.locator("[data-key=s]")).to_be_focused()
    expect(page.locator("#calls-said")).to_have_text("أحمد إبراهيم is calling")
    axe(page)
    screenshot(page, "console-ringing-en")
    card.get_by_role("button", name="I have it").click()
    expect(card.get_by_role("button", name="I have it")).to_have_count(0)
    card.get_by_label("Note").press_sequentially("Parcel is late")
    told("answered")
    expect(card).to_have_attribute("data-state", "answered")
    expect(card.get_by_label("Note")).to_be_focused()
    page.keyboard.type(", courier lost it")
    page.reload()
    expect(card.get_by_label("Note")).to_have_value("Parcel is late, courier lost it")
    told("ended")
    expect(card).to_contain_text("Hung up. What came of it?")
    screenshot(page, "console-ended-en")
    card.get_by_label("What came of it").select_option("complaint")
    card.get_by_label("Note").press("Control+Enter")
    expect(card).to_have_count(0)
    page.goto(f"/app/shop/customers/{ahmad.pk}/")
    expect(page.locator("#timeline")).to_contain_text("Came to us, Phone call: Complaint taken")


def test_keys_of_a_case_are_the_cases_while_a_call_stands_beside_it(browse, agent_of_shop, shop, ahmad, told):
    with tenancy.scope(shop):
        desk.begin(by=SYSTEM)
        case = cases.open(type=desk.type_by(ref="question"), customer=ahmad, subject="أين طلبي؟", body="", by=SYSTEM,
                          channel="email", now=NOW)  # fmt: skip
    page = browse(agent_of_shop, language="ar")
    page.goto(f"/app/shop/feedback/cases/{case.pk}/")
    card = page.locator(f"#call-{told('ringing')['id']}")
    expect(card).to_be_visible()
    page.keyboard.press("t")
    expect(card.locator("textarea")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("[data-words]")).to_be_focused()
    expect(page.locator(".composer")).to_have_attribute("data-mode", "note")
    page.keyboard.press("Escape")
    page.locator("body").dispatch_event("keydown", {"key": "ق", "code": "KeyR"})  # R with an Arabic layout
    expect(page.locator(".composer")).to_have_attribute("data-mode", "answer")


@pytest.mark.parametrize(
    ("language", "theme", "viewport"), [("ar", "dark", PHONE), ("ar", "light", LAPTOP), ("en", "light", LAPTOP)]
)
def test_pages_of_calls_in_every_look(browse, agent_of_shop, ahmad, told, axe, screenshot, language, theme, viewport):
    page = browse(agent_of_shop, language=language, theme=theme, viewport=viewport)
    name = f"{language}-{viewport['width']}"
    for place, address in {"console": CONSOLE, "interactions": "/app/shop/customers/interactions/",
                           "contact": f"/app/shop/customers/{ahmad.pk}/interactions/new/",
                           "todos": "/app/shop/todos/?view=team",
                           "list": "/app/shop/customers/"}.items():  # fmt: skip
        page.goto(address)
        page.wait_for_load_state("load")
        if place in ("console", "list"):
            told("ringing", call_id=place)
            told("ringing", call_id=f"{place}-2", number="+966509999999")
            expect(page.locator("#calls [data-call]").first).to_be_visible()
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{place} is {wide} px too wide"
        screenshot(page, f"calls-{place}-{name}")
    over = page.locator(f"#call-{told('answered', call_id='list')['id']}")
    over.locator("[data-key=t]").click()
    told("ended", call_id="list")
    expect(over).to_have_attribute("data-state", "ended")
    if viewport == PHONE:  # above the page, and a call that is over in one line
        assert page.locator("#calls").bounding_box()["width"] > 0.9 * PHONE["width"] - 24
        assert over.bounding_box()["height"] < 160
        screenshot(page, f"calls-over-{name}")
        over.locator(".call-open").click()
        expect(over.locator(".call-log")).to_be_visible()
    else:
        expect(over.locator(".call-log")).to_be_visible()
        expect(over.locator(".call-open")).to_be_hidden()
