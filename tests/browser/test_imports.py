"""A file brought in through the pages: dropped, matched, tried, applied, its rejects taken, undone."""

import pytest

from customers.models import Customer, Order
from cxm import tenancy
from tests.browser.conftest import LAPTOP, PHONE
from tests.browser.test_shell import fits
from tests.customers.importing import work

ORDERS = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26,2.55,17850,United Kingdom\n"
    "536365,71053,WHITE LANTERN,6,2010-12-01 08:26,3.39,17850,United Kingdom\n"
    "C536379,D,Discount,-1,2010-12-01 09:41,27.50,14527,United Kingdom\n"
    "536414,22139,,56,2010-12-01 11:52,0.0,,United Kingdom\n"
)
PEOPLE = (
    "رقم العميل,الاسم,البريد الإلكتروني,الباقة,مشترك\n"
    "1,محمد الأحمد,m@example.com,ذهبية,نعم\n"
    "2,Zoë O'Neil,zoe@example.com,,نعم\n"
    "3,Broken,not an address,,\n"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def upload(page, path) -> None:
    page.goto("/app/shop/customers/imports/")
    page.set_input_files("#id_file", path)
    page.click("#upload button[type=submit]")
    page.wait_for_selector("select[name=field-0]")


def test_orders_from_upload_to_undo(browse, owner_of_shop, shop, screenshot, axe, tmp_path):
    path = tmp_path / "online_retail.csv"
    path.write_text(ORDERS)
    page = browse(owner_of_shop)
    page.goto("/app/shop/customers/imports/")
    axe(page)
    screenshot(page, "imports-empty-en")
    upload(page, path)
    assert page.is_checked("input[name=kind][value=orders]")
    assert page.input_value("select[name=field-0]") == "order_id"
    assert page.input_value("select[name=field-6]") == "customer"
    axe(page)
    screenshot(page, "import-match-en")

    page.click("button[name=try]")
    page.wait_for_selector("#import-live")
    page.reload()
    page.wait_for_selector("#import-live")
    screenshot(page, "import-running-en")
    work()
    page.wait_for_selector("button[name=apply]")
    assert "The customer is missing." in page.inner_text("#content")
    axe(page)
    screenshot(page, "import-dry-run-en")
    with tenancy.scope(shop):
        assert Order.objects.count() == 0

    page.click("button[name=apply]")
    page.wait_for_selector("#import-live")
    work()
    page.wait_for_selector("[data-open=undo]")
    with tenancy.scope(shop):
        assert sorted(Order.objects.values_list("order_id", "kind")) == [("536365", "order"), ("C536379", "return")]
    screenshot(page, "import-done-en")
    with page.expect_download() as download:
        page.click("a[download]")
    rejected = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert rejected[1].endswith("5,CustomerID: The customer is missing.")

    page.click("[data-open=undo]")
    page.click("dialog[open] .btn-danger")
    page.wait_for_selector("#import-live")
    work()
    page.wait_for_selector("text=Undone")
    with tenancy.scope(shop):
        assert (Order.objects.count(), Customer.objects.count()) == (0, 0)
    screenshot(page, "import-undone-en")


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_people_in_arabic(browse, owner_of_shop, shop, screenshot, axe, tmp_path, viewport):
    path = tmp_path / "عملاء.csv"
    path.write_bytes(PEOPLE.encode("utf-16"))
    page = browse(owner_of_shop, language="ar", theme="dark", viewport=viewport)
    upload(page, path)
    assert [page.input_value(f"select[name=field-{n}]") for n in range(5)] == [
        "external_id",
        "name",
        "email",
        "",
        "consent.email",
    ]
    page.select_option("select[name=field-3]", index=page.locator("select[name=field-3] option").count() - 1)
    assert fits(page)
    axe(page)
    screenshot(page, f"import-match-ar-{viewport['width']}")
    page.click("button[name=apply]")
    page.wait_for_selector("#import-live")
    work()
    page.wait_for_selector("[data-open=undo]")
    assert fits(page)
    axe(page)
    screenshot(page, f"import-done-ar-{viewport['width']}")
    with tenancy.scope(shop):
        assert set(Customer.objects.values_list("external_id", "name")) == {("1", "محمد الأحمد"), ("2", "Zoë O'Neil")}


def test_a_file_that_is_no_table_is_refused_on_the_spot(browse, owner_of_shop, tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    page = browse(owner_of_shop)
    page.goto("/app/shop/customers/imports/")
    page.set_input_files("#id_file", path)
    page.click("#upload button[type=submit]")
    page.wait_for_selector("text=This file is not a table we can read.")
