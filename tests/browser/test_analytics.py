"""Who may be leaving, seen and written to: from orders through a worker to a campaign, in the browser."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.domain import forecasts, targets
from customers.models import Order
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.analytics import purchases
from tests.browser.conftest import PHONE
from tests.customers.importing import work

SEEN = {"dashboard": "", "outlook": "outlook/", "rfm": "outlook/rfm/", "model": "outlook/model/", "cohorts": "cohorts/",
        "targets": "targets/", "league": "segments/", "kpis": "kpis/", "shares": "shares/"}  # fmt: skip


@pytest.fixture
def scored(shop, within):
    """A shop of 260 buyers until yesterday, scored, with a target."""
    with tenancy.scope(shop):
        purchases.fill()
        late = timezone.now() - timedelta(days=1) - purchases.END
        for order in Order.objects.all():
            order.placed_at += late
            order.save(update_fields=["placed_at"])
        today = timezone.now().date()
        targets.create(
            kpi="revenue", value=50_000, first=today.replace(day=1), last=today + timedelta(days=9), by=SYSTEM
        )
        forecasts.request()
    work()
    return shop


def test_those_at_risk_are_one_click_from_a_campaign(scored, owner_of_shop, browse, axe, screenshot):
    page = browse(owner_of_shop)
    for name, path in SEEN.items():
        page.goto(f"/app/shop/analytics/{path}")
        page.wait_for_load_state("networkidle")
        if name in {"outlook", "rfm", "cohorts", "targets"}:
            axe(page)
        screenshot(page, f"analytics-{name}")
    arabic = browse(owner_of_shop, language="ar", theme="dark", viewport=PHONE)
    for name, path in SEEN.items():
        arabic.goto(f"/app/shop/analytics/{path}")
        arabic.wait_for_load_state("networkidle")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert arabic.evaluate(wide) <= 0, name
        screenshot(arabic, f"analytics-{name}-ar-phone")
    page.goto("/app/shop/analytics/outlook/")
    page.get_by_role("button", name="Win them back").click()
    page.wait_for_url("**/campaigns/new/?segment=*")
    assert page.locator("select[name=segment] option:checked").inner_text() == "Win back: At risk"
