"""Automations for tests, made inside a scope."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cxm.audit.actors import SYSTEM
from cxm.tenancy.models import Tenant
from journeys.domain import automations, enrolments, inbox
from journeys.models import Automation, Enrolment

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
MANUAL = {"kind": "manual"}


def automation(
    tenant: Tenant, steps: Sequence[dict], *, trigger: dict | None = None, again: str | dict = "always",
    goal: dict | None = None, now: datetime = NOW,
) -> Automation:  # fmt: skip
    """Return an automation that is live."""
    rule = again if isinstance(again, dict) else {"rule": again}
    definition = {"trigger": trigger or MANUAL, "again": rule, "goal": goal, "steps": list(steps)}
    made = automations.create(name="Welcome", by=SYSTEM, definition=definition)
    automations.publish(automation=made, tenant=tenant, by=SYSTEM, now=now)
    return automations.get(automation_id=made.pk)


def wait(duration: str, **more: object) -> dict:
    return {"kind": "wait", "settings": {"duration": duration}, **more}


def tag(word: str, **more: object) -> dict:
    return {"kind": "tag", "settings": {"action": "add", "tag": word}, **more}


def come(made: Automation, *customers, key: str = "k", now: datetime = NOW) -> int:
    """Let customers in by hand."""
    ids = [customer.pk for customer in customers]
    return enrolments.enrol(automation=made, customer_ids=ids, key=key, by=SYSTEM, now=now)


def run(tenant: Tenant, now: datetime = NOW) -> None:
    """Drain the inbox and move everybody as far as they get."""
    while inbox.drain(tenant=tenant, now=now) + enrolments.move_on(tenant=tenant, now=now):
        pass


def standing() -> list[tuple[str, str]]:
    """Return (state, step) of every passage, in the order they began."""
    return list(Enrolment.objects.order_by("pk").values_list("state", "node"))
