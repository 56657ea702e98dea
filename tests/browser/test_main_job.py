"""The main job, end to end on real data, as a marketer does it in a browser.

Imports customers and half a million order lines of a real shop, builds a segment, starts a template, sends it
through a Celery worker over SMTP to the local inbox, reads the message there, follows a link, unsubscribes, and finds
exactly that in the report and on the dashboard.
"""

import contextlib
import csv
import gzip
import os
import re
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count, Sum
from playwright.sync_api import Error, Page, expect
from rest_framework.test import APIClient

from campaigns.models import Brand, Campaign, Message
from customers.models import Consent, Customer, Import, ImportReject, Order, OrderLine
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.local import inbox
from tests.browser.conftest import PHONE

REAL = Path(os.environ.get("CXM_REALDATA") or settings.BASE_DIR.parent / "shared" / "data")
FILE = REAL / "online_retail/online_retail.csv.gz"
RULE = (
    '{"all": [{"order": true, "count": {"gte": 2}, "after": "2011-09-10", "before": "2011-12-10"},'
    ' {"order": true, "sum": {"property": "revenue", "gt": 500}, "after": "2011-09-10", "before": "2011-12-10"}]}'
)
MINUTES = 60_000

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="needs the folder of real data beside the checkout (CXM_REALDATA)"),
]


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """The orders as they came, and the people in them with addresses and names of ours."""
    orders, people = tmp_path / "online_retail.csv", tmp_path / "customers.csv"
    with gzip.open(FILE) as packed, orders.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    with orders.open(encoding="utf-8") as lines:
        known = sorted({row["CustomerID"] for row in csv.DictReader(lines) if row["CustomerID"]})
    with people.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["CustomerID", "Name", "E-mail", "Language"])
        for place, number in enumerate(known):
            short = number.partition(".")[0]
            arabic = place % 3 == 0
            name = f"عميل {short}" if arabic else f"Customer {short}"
            rows.writerow([number, name, f"c{short}@example.com", "ar" if arabic else "en"])
    return people, orders


def _import(page: Page, file: Path, screenshot, name: str) -> str:
    page.goto("/app/shop/customers/imports/")
    page.set_input_files("input[type=file]", str(file))
    page.locator("form:has(input[type=file]) button").last.click()
    page.wait_for_url(re.compile(r"/imports/\d+/"), timeout=MINUTES)
    screenshot(page, f"main-{name}-1-match")
    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("button", name="Apply", exact=True).wait_for(timeout=4 * MINUTES)
    screenshot(page, f"main-{name}-2-dry-run")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("button", name="Undo the import").wait_for(timeout=4 * MINUTES)
    screenshot(page, f"main-{name}-3-result")
    return page.inner_text("main")


def _adds_up(file: Path) -> None:
    """Reckon the file alone, line by line, and find the same in what was imported."""
    invoices, alone, revenue = set(), defaultdict(set), Decimal(0)
    with file.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            invoices.add(line["InvoiceNo"])
            if line["CustomerID"]:
                alone["taken"].add(line["InvoiceNo"])
                revenue += Decimal(line["Quantity"]) * Decimal(line["UnitPrice"])
                if line["Quantity"].startswith("-"):
                    alone["back"].add(line["InvoiceNo"])
    found = Import.objects.get(kind="orders")
    assert (found.total, found.rejected, len(invoices)) == (541_909, 135_080, 25_900)
    assert {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()} == {"no_customer": 135_080}
    assert found.created == len(alone["taken"])
    assert found.created + found.summary["orders_rejected"] == 25_900
    kinds = dict(Order.objects.values_list("kind").annotate(n=Count("id")))
    assert kinds == {"order": len(alone["taken"] - alone["back"]), "return": len(alone["back"])}
    assert Order.objects.aggregate(sum=Sum("revenue"))["sum"] == revenue.quantize(Decimal("0.01"))
    assert OrderLine.objects.aggregate(sum=Sum("amount"))["sum"] == revenue.quantize(Decimal("0.01"))
    assert (Customer.objects.count(), OrderLine.objects.count()) == (4_372, 541_909 - 135_080)
    assert not Customer.objects.filter(external_id__contains=".").exists()
    assert found.summary["ids_made_whole"] == 541_909 - 135_080
    assert ImportReject.objects.filter(import_id=found.pk).count() == 135_080


def _build_segment(page: Page, screenshot) -> None:
    page.goto("/app/shop/customers/segments/new/")
    page.get_by_label("Name", exact=True).fill("Two orders and £500")
    page.wait_for_load_state("networkidle")  # the first count writes the JSON of the rule it counted
    page.get_by_text("As JSON").click()
    page.locator("#rule-json").fill(RULE)
    page.get_by_role("button", name="Use this JSON").click()
    expect(page.locator("main")).to_contain_text("1,105", timeout=MINUTES)
    screenshot(page, "main-segment-builder")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    expect(page.locator("main")).to_contain_text("1,105", timeout=2 * MINUTES)
    screenshot(page, "main-segment")


