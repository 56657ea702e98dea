"""People through an automation of eight steps, against the same rows written by plain batched SQL."""

import json
from datetime import datetime

from django.db import connection
from django.utils import timezone

from benchmarks import _data, frame
from customers.domain import attributes
from customers.models import Customer, CustomerTag, Tag
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib.ids import uuid7
from cxm.tenancy.models import Tenant
from journeys.domain import automations, enrolments
from journeys.models import Automation, Enrolment, StepTaken

TITLE = "100,000 people let in and moved through 8 steps (tags, branch, split, attribute, goal), no waiting"
FLOOR = "the same rows inserted and changed by plain SQL, 1,000 people a transaction"
UNIT = "people"
SIZE = 100_000
TARGET = frame.at_least(0.05, goal=0.20)
BATCH, STEPS = 1_000, 8
EVENTS = ("Journey Entered", "Journey Goal Reached", "Journey Finished")


def _tag(word: str) -> dict:
    return {"kind": "tag", "settings": {"action": "add", "tag": word}}


DEFINITION = {
    "trigger": {"kind": "manual"}, "again": {"rule": "always"}, "goal": None,
    "steps": [
        _tag("one"),
        {"kind": "branch", "paths": [
            {"key": "a", "settings": {"rule": {"attribute": "country", "in": ["SA", "AE"]}}, "steps": [_tag("two")]},
            {"key": "else", "steps": [_tag("three")]}]},
        {"kind": "attribute", "settings": {"attribute": "seen", "value": "yes"}},
        {"kind": "split", "paths": [{"key": "a", "settings": {"percent": 50}, "steps": [_tag("four")]},
                                    {"key": "b", "settings": {"percent": 50}, "steps": [_tag("five")]}]},
        _tag("six"),
        {"kind": "goal", "settings": {"name": "There"}},
    ],
}  # fmt: skip


def run(bench: frame.Bench) -> frame.Result:
    tenant = _data.ensure(customers=bench.size, events=0)
    automation = _prepare(tenant)
    with tenancy.scope(tenant):
        people = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[: bench.size])

    def figure() -> None:
        now = timezone.now()
        for start in range(0, len(people), BATCH):
            with tenancy.scope(tenant):
                enrolments.enrol(
                    automation=automation, customer_ids=people[start : start + BATCH], key="bench", by=SYSTEM, now=now
                )
        while enrolments.move_on(tenant=tenant, now=now):
            pass
        bench.facts["steps_taken"] = StepTaken.objects.count()
        bench.facts["through"] = Enrolment.objects.filter(state="done").count()

    def by_hand() -> None:
        writer = _ByHand(tenant, automation)
        for start in range(0, len(people), BATCH):
            writer.write(people[start : start + BATCH], timezone.now())
        bench.facts["steps_by_hand"] = StepTaken.objects.count()

    result = bench.measure(floor=by_hand, figure=figure, before=lambda kind: _clear())
    if not bench.facts["steps_taken"] == bench.facts["steps_by_hand"] == bench.size * STEPS:
        raise RuntimeError("Not everybody passed eight steps.")
    return result


def _prepare(tenant: Tenant) -> Automation:
    with tenancy.scope(tenant):
        if "seen" not in attributes.by_key():
            attributes.define(key="seen", label="Seen", kind="text", by=SYSTEM)
        made = automations.create(name="Bench", by=SYSTEM, definition=DEFINITION)
        automations.publish(automation=made, tenant=tenant, by=SYSTEM, now=timezone.now())
        for word in ("one", "two", "three", "four", "five", "six"):
            Tag.objects.get_or_create(name_key=word, defaults={"name": word})
        return automations.get(automation_id=made.pk)


def _clear() -> None:
    tables = [model._meta.db_table for model in (StepTaken, Enrolment, CustomerTag)]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}, customers_event, customers_segmentdirty, journeys_call")
        cursor.execute("UPDATE customers_customer SET attributes = attributes - 'seen' WHERE attributes ? 'seen'")
        cursor.execute("VACUUM customers_customer")


