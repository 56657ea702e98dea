"""The whole circle as its people live it, in Arabic: bought, thanked, asked, let down, called, made good, measured."""

import email
from base64 import b64encode
from datetime import timedelta
from email import policy

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect
from rest_framework.test import APIClient

from campaigns.domain import offers, starters
from campaigns.models import Brand, Message
from campaigns.models.offer import Issue
from customers.domain import customers, telephony
from customers.models import Event, Interaction
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.accounts.models import Membership, User
from cxm.audit.actors import SYSTEM
from cxm.local import inbox
from cxm.tenancy.models import Tenant
from feedback.domain import desk, survey_starters, versions
from feedback.models import Case, Response
from journeys.domain import automations, map_starters, map_versions, maps
from tests.browser.conftest import PHONE
from tests.journeys.map_factories import PersonaFactory

pytestmark = pytest.mark.slow
PATIENCE = 60  # seconds that workers on a busy machine may take


def ar(words: str) -> str:
    """Return what the product says for these words in Arabic."""
    with translation.override("ar"):
        return gettext(words)


@pytest.fixture
def shop(shop) -> Tenant:
    Tenant.objects.filter(pk=shop.pk).update(
        name="نخلة", language="ar", timezone="Asia/Riyadh", currency="SAR", country="SA"
    )
    shop.refresh_from_db()
    return shop


@pytest.fixture
def agent(shop) -> User:
    user = User.objects.create_user("agent@shop.test", "a long password", name="عادل")
    Membership.objects.create(tenant=shop, user=user, role="agent")
    with tenancy.scope(shop):
        telephony.set_state(user=user, state="available", extension="201", now=timezone.now())
    return user


@pytest.fixture
def business(shop):
    """What the shop set up: who writes, what it asks, what it gives, what goes on by itself, and its map."""
    now = timezone.now()
    with tenancy.scope(shop), translation.override("ar"):
        Brand.objects.create(name="Nakhla", name_ar="نخلة", website="https://nakhla.example")
        desk.begin(by=SYSTEM)
        thanks, _feedback = starters.start(kind="thanks", by=SYSTEM), starters.start(kind="feedback", by=SYSTEM)
        survey = survey_starters.start(key="purchase", language="ar", by=SYSTEM)
        versions.publish(survey=survey, by=SYSTEM, now=now)
        voucher = offers.create(name="قسيمة اعتذار", by=SYSTEM, code="SORRY50", kind="voucher", value="50", cost="30",
                                codes="single")  # fmt: skip
        offers.activate(offer=voucher, by=SYSTEM, now=now)
        steps = [{"kind": "send", "settings": {"template": thanks.pk, "topic": ""}},
                 {"kind": "survey", "settings": {"survey": survey.pk}}]  # fmt: skip
        automation = automations.create(name="شكر وسؤال", by=SYSTEM, definition={
            "trigger": {"kind": "event", "event": "Order Completed", "where": {}}, "again": {"rule": "always"},
            "steps": steps})  # fmt: skip
        automations.publish(automation=automation, tenant=shop, by=SYSTEM, now=now)
        drawn = maps.create(name="من أول زيارة", persona=PersonaFactory(name="سارة التي تهدي"),
                            content=map_starters.content("shop", "ar"), by=SYSTEM, today=now.date())  # fmt: skip
        map_versions.publish(journey_map=drawn, by=SYSTEM, now=now, today=now.date())
        return {"map": drawn.pk, "automation": automation.pk, "survey": survey.pk}


@pytest.fixture
def program(shop) -> APIClient:
    """The shop's own programs: its till, and its telephone system."""
    with tenancy.scope(shop):
        secret = keys.create(name="Shop", scopes=[], by=SYSTEM)[1]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.secret = secret
    return client


def _customer(shop: Tenant, name: str, who: str, phone: str) -> int:
    values = {"external_id": who, "name": name, "email": f"{who}@example.com", "phone": phone, "language": "ar"}
    with tenancy.scope(shop):
        return customers.create(values=values, by=SYSTEM, now=timezone.now()).pk


