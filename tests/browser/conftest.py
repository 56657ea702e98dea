"""A real browser for the tests that look at pages: the system's Chromium, driven by Playwright.

``browse`` opens pages of the product signed in as somebody; ``screenshot`` keeps what they look like; ``axe`` refuses
pages that people with a disability could not use.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cxm import tenancy
from cxm.accounts.models import Membership, User
from cxm.local import processes, testing
from cxm.tenancy.models import Tenant
from tests import programs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = settings.BASE_DIR / "node_modules/axe-core/axe.min.js"
PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# A file that is missing shows in the page; a request that a newer one overtakes is given up on purpose.
HARMLESS = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
WITHOUT = "needs Chromium and the npm packages: apt-get install chromium, then npm ci"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM or not AXE.exists():
                item.add_marker(pytest.mark.skip(reason=WITHOUT))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run."""
    # Playwright's loop stays in this thread until the end, and Django would take what follows for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def shop(transactional_db) -> Tenant:
    """A tenant that the server's own thread sees."""
    return Tenant.objects.create(slug="shop", name="Shop", timezone="UTC", currency="GBP", country="GB")


@pytest.fixture
def owner_of_shop(shop: Tenant) -> User:
    user = User.objects.create_user("owner@shop.test", "a long password", name="Nour Haddad")
    Membership.objects.create(tenant=shop, user=user, role="owner")
    return user


@pytest.fixture
def browse(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a window: ``browse(user, language="ar", theme="dark", viewport=PHONE)``.

    The page knows the server's address (``page.goto("/app/shop/")``) and gathers in ``page.faults`` what the browser
    complained about: errors of scripts, and whatever the content security policy refused. A fault fails the test.
    """
    contexts: list[tuple[BrowserContext, list[str]]] = []

    def open_page(user: User | None = None, *, language: str = "en", theme: str = "light", viewport=LAPTOP) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=viewport,
            color_scheme=theme,
            locale=language,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(30_000)  # milliseconds; machines that test are busy
        cookies = [{"name": "cxm_language", "value": language, "url": live_server.url}]
        if user is not None:
            client = Client()
            client.force_login(user)
            cookies.append(
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": live_server.url,
                }
            )
        context.add_cookies(cookies)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                page.faults.append(message.text)
                if message.type == "error" and not message.text.startswith(HARMLESS)
                else None
            ),
        )
        contexts.append((context, page.faults))
        return page

    yield open_page
    for context, _faults in contexts:
        context.close()
    assert [fault for _context, faults in contexts for fault in faults] == []


@pytest.fixture
def product(live_server, shop, tmp_path, monkeypatch):
    """A worker, a scheduler and the local inbox beside the web server; answers the inbox's folder, this test's own."""
    port = processes.free_port()
    monkeypatch.setattr(settings, "CXM_HOME", tmp_path)  # where the page of the inbox looks
    variables = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "CXM_BASE_URL": live_server.url}
    running = [
        programs.start("cxm.local.inbox", "--port", str(port), CXM_HOME=str(tmp_path)),
        programs.worker(**variables),
        programs.beat(**variables),
    ]
    yield tmp_path / "inbox"
    for program in running:
        programs.kill(program)


@pytest.fixture
def screenshot() -> Callable[[Page, str], Path]:
    """Return a function that keeps a picture of the whole page under CXM_HOME/screenshots."""
    folder = testing.home().root / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str, *, full: bool = True) -> Path:
        file, seen = folder / f"{name}.png", page.viewport_size
        if full:  # a window as tall as the page: what sticks to its edges stays where it belongs
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": seen["width"], "height": max(height, seen["height"])})
        page.screenshot(path=file, caret="initial")  # hiding it writes style="", which htmx then copies
        page.set_viewport_size(seen)
        return file

    return keep


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return a function that fails with what axe-core finds serious or critical on a page, and on what."""

    def check(page: Page, *, without: tuple[str, ...] = ()) -> None:
        page.evaluate(AXE.read_text(encoding="utf-8") + "; null")  # past the policy: it is the test's, not the page's
        run = "without => axe.run({exclude: without.map(s => [s])}, {resultTypes: ['violations']})"
        found = page.evaluate(run, list(without))
        grave = [
            "\n  ".join([f"{fault['id']}: {fault['help']}", *map(_told, fault["nodes"][:4])])
            for fault in found["violations"]
            if fault["impact"] in {"serious", "critical"}
        ]
        assert not grave, "\n" + "\n".join(grave)

    return check


def _told(node: dict) -> str:
    return f"{node['html'][:200]}  {' '.join(node.get('failureSummary', '').split())[:300]}"


@pytest.fixture
def within() -> Callable:
    """Return the scope of a tenant, for making rows: ``with within(shop): CustomerFactory()``."""
    return tenancy.scope
