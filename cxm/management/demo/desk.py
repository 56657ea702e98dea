"""What colleagues did in a demo tenant: segments they made, a file they brought in, when they did what."""

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from campaigns.models import Campaign
from customers.domain import imports, segments
from customers.models import Import, Segment
from cxm.audit.models import Entry
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.management.demo.people import World
from cxm.tenancy.models import Tenant

SEGMENTS = (
    ("everybody", "Everybody with an address", "All who have an email address.",
     {"all": [{"attribute": "email", "exists": True}]}),
    ("vip", "VIP", "Ordered at least four times and brought 1,500 or more.",
     {"all": [{"trait": "orders_count", "gte": 4}, {"trait": "revenue", "gte": 1500}]}),
    ("twice", "Two orders in 90 days", "Placed two orders or more in the last 90 days.",
     {"all": [{"order": True, "count": {"gte": 2}, "within": "P90D"}]}),
    ("lapsed", "Lapsed", "Ordered once, but not in the last 90 days.",
     {"all": [{"trait": "orders_count", "gte": 1}, {"trait": "days_since_last_order", "gt": 90}]}),
    ("arabic", "يقرؤون العربية", "Speak Arabic.", {"all": [{"attribute": "language", "is": "ar"}]}),
    ("birthday", "Birthday this month", "Have their birthday in this calendar month.",
     {"all": [{"attribute": "birthday", "anniversary": "month"}]}),
)  # fmt: skip

FILE = """external_id,name,email,phone,city,country,tags
FAIR-001,نوف الحربي,nouf.fair@example.com,+966551234501,الرياض,SA,fair
FAIR-002,Tom Baker,tom.fair@example.com,+447400123456,London,GB,fair
FAIR-003,Rania Khoury,rania.fair(at)example.com,,Amman,JO,fair
FAIR-004,سعود العتيبي,saud.fair@example.com,+966551234504,جدة,SA,fair
FAIR-005,Mona Almasri,mona.fair@example.com,12,القاهرة,EG,fair
FAIR-006,ليان حداد,layan.fair@example.com,+971501234506,دبي,AE,fair
FAIR-006,ليان حداد,layan.fair@example.com,+971501234506,دبي,AE,fair
FAIR-008,Adam Clarke,adam.fair@example.com,,Leeds,Narnia,fair
"""


def divide(world: World, tenant: Tenant) -> dict[str, Segment]:
    """Make the segments; they are filled by the jobs that making them queued."""
    return {
        key: segments.create(name=name, description=said, rule=rule, tenant=tenant, by=world.by)
        for key, name, said, rule in SEGMENTS
    }


def bring(world: World) -> Import:
    """Bring in a small file that has mistakes in it."""
    return imports.bring(
        file=ContentFile(FILE.encode(), name="fair.csv"),
        filename="Visitors of the fair.csv",
        kind="customers",
        mapping=None,
        dry_run=False,
        by=world.by,
    )


def do_jobs(tenant: Tenant) -> None:
    """Do the work that was queued, here and now. Called outside every scope.

    Raises:
        RuntimeError: a job that did not come to its end.
    """
    for job in Job.objects.filter(tenant=tenant, state=Job.State.QUEUED).order_by("pk"):
        jobs.run(tenant_id=tenant.pk, job_id=job.pk, now=timezone.now)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise RuntimeError(f"{job.title}: {job.state} {job.error}")


def date_back(tenant: Tenant, *, since: datetime, now: datetime) -> None:
    """Spread over the months what the loader has just done: audit entries and jobs. Called outside every scope."""
    launched = dict(Campaign.objects.filter(tenant=tenant, launched_at__isnull=False).values_list("pk", "launched_at"))
    entries = list(Entry.objects.filter(tenant=tenant).order_by("pk"))
    for number, entry in enumerate(entries):
        at = launched.get(int(entry.object_id or 0)) if entry.object_type == "campaigns.campaign" else None
        if at and entry.action == "campaign.created":
            at -= timedelta(days=3)
        if at is None:
            at = now - timedelta(days=2) if entry.object_type == "customers.import" else since
            at += timedelta(minutes=7 * number % 2880)
        entry.at = min(at, now)
    Entry.objects.bulk_update(entries, ["at"], batch_size=1000)