def _buys(program: APIClient, who: str, order: str, **more: str) -> None:
    lamp = {"sku": "L1", "name": "مصباح", "price": 450, "quantity": 1}
    said = {"order_id": order, "revenue": 450, "currency": "SAR", "products": [lamp]} | more
    body = {"userId": who, "event": "Order Completed", "messageId": order, "properties": said,
            "timestamp": timezone.now().isoformat()}  # fmt: skip
    basic = b64encode(f"{program.secret}:".encode()).decode()
    answer = APIClient().post("/v1/track", body, format="json", HTTP_AUTHORIZATION=f"Basic {basic}")
    assert (answer.status_code, answer.json()) == (200, {"success": True})


def _eventually(page: Page, ask, *, what: str):
    for _attempt in range(PATIENCE * 4):
        if found := ask():
            return found
        page.wait_for_timeout(250)
    raise AssertionError(f"it never came: {what}")


def _letters(folder, who: str) -> list[str]:
    """The HTML of everything somebody got, the newest first."""
    found = []
    for entry in inbox.list_messages(folder, to=f"{who}@example.com"):
        letter = email.message_from_bytes(inbox.read_message(folder, entry.id), policy=policy.default)
        found.append(letter.get_body(("html",)).get_content())
    return found


def _asked(folder, who: str, score: int) -> str | None:
    """The address under one number of the scale in the letter that asks."""
    for html in _letters(folder, who):
        links = BeautifulSoup(html, "html.parser").find_all("a")
        if found := next((link["href"] for link in links if link.text.strip() == str(score)), None):
            return found
    return None


def _answers(browse, page: Page, folder, who: str, score: int, words: str, screenshot) -> None:
    link = _eventually(page, lambda: _asked(folder, who, score), what=f"a survey for {who}")
    phone = browse(language="ar", viewport=PHONE)
    before = Response.objects.count()
    phone.goto(link)
    assert Response.objects.count() == before  # reading the question is no answer
    expect(phone.locator(f"input[value='{score}']")).to_be_checked()
    screenshot(phone, f"story-survey-{who}")
    phone.get_by_role("button", name=ar("Confirm")).click()
    phone.get_by_role("button", name=ar("Next")).click()
    phone.get_by_role("textbox").fill(words)
    phone.get_by_role("button", name=ar("Send")).click()
    phone.get_by_role("heading", name="شكرًا لك").wait_for()
    assert Response.objects.count() == before + 1


