"""From the telephone system's word to the caller's card in an agent's open browser."""

import json
import shutil
import statistics
import time
import urllib.request
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from benchmarks import _data, frame
from customers.domain import telephony
from customers.models import Customer
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.accounts.models import Membership, Role, User
from cxm.audit.actors import SYSTEM
from cxm.tenancy.models import Tenant

TITLE = "a call told to the API → its card painted in an open page, 1 M customers, 2 web workers"
FLOOR = "the same word told, and the card fetched at once by a program, without bell or browser"
UNIT = "cards"
SIZE = 1_000_000
TARGET = frame.SHOWN
MOST = {"p95_ms": 500}

CALLS = 40
# Keeps the moment (ms since 1970) at which each card was painted: two frames after it came into the page.
WATCH = """() => {
  window.painted = {};
  new MutationObserver(() => document.querySelectorAll("#calls [data-call]").forEach((card) => {
    if (card.id in window.painted) return;
    window.painted[card.id] = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.painted[card.id] = Date.now(); }));
  })).observe(document.getElementById("calls"), { childList: true });
}"""


def run(bench: frame.Bench) -> frame.Result:
    tenant = _data.ensure(customers=bench.size, events=bench.size)
    numbers = _numbers(tenant, CALLS * (bench.repeats + 2) * 2)
    ids = iter(numbers)
    bench.facts |= {f"{column}_plan": _plan(tenant, column) for column in ("phone", "phone_tail")}
    user, secret = _agent(tenant)
    cookie = f"{settings.SESSION_COOKIE_NAME}={_session(user)}"
    waits: list[float] = []
    with bench.web(workers=2) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = _open(browser, address, tenant, cookie)

        def tell(number: int, state: str, call_id: str) -> int:
            said = {"call_id": call_id, "state": state, "number": numbers[number]}
            return _post(f"{address}/api/v1/calls/", said, secret)["id"]

        def ask() -> frame.Lap:
            lap = [_shown(page, tell, next(ids)) for _call in range(CALLS)]
            waits.extend(lap)
            return frame.Lap(sum(lap), CALLS)

        def ask_floor() -> frame.Lap:
            seconds = 0.0
            for _call in range(CALLS):
                number, began = next(ids), time.perf_counter()
                tell(number, "ringing", f"floor-{number}")
                _get(f"{address}/app/{tenant.slug}/customers/calls/live/", cookie)
                seconds += time.perf_counter() - began
                tell(number, "ended", f"floor-{number}")
            return frame.Lap(seconds, CALLS)

        result = bench.measure(floor=ask_floor, figure=ask)
        cuts = statistics.quantiles(waits, n=100)
        bench.facts |= {"p50_ms": round(cuts[49] * 1000), "p95_ms": round(cuts[94] * 1000), "calls": len(waits)}
        browser.close()
    return result


def _shown(page: Page, tell, number: int) -> float:
    """Return seconds from sending the word to the painted card; the call is then ended, and its card goes."""
    time.sleep(0.05 + number % 7 / 20)  # not in step with the page's questions
    began = time.time()
    pk = tell(number, "ringing", f"call-{number}")
    card = page.locator(f"#call-{pk}")
    card.wait_for(state="visible")
    painted = 0
    while not painted:
        painted = page.evaluate("id => window.painted[id] || 0", f"call-{pk}")
    tell(number, "answered", f"call-{number}")
    _put_aside(page, pk)
    return painted / 1000 - began


def _put_aside(page: Page, pk: int) -> None:
    page.locator(f"#call-{pk} [data-key=x]").click()
    page.locator(f"#call-{pk}").wait_for(state="detached")


def _open(browser, address: str, tenant: Tenant, cookie: str) -> Page:
    context = browser.new_context(base_url=address)
    name, _sep, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    page.goto(f"/app/{tenant.slug}/customers/console/")
    page.evaluate(WATCH)
    return page


def _numbers(tenant: Tenant, count: int) -> dict[int, str]:
    """Return telephone numbers of customers spread over the whole range, by id."""
    ids = _data.some_ids(tenant, count)
    with tenancy.scope(tenant):
        return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "phone"))


def _plan(tenant: Tenant, column: str) -> str:
    """Return how a number is looked up below the tenant's policy: the scan, and the index it uses."""
    with tenancy.scope(tenant):
        return (
            Customer.objects.filter(**{column: "+966500012345"[-8 if column == "phone_tail" else 0 :]})
            .exclude(phone="")
            .explain()
            .splitlines()[0]
            .split("(cost")[0]
            .strip()
        )


def _agent(tenant: Tenant) -> tuple[User, str]:
    user = User.objects.create_user("agent@bench.test", "a long password")
    Membership.objects.create(tenant=tenant, user=user, role=Role.AGENT)
    with tenancy.scope(tenant):
        telephony.set_state(user=user, state="available", now=timezone.now())
        return user, keys.create(name="Telephone", scopes=["calls.write"], by=SYSTEM)[1]


def _session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def _post(address: str, body: dict, secret: str) -> dict:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _get(address: str, cookie: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookie}), timeout=30) as answer:
        return answer.read()
