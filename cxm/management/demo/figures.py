"""What a demo business expects of its figures: assumptions, targets, a prediction, a shared dashboard."""

from datetime import timedelta
from decimal import Decimal

from analytics.domain import assumptions, forecasts, shares, targets
from cxm.lib import time
from cxm.management.demo.people import World
from cxm.tenancy.models import Tenant

# figure, value, days before the end of the month at which it begins
TARGETS = (
    ("revenue", Decimal(90_000), 3),
    ("new_customers", Decimal(60), 1),
    ("click_rate", Decimal("0.08"), 3),
    ("churn_rate", Decimal("0.1"), 3),
)


def expect(world: World, tenant: Tenant) -> None:
    """Say what is assumed and wanted, and have value and risk predicted. In the tenant's scope."""
    assumptions.change(
        discount=Decimal("0.15"), margin=Decimal("0.42"), email_cost=Decimal("0.004"), risk_from=Decimal("0.5"),
        by=world.by,
    )  # fmt: skip
    month = time.today(world.now, time.zone(tenant.timezone)).replace(day=1)
    last = time.add_months(month, 1) - timedelta(days=1)
    for kpi, value, months in TARGETS:
        targets.create(kpi=kpi, value=value, first=time.add_months(month, 1 - months), last=last, by=world.by)
    shares.create(board="overview", period="last_30_days", by=world.by, now=world.now)
    forecasts.request(by=world.by)