def test_from_a_purchase_to_the_figures(
    browse, owner_of_shop, shop, agent, business, program, product, screenshot, axe
):
    sara = _customer(shop, "سارة الحربي", "sara", "+966501234567")
    layla = _customer(shop, "ليلى حداد", "layla", "+966507654321")
    desk_page = browse(agent, language="ar")

    # She buys, is thanked and asked, and answers on her phone that it went badly.
    _buys(program, "sara", "n-1")
    _eventually(desk_page, lambda: len(_letters(product, "sara")) == 2, what="thanks and the question")
    _answers(browse, desk_page, product, "sara", 2, "وصل المصباح مكسورًا", screenshot)
    case = _eventually(desk_page, lambda: Case.objects.filter(customer=sara).first(), what="a case by rule")
    assert (case.type.kind, case.state, case.first_due_at > timezone.now()) == ("complaint", "new", True)

    # She calls: the agent sees who it is and what is wrong before the first word, and writes down what was said.
    desk_page.goto("/app/shop/customers/console/")
    call = {"call_id": "c1", "number": "0501234567"}
    assert program.post("/api/v1/calls/", call | {"state": "ringing"}, format="json").status_code == 200
    card = desk_page.locator("#calls [data-call]").first
    expect(card).to_contain_text("سارة الحربي", timeout=PATIENCE * 1000)
    expect(card).to_contain_text(f"#{case.number}")
    screenshot(desk_page, "story-card-ar")
    axe(desk_page)
    for state in ("answered", "ended"):
        assert program.post("/api/v1/calls/", call | {"state": state}, format="json").status_code == 200
    expect(card).to_have_attribute("data-state", "ended")
    card.get_by_label(ar("What came of it")).select_option("complaint")
    card.get_by_label(ar("Note")).fill("المصباح مكسور، نرسل بديلًا.")
    card.get_by_label(ar("Note")).press("Control+Enter")
    expect(card).to_have_count(0)
    logged = _eventually(
        desk_page, lambda: Interaction.objects.filter(customer=sara).first(), what="the log of the call"
    )
    assert (logged.channel, logged.outcome) == ("phone", "complaint")

    # The agent makes good: a voucher, an answer, and the case is closed with why it happened.
    desk_page.goto(f"/app/shop/customers/{sara}/")
    expect(desk_page.locator("#timeline")).to_contain_text("وصل المصباح مكسورًا")
    screenshot(desk_page, "story-person-ar")
    desk_page.goto(f"/app/shop/feedback/cases/{case.pk}/")
    desk_page.locator("form[action$='/compensate/'] button").click()
    expect(desk_page.locator("main")).to_contain_text("قسيمة اعتذار")
    desk_page.locator("[data-words]").fill("نعتذر يا سارة، أرسلنا مصباحًا جديدًا ومعه قسيمة.")
    screenshot(desk_page, "story-case-ar")
    desk_page.locator("[data-words]").press("Control+Enter")
    desk_page.wait_for_url("**#said-*")
    desk_page.locator("[data-open=close-case]").click()
    desk_page.locator("#close_root_cause").fill("تغليف ضعيف")
    desk_page.locator("#close_action").fill("صندوق أقوى، وبديل مجاني")
    desk_page.locator("#closing [type=submit], [form=closing][type=submit]").first.click()
    _eventually(desk_page, lambda: Case.objects.get(pk=case.pk).state == "closed", what="a closed case")
    _eventually(desk_page, lambda: len(_letters(product, "sara")) == 3, what="the answer by mail")

    # She comes back with the voucher; somebody else buys too, and is delighted.
    _buys(program, "sara", "n-2", coupon="SORRY50")
    _buys(program, "layla", "n-3")
    _answers(browse, desk_page, product, "layla", 10, "تغليف رائع", screenshot)
    with tenancy.scope(shop):
        assert Issue.objects.get(customer=sara).offer.name == "قسيمة اعتذار"
        assert Event.objects.filter(customer=sara, name="Offer Redeemed").count() == 1
        assert Event.objects.filter(name="Survey Answered").count() == 2
        assert Case.objects.filter(customer=layla).count() == 0
        assert Message.objects.filter(customer=sara, state="accepted").count() >= 4

    # The figures say what happened: of two answers one each way, one complaint answered within its hours.
    figures = {found["key"]: found for found in program.get("/api/v1/kpis/").json()["results"]}
    assert {key: figures[key]["n"] for key in ("orders", "nps", "response_time")} == {
        "orders": 3, "nps": 2, "response_time": 1,
    }  # fmt: skip
    assert float(figures["nps"]["value"]) == 0.0
    manager = browse(owner_of_shop, language="ar")
    for name, address in (("map", f"journeys/maps/{business['map']}/"), ("dashboard", "analytics/"),
                          ("automation", f"journeys/automations/{business['automation']}/"),
                          ("survey", f"feedback/surveys/{business['survey']}/"), ("outlook", "analytics/outlook/"),
                          ("cases", "feedback/cases/?state=closed")):  # fmt: skip
        manager.goto(f"/app/shop/{address}")
        manager.wait_for_load_state("networkidle")
        screenshot(manager, f"story-{name}-ar")
        axe(manager)
    assert timezone.now() - case.opened_at < timedelta(minutes=15)