def _launch(page: Page, screenshot) -> None:
    page.goto("/app/shop/campaigns/templates/new/")
    page.locator("form:has(input[name=kind][value=discount]) button").click()
    page.wait_for_url(re.compile(r"/templates/\d+/"))
    page.goto("/app/shop/campaigns/new/")
    page.fill("[name=name]", "Thank you, good customers")
    page.select_option("[name=kind]", "discount")
    page.select_option("[name=segment]", index=1)
    page.select_option("[name=template]", index=1)
    page.get_by_role("button", name="Save and review").click()
    page.locator("[data-open=launch]").wait_for()
    screenshot(page, "main-campaign-review")
    page.locator("[data-open=launch]").click()
    page.locator("#launch form button").click()
    expect(page.locator("#live")).to_contain_text("Done", timeout=3 * MINUTES)


def _click_and_unsubscribe(page: Page, screenshot) -> None:
    """As one recipient: open the message, follow its first link, then the way out."""
    page.goto("/inbox/")
    page.locator("tbody a").first.click()
    page.locator("iframe.frame").wait_for()
    screenshot(page, "main-message")
    links = page.locator("ul.links a").evaluate_all("found => found.map(link => link.href)")
    clicked = next(link for link in links if "/t/c/" in link)
    page.wait_for_timeout(6000)  # a person does not follow a link in the second the message arrives
    tab = page.context.new_page()
    with contextlib.suppress(Error):  # the shop the link leads to does not exist here
        tab.goto(clicked)
    tab.close()
    page.goto(next(link for link in links if "/u/" in link))
    screenshot(page, "main-unsubscribe")
    page.locator("form button").click()
    page.get_by_role("status").wait_for()


def test_the_main_job_from_a_file_to_figures(browse, owner_of_shop, shop, product, files, screenshot, axe, within):
    people, orders = files
    with within(shop):
        Brand.objects.create(name="Shop", name_ar="المتجر", website="https://shop.example/")
    page = browse(owner_of_shop)

    _import(page, people, screenshot, "customers")
    result = _import(page, orders, screenshot, "orders")
    for words in ("541,909", "22,190", "135,080", "3,654", "3,710", "The customer is missing."):
        assert words in result  # 22,190 orders and 3,710 without a customer: 25,900 invoices
    with within(shop):
        assert (Order.objects.count(), Order.objects.filter(kind="return").count()) == (22_190, 3_654)
        _adds_up(orders)

    _build_segment(page, screenshot)
    _launch(page, screenshot)
    received = inbox.list_messages(product, limit=2000)
    assert len({tuple(found.recipients) for found in received}) == len(received) == 1_105
    _click_and_unsubscribe(page, screenshot)

    with within(shop):
        campaign = Campaign.objects.get()
        assert Consent.objects.filter(granted=False).count() == 1
        assert Message.objects.filter(unit=campaign.unit, clicked_at__isnull=False).count() == 1
        key = keys.create(name="Test", scopes=[], by=SYSTEM)[1]
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    report = program.get(f"/api/v1/campaigns/{campaign.pk}/report/").json()
    assert {name: report[name] for name in ("audience", "sent", "delivered", "clicked", "unsubscribed", "unknown")} == {
        "audience": 1_105, "sent": 1_105, "delivered": 1_105, "clicked": 1, "unsubscribed": 1, "unknown": 0,
    }  # fmt: skip
    sums = {found["key"]: found for found in program.get("/api/v1/kpis/").json()["results"]}
    assert (sums["sent"]["value"], sums["click_rate"]["n"], sums["unsubscribe_rate"]["n"]) == ("1105", 1_105, 1_105)

    for language, theme, viewport in (("en", "light", None), ("ar", "dark", None), ("ar", "light", PHONE)):
        size = {} if viewport is None else {"viewport": viewport}
        seen = browse(owner_of_shop, language=language, theme=theme, **size)
        for name, path in (
            ("report", f"campaigns/{campaign.pk}/"),
            ("dashboard", "analytics/"),
            ("people", "customers/"),
        ):
            seen.goto(f"/app/shop/{path}")
            seen.wait_for_load_state("networkidle")
            screenshot(seen, f"main-{name}-{language}-{theme}-{'phone' if viewport else 'desktop'}")
        axe(seen)

    with orders.open("rb") as again:
        answer = program.post("/api/v1/imports/", {"file": again, "kind": "orders"}, format="multipart")
    assert answer.status_code == 202
    address = f"/api/v1/imports/{answer.json()['id']}/"
    for _second in range(240):
        if program.get(address).json()["state"] in {"done", "failed"}:
            break
        page.wait_for_timeout(1000)
    found = program.get(address).json()
    assert {name: found[name] for name in ("state", "total", "created", "updated", "rejected")} == {
        "state": "done", "total": 541_909, "created": 0, "updated": 22_190, "rejected": 135_080,
    }  # fmt: skip
    with tenancy.scope(shop):
        assert (Order.objects.count(), Import.objects.count()) == (22_190, 3)
