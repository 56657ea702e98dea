"""A campaign to many people, sent as a marketer sends it: what `send` and `send_simple` have in common."""

import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks import _smtp, frame
from campaigns.channels.email import message
from campaigns.domain import campaigns, contexts, rendering
from campaigns.models import Message, SendUnit, Template, TemplateVersion
from customers.models import Segment
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.tenancy.models import Tenant

WORKERS = 2

_PEOPLE = """
INSERT INTO customers_customer (tenant_id, external_id, name, first_name, last_name, name_key, search, email, email_key,
    phone, language, timezone, country, city, attributes, lifecycle, created_at, updated_at, source)
SELECT %(tenant)s, 'c' || i, 'Name' || i || ' Family', 'Name' || i, 'Family', '', '', 'c' || i || '@example.com',
       'c' || i || '@example.com', '', 'en', '', 'GB', 'Leeds',
       jsonb_build_object('vip', i %% 2 = 0, 'since', '2019', 'points', i, 'coupon',
                          CASE WHEN i %% 3 = 0 THEN '' ELSE 'C' || i END, 'birthday_soon', i %% 10 = 0),
       'active', now(), now(), 'bench'
FROM generate_series(1, %(people)s) i
"""
_MEMBERS = """
INSERT INTO customers_segmentmember (tenant_id, segment_id, customer_id, entered_at)
SELECT tenant_id, %(segment)s, id, now() FROM customers_customer WHERE tenant_id = %(tenant)s
"""


class Sending:
    """The tenant, its people and its template; one lap is one campaign to all of them."""

    def __init__(self, *, people: int, body: str, data: dict) -> None:
        self.people, self.data = people, data
        self.tenant = Tenant.objects.create(slug="bench", name="Bench", currency="GBP")
        with tenancy.scope(self.tenant):
            self.template = Template.objects.create(name="Bench")
            TemplateVersion.objects.create(
                template=self.template, language="en", number=1, subject="News for {{ customer.first_name }}", body=body
            )
            self.segment = Segment.objects.create(
                slug="all", name="All", rule={"all": [{"attribute": "external_id", "exists": True}]}
            )
            with connection.cursor() as cursor:
                cursor.execute(_PEOPLE, {"tenant": self.tenant.pk, "people": people})
                cursor.execute(_MEMBERS, {"tenant": self.tenant.pk, "segment": self.segment.pk})
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def size(self) -> int:
        """Bytes of the message, so that the floor hands in as many."""
        with tenancy.scope(self.tenant):
            campaign = campaigns.create(name="Size", by=SYSTEM, template=self.template, segment=self.segment)
            campaigns.launch(campaign=campaign, by=SYSTEM, now=timezone.now() + timedelta(0))
            unit = SendUnit.objects.get()
            unit.data |= self.data
            press = rendering.press(unit=unit, tenant=self.tenant, language="en")
            customer = next(iter(contexts.of_customers([self._first()]).values()))
            recipient = message.Recipient(
                message_id=1,
                address="c1@example.com",
                now=timezone.now(),
                context=press.shared | {"customer": customer},
            )
            return len(press.letter.render(recipient))

    def clear(self) -> None:
        """Forget what a lap left behind."""
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE campaigns_message, campaigns_lease, campaigns_sendunit, campaigns_campaign, campaigns_link,"
                " campaigns_hit, campaigns_conversion, customers_event, jobs_job, audit_entry CASCADE"
            )
            cursor.execute("VACUUM ANALYZE campaigns_message")

    def lap(self) -> frame.Lap:
        """Launch, and wait until the last row of the ledger says accepted."""
        began = time.perf_counter()
        with tenancy.scope(self.tenant):
            campaign = campaigns.create(name="Lap", by=SYSTEM, template=self.template, segment=self.segment)
            campaign = campaigns.launch(campaign=campaign, by=SYSTEM, now=timezone.now())
            SendUnit.objects.filter(pk=campaign.unit_id).update(data=campaign.unit.data | self.data)
        while Message.objects.filter(state="accepted").count() < self.people:
            if time.perf_counter() - began > 600:
                raise RuntimeError("the campaign does not end")
            time.sleep(0.1)
        return frame.Lap(time.perf_counter() - began, self.people)

    def _first(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id) FROM customers_customer WHERE tenant_id = %s", [self.tenant.pk])
            return cursor.fetchone()[0]


def run(bench: frame.Bench, *, body: str, data: dict) -> frame.Result:
    """Measure a campaign beside the raw limit of the machine for messages of the same size."""
    with _smtp.sink() as port:
        bench.environment |= {"EMAIL_URL": f"smtp://127.0.0.1:{port}"}
        sending = Sending(people=bench.size, body=body, data=data)
        size = sending.size()
        sending.clear()
        bench.facts["message_bytes"] = size
        with bench.workers(WORKERS):
            return bench.measure(
                floor=lambda: _smtp.send(port, size=size, messages=bench.size),
                figure=sending.lap,
                before=lambda kind: sending.clear() if kind == "figure" else None,
            )
