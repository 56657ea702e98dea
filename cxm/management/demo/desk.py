"""What colleagues did in a demo tenant: segments they made, a file they brought in, when they did what."""

from collections import Counter
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from campaigns.models import Campaign
from customers.domain import imports, segments
from customers.models import Import, Interaction, Segment
from cxm.accounts.models import Todo
from cxm.audit.models import Entry
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.management.demo.people import World
from cxm.tenancy.models import Tenant
from feedback.models import Case, CaseMessage

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
    """Give what the loader has just done the times it tells of: audit entries. Called outside every scope.

    Entries of what has times of its own lie within these, in their order; what is set up once was set up first.
    """
    entries = list(Entry.objects.filter(tenant=tenant).order_by("pk"))
    known, mails = _spans(tenant, now), dict(CaseMessage.objects.filter(tenant=tenant).values_list("ledger_id", "at"))
    places = [(entry.object_type, int(entry.object_id or 0)) for entry in entries]
    last, seen = Counter(places), Counter()
    for number, (entry, place) in enumerate(zip(entries, places, strict=True)):
        entry.at = since + timedelta(minutes=7 * number % 2880)
        if place in known:
            begun, ended = known[place]
            entry.at = begun + (ended - begun) * seen[place] / max(1, last[place] - 1)
        elif mail := mails.get(entry.details.get("message")):
            entry.at = mail
        seen[place] += 1
    Entry.objects.bulk_update(entries, ["at"], batch_size=1000)


def _spans(tenant: Tenant, now: datetime) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """Return from when to when something was done with what has times of its own, by its kind and number."""
    launched = Campaign.objects.filter(tenant=tenant, launched_at__isnull=False).values_list("pk", "launched_at")
    found = {("campaigns.campaign", pk): (at - timedelta(days=3), at) for pk, at in launched}
    brought = now - timedelta(days=2)
    for pk in Import.objects.filter(tenant=tenant).values_list("pk", flat=True):
        found["customers.import", pk] = (brought, brought + timedelta(hours=1))
    for pk, at in Interaction.objects.filter(tenant=tenant).values_list("pk", "occurred_at"):
        found["customers.interaction", pk] = (at, at)
    for pk, *span in Case.objects.filter(tenant=tenant).values_list("pk", "opened_at", "updated_at"):
        found["feedback.case", pk] = tuple(span)
    for pk, due, done in Todo.objects.filter(tenant=tenant).values_list("pk", "due_at", "done_at"):
        ended = min(done or due or now, now)
        found["accounts.todo", pk] = (ended - timedelta(days=1), ended)
    return found
