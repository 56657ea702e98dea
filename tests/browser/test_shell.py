"""The frame of every page, seen by a browser in both languages, both themes, on a phone and on a laptop."""

from email.message import EmailMessage

import pytest

from cxm import tenancy
from cxm.accounts.models import Membership, User
from cxm.jobs.models import Job
from cxm.local import inbox
from cxm.tenancy.models import Tenant
from tests.browser.conftest import LAPTOP, PHONE

LOOKS = [
    {"language": "en", "theme": "light", "viewport": LAPTOP},
    {"language": "en", "theme": "dark", "viewport": PHONE},
    {"language": "ar", "theme": "light", "viewport": PHONE},
    {"language": "ar", "theme": "dark", "viewport": LAPTOP},
]


def look_name(look: dict) -> str:
    return f"{look['language']}-{look['theme']}-{look['viewport']['width']}"


def fits(page) -> bool:
    """Return whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_home_in_every_look(browse, owner_of_shop, screenshot, axe, look):
    page = browse(owner_of_shop, **look)
    page.goto("/app/shop/")

    assert page.get_attribute("html", "dir") == ("rtl" if look["language"] == "ar" else "ltr")
    assert page.get_attribute("html", "data-bs-theme") == look["theme"]
    assert fits(page)
    axe(page)
    screenshot(page, f"home-{look_name(look)}")


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=look_name)
def test_every_part_in_every_look(browse, owner_of_shop, screenshot, axe, look):
    page = browse(owner_of_shop, **look)
    page.goto("/app/shop/styleguide/?notice=1")
    page.wait_for_selector("body:not(:has([data-chart]:not([data-drawn])))")

    assert fits(page)
    axe(page)
    screenshot(page, f"parts-{look_name(look)}")


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[2]], ids=look_name)
def test_settings_in_several_looks(browse, owner_of_shop, shop, screenshot, axe, look):
    with tenancy.scope(shop):
        Job.objects.create(kind="x", title="customers.csv", state="running", done=320, total=1000)
    page = browse(owner_of_shop, **look)
    for name in ("settings/general", "settings/members", "settings/keys", "settings/audit", "settings/profile",
                 "jobs"):  # fmt: skip
        page.goto(f"/app/shop/{name}/")
        assert fits(page), name
        if look["viewport"] is PHONE:  # the same marks on a laptop
            axe(page)
        screenshot(page, f"{name.replace('/', '-')}-{look_name(look)}")


@pytest.mark.parametrize("look", [LOOKS[1], LOOKS[2]], ids=look_name)
def test_pages_at_the_door(browse, shop, screenshot, axe, look):
    page = browse(None, **look)
    for name, path in (("login", "/accounts/login/"), ("reset", "/accounts/password/reset/"), ("404", "/nothing/")):
        page.goto(path)
        assert fits(page), name
        axe(page)
        screenshot(page, f"{name}-{look_name(look)}")


def test_signing_in_switching_language_and_theme(browse, owner_of_shop):
    page = browse(None)
    page.goto("/app/shop/")
    page.get_by_label("Email").fill("owner@shop.test")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/app/shop/")
    page.get_by_role("button", name="العربية").click()
    page.wait_for_selector("html[dir=rtl]")
    page.locator(".top form[data-theme-form]").locator("..").get_by_role("button").first.click()
    page.locator("button[name=theme][value=dark]").click()
    page.wait_for_selector("html[data-bs-theme=dark]")
    owner_of_shop.refresh_from_db()

    assert (owner_of_shop.language, owner_of_shop.theme) == ("ar", "dark")


def test_finder_opens_by_key_and_goes_where_it_is_told(browse, owner_of_shop):
    page = browse(owner_of_shop)
    page.goto("/app/shop/")
    page.keyboard.press("/")
    page.keyboard.type("audit")
    page.wait_for_selector("#finder-places .finder-item[aria-selected=true]:has-text('Audit log')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/audit/")
    page.keyboard.press("Control+k")
    assert page.locator("#finder").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#finder").is_hidden()


def test_side_bar_of_a_phone_opens_and_closes_by_keyboard(browse, owner_of_shop):
    page = browse(owner_of_shop, viewport=PHONE)
    page.goto("/app/shop/")
    assert page.locator("#side").is_hidden()
    page.get_by_role("button", name="Open the menu").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#side.show:not(.showing)")
    for _ in range(12):  # the focus stays inside while it is open
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('#side').contains(document.activeElement)")
    page.keyboard.press("Escape")
    page.wait_for_selector("#side:not(.show)", state="hidden")
    page.wait_for_selector("[aria-controls=side]:focus")


def test_skip_link_comes_first(browse, owner_of_shop):
    page = browse(owner_of_shop)
    page.goto("/app/shop/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_businesses_are_switched_in_the_top_bar(browse, owner_of_shop, screenshot):
    second = Tenant.objects.create(slug="cafe", name="مقهى النور")
    Membership.objects.create(tenant=second, user=owner_of_shop, role="agent")
    page = browse(owner_of_shop)
    page.goto("/app/shop/")
    page.locator(".tenant-button").click()
    page.get_by_role("link", name="مقهى النور").click()
    page.wait_for_url("**/app/cafe/**")


def test_a_colleague_is_invited_and_joins(browse, owner_of_shop, shop):
    page = browse(owner_of_shop)
    page.goto("/app/shop/settings/members/")
    page.get_by_label("Email").fill("laila@shop.test")
    page.get_by_label("Role", exact=True).select_option("marketer")
    page.get_by_role("button", name="Invite").click()
    link = page.locator(".note code").text_content()

    guest = browse(None, language="ar", viewport=PHONE)
    guest.goto("/invitations/" + link.split("/invitations/")[1])
    guest.locator("input[name=name]").fill("ليلى")
    guest.locator("input[name=password]").fill("correct horse battery")
    guest.locator("main form button.btn-primary").click()
    guest.wait_for_url("**/app/shop/")
    assert User.objects.get(email="laila@shop.test").name == "ليلى"

    page.reload()
    page.goto("/app/shop/settings/members/")
    row = page.locator("tr", has_text="ليلى")
    row.locator("select").select_option("analyst")
    page.wait_for_selector(".notice.tone-success")
    page.locator("tr", has_text="ليلى").get_by_role("button", name="Remove").click()
    page.locator("dialog[open]").get_by_role("button", name="Remove").click()
    page.wait_for_selector(".notice.tone-success")
    assert Membership.objects.filter(tenant=shop).count() == 1


def test_a_key_is_made_and_copied(browse, owner_of_shop):
    page = browse(owner_of_shop)
    page.goto("/app/shop/settings/keys/")
    page.get_by_label("Name").fill("Shop")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("button", name="Copy the key").click()
    page.wait_for_selector(".notice:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith("cxm_")


def test_running_jobs_show_in_the_top_bar_until_they_are_done(browse, owner_of_shop, shop):
    with tenancy.scope(shop):
        job = Job.objects.create(kind="x", title="customers.csv", state="running", done=1, total=2)
    page = browse(owner_of_shop)
    page.goto("/app/shop/jobs/")
    page.wait_for_selector(".running-button")
    with tenancy.scope(shop):
        Job.objects.filter(pk=job.pk).update(state="done", done=2)
    page.wait_for_selector("#jobs-live .state:has-text('Done')")
    page.wait_for_selector(".running-button", state="detached")


def test_admin_of_a_tenant_looks_after_its_rows(browse, owner_of_shop, screenshot):
    page = browse(owner_of_shop)
    page.goto("/app/shop/admin/")
    page.get_by_role("link", name="Tags").first.click()
    page.wait_for_url("**/app/shop/admin/customers/tag/")
    screenshot(page, "admin-tags")


def test_the_local_inbox_shows_mail_in_its_cage(browse, owner_of_shop, screenshot, axe, settings, tmp_path):
    settings.CXM_HOME = tmp_path
    (tmp_path / "inbox").mkdir()
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "أهلًا بك", "Shop <shop@example.com>", "nour@example.com"
    mail.set_content("Hello")
    html = (
        '<h1 id="seen" style="color:red">Hello</h1><script>document.getElementById("seen").textContent = "ran"</script>'
    )
    mail.add_alternative(html, subtype="html")
    inbox.store(tmp_path / "inbox", sender="shop@example.com", recipients=["nour@example.com"], content=bytes(mail))
    page = browse(owner_of_shop)
    page.goto("/inbox/")
    axe(page)
    page.get_by_role("link", name="أهلًا بك").click()

    assert page.frame_locator("iframe.frame").locator("#seen").text_content() == "Hello"
    page.faults[:] = [fault for fault in page.faults if "sandboxed" not in fault]  # the script that was not let run
    screenshot(page, "inbox-message")
