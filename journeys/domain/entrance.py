"""Letting the people of a segment in, in the background, portion by portion."""

from django.utils import timezone
from django.utils.translation import gettext as __

from customers.domain import memberships, segments
from customers.models import Segment
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.lib.ids import uuid7
from journeys.domain import automations, enrolments
from journeys.domain.triggers import Entry
from journeys.models import Automation

JOB, PORTION = "journeys.enrol", 2_000


def open_for_segment(*, automation: Automation, segment: Segment, by: Actor, key: str = "") -> Job:
    """Queue that everybody of a segment comes in.

    Args:
        key: whoever may ask twice names what they ask for: the same key lets the same person in once.

    Raises:
        enrolments.NotOpen: the automation is not live.
    """
    if automation.state not in enrolments.OPEN:
        raise enrolments.NotOpen
    audit.record(by=by, action="automation.enrolled", on=automation, segment=segment.pk)
    return jobs.enqueue(
        kind=JOB,
        title=__("%(automation)s: let in %(segment)s") % {"automation": automation.name, "segment": segment.name},
        by=by,
        payload={"automation": automation.pk, "segment": segment.pk, "key": key or f"manual:{uuid7()}"},
        link=f"/app/{tenancy.current().slug}/journeys/automations/{automation.pk}/",
        total=segment.member_count,
    )


def run_job(job: Job) -> None:
    """Let the members in by portions, each in a transaction of its own; doing it again lets nobody in twice."""
    segments.refresh(segment_id=job.payload["segment"], tenant=job.tenant, now=timezone.now())
    after, seen, came = 0, 0, 0
    while True:
        with tenancy.scope(job.tenant_id):
            automation = automations.get(automation_id=job.payload["automation"])
            members = memberships.members(Segment(pk=job.payload["segment"])).filter(customer_id__gt=after)
            people = list(members.order_by("customer_id").values_list("customer_id", flat=True)[:PORTION])
            now = timezone.now()
            entries = [Entry(customer, job.payload["key"], now, {}) for customer in people]
            came += enrolments.let_in(automation=automation, entries=entries, now=now)[0]
        if not people:
            break
        after, seen = people[-1], seen + len(people)
        jobs.progress(job, done=seen, now=timezone.now())
    job.total = seen
    job.result = {"people": seen, "entered": came}