class _ByHand:
    """The rows as somebody would write them who knows what comes out."""

    def __init__(self, tenant: Tenant, automation: Automation) -> None:
        self.tenant, self.automation = tenant, automation
        self.nodes = [f"s{number}" for number in range(1, STEPS + 1)]
        self.tags = list(Tag.objects.filter(tenant=tenant).order_by("pk").values_list("pk", flat=True))[:4]

    def write(self, people: list[int], now: datetime) -> None:
        values = {
            "tenant": self.tenant.pk, "automation": self.automation.pk, "version": self.automation.version_id,
            "people": people, "now": now, "nodes": self.nodes, "tags": self.tags,
        }  # fmt: skip
        with tenancy.scope(self.tenant), connection.cursor() as cursor:
            cursor.execute(_ENTER, values)
            self._tell(cursor, EVENTS[:1], people, now)
        with tenancy.scope(self.tenant), connection.cursor() as cursor:
            for statement in (_TAGS, _ATTRIBUTE, _MARKS, _TAKE, _STAND):
                cursor.execute(statement, values)
            self._tell(cursor, EVENTS[1:], people, now)

    def _tell(self, cursor, names: tuple[str, ...], people: list[int], now: datetime) -> None:
        for name in names:
            rows = [{"id": str(uuid7()), "customer_id": person} for person in people]
            told = {"tenant": self.tenant.pk, "name": name, "now": now, "rows": json.dumps(rows)}
            cursor.execute(_EVENTS, told)


_ENTER = """
INSERT INTO journeys_enrolment (tenant_id, automation_id, version_id, customer_id, key, passage, state, node, due_at,
                                reached_at, attempts, reason, data, entered_at)
SELECT %(tenant)s, %(automation)s, %(version)s, p, 'bench', 1, 'active', 's1', %(now)s, %(now)s, 0, '', '{}', %(now)s
FROM unnest(%(people)s::bigint[]) p
"""
_EVENTS = """
WITH stored AS (
  INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source, message_id,
                               properties)
  SELECT id, %(tenant)s, customer_id, %(name)s, %(now)s, %(now)s, '', 'journeys', 'bench:' || id,
         '{"automation": 1, "name": "Bench"}'
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS told(id uuid, customer_id bigint) RETURNING customer_id
), seen AS (
  UPDATE customers_traits t SET last_seen_at = %(now)s FROM stored s
  WHERE t.tenant_id = %(tenant)s AND t.customer_id = s.customer_id AND (last_seen_at IS NULL OR last_seen_at < %(now)s)
)
INSERT INTO customers_segmentdirty (tenant_id, customer_id) SELECT %(tenant)s, customer_id FROM stored
"""
_TAGS = """
INSERT INTO customers_customertag (tenant_id, customer_id, tag_id)
SELECT %(tenant)s, p, t FROM unnest(%(people)s::bigint[]) p, unnest(%(tags)s::bigint[]) t
"""
_ATTRIBUTE = """
UPDATE customers_customer SET attributes = attributes || '{"seen": "yes"}', updated_at = now()
WHERE tenant_id = %(tenant)s AND id = ANY(%(people)s::bigint[])
"""
_MARKS = """
INSERT INTO customers_segmentdirty (tenant_id, customer_id)
SELECT %(tenant)s, p FROM unnest(%(people)s::bigint[]) p, generate_series(1, 5)
"""
_TAKE = """
INSERT INTO journeys_steptaken (tenant_id, enrolment_id, version_id, node, path, at)
SELECT %(tenant)s, e.id, %(version)s, n, '', %(now)s
FROM journeys_enrolment e, unnest(%(nodes)s::text[]) n
WHERE e.tenant_id = %(tenant)s AND e.automation_id = %(automation)s AND e.customer_id = ANY(%(people)s::bigint[])
"""
_STAND = """
UPDATE journeys_enrolment SET state = 'done', node = 's8', due_at = NULL, finished_at = %(now)s
WHERE tenant_id = %(tenant)s AND automation_id = %(automation)s AND customer_id = ANY(%(people)s::bigint[])
"""
