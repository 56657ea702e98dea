"""Segments: made, changed, put away, tried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import memberships, rules, rules_explain, rules_parse, rules_words
from customers.domain.rules_pieces import Piece
from customers.models import Customer, Segment, SegmentMember
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy.models import Tenant

JOB = "segments.refresh"
PREVIEW_SECONDS = 10
_CANCELLED = "57014"


class SegmentNotFound(NotFound):
    message = _("There is no such segment.")


class SegmentRefused(Refusal):
    code = "invalid_segment"
    message = _("This segment cannot be kept as it is.")


class SegmentInUse(Conflict):
    code = "segment_in_use"


class PreviewTooLong(Refusal):
    code = "preview_too_long"
    message = _("Counting takes too long for a preview. Save the segment: it is then filled in the background.")
    status = 422


@dataclass(frozen=True)
class Preview:
    """How many people a rule holds for now, and some of them, newest first."""

    count: int
    sample: list[Customer]


def get(segment_id: int) -> Segment:
    """Return the segment, or refuse with 404."""
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise SegmentNotFound
    return found


def live() -> QuerySet[Segment]:
    """Return the segments in use, by name."""
    return Segment.objects.filter(archived_at=None)


def create(*, name: str, rule: object, tenant: Tenant, by: Actor, description: str = "") -> Segment:
    """Make a segment and have it filled in the background.

    Raises:
        SegmentRefused: no name.
        InvalidRule: with the path of what is wrong.
    """
    line = _name(name)
    rules.parse(rule=rule, catalogue=rules.load(tenant))
    segment = _insert(name=line, description=text.clean_line(description)[:300], rule=rule, created_by=by.label[:254])
    audit.record(by=by, action="segment.created", on=segment, rule=rule)
    request_refresh(segments=[segment], by=by)
    return segment


def change(
    *,
    segment: Segment,
    tenant: Tenant,
    by: Actor,
    name: str | None = None,
    description: str | None = None,
    rule: object | None = None,
) -> Segment:
    """Change what is handed in; another rule has the segment filled anew. The slug stays: rules name it.

    Raises:
        SegmentRefused: no name.
        InvalidRule: with the path of what is wrong, also when the segment would depend on itself.
    """
    segment = Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
    before = {"name": segment.name, "rule": segment.rule}
    if name is not None:
        segment.name = _name(name)
    if description is not None:
        segment.description = text.clean_line(description)[:300]
    if another := rule is not None and rule != segment.rule:
        rules.parse(rule=rule, catalogue=rules.load(tenant), itself=segment.slug)
        segment.rule, segment.version = rule, segment.version + 1
    segment.save(update_fields=["name", "description", "rule", "version", "updated_at"])
    audit.record(by=by, action="segment.changed", on=segment, before=before, name=segment.name, rule=segment.rule)
    if another:
        request_refresh(segments=[segment], by=by)
    return segment


def archive(*, segment: Segment, by: Actor, now: datetime) -> Segment:
    """Put a segment away: it keeps its people as they are and is refreshed no more.

    Raises:
        SegmentInUse: another segment names it.
    """
    naming = [
        other.name
        for other in live().exclude(pk=segment.pk)
        if {segment.slug, str(segment.pk)} & rules_parse.named(other.rule)
    ]
    if naming:
        raise SegmentInUse(__("It is part of other segments: %(names)s.") % {"names": ", ".join(naming)})
    segment.archived_at = now
    segment.save(update_fields=["archived_at"])
    audit.record(by=by, action="segment.archived", on=segment)
    return segment


def restore(*, segment: Segment, tenant: Tenant, by: Actor) -> Segment:
    """Take a segment back into use and have it filled anew.

    Raises:
        InvalidRule: what it names is gone meanwhile.
    """
    rules.parse(rule=segment.rule, catalogue=rules.load(tenant), itself=segment.slug)
    segment.archived_at, segment.version = None, segment.version + 1
    segment.save(update_fields=["archived_at", "version"])
    audit.record(by=by, action="segment.restored", on=segment)
    request_refresh(segments=[segment], by=by)
    return segment


def preview(*, rule: object, tenant: Tenant, now: datetime, itself: str = "", sample: int = 8) -> Preview:
    """Count the people a rule holds for now, and fetch some; writes nothing.

    Raises:
        InvalidRule: with the path of what is wrong.
        PreviewTooLong: after ten seconds.
    """
    catalogue = rules.load(tenant)
    query = rules.compile(rules.parse(rule=rule, catalogue=catalogue, itself=itself), catalogue=catalogue, now=now)
    asked = (
        Piece("WITH found AS MATERIALIZED (")
        + query
        + Piece(
            ") SELECT (SELECT count(*) FROM found), ARRAY(SELECT f.id FROM found f ORDER BY f.id DESC LIMIT %s)",
            (sample,),
        )
    )
    count, ids = _within_seconds(asked)
    people = {customer.pk: customer for customer in Customer.objects.filter(pk__in=ids)}
    return Preview(count, [people[found] for found in ids if found in people])


def explain(*, segment: Segment, customer: Customer, tenant: Tenant, now: datetime) -> rules_explain.Verdict:
    """Say for every part of the rule whether it holds for somebody, and what was found.

    Raises:
        InvalidRule: the rule can no longer be understood.
    """
    catalogue = rules.load(tenant)
    node = rules.parse(rule=segment.rule, catalogue=catalogue)
    return rules_explain.explain(node, catalogue=catalogue, now=now, customer=customer)


def in_words(*, rule: object, tenant: Tenant) -> str:
    """Return a rule as a sentence, empty where it can no longer be understood."""
    try:
        return rules_words.sentence(rules.parse(rule=rule, catalogue=rules.load(tenant)))
    except rules.InvalidRule:
        return ""


def _within_seconds(asked: Piece) -> tuple:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true),"
                " set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true)",
                [f"{PREVIEW_SECONDS}s"],
            )
            usual = cursor.fetchone()[0]
            cursor.execute(asked.text, asked.params)
            found = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == _CANCELLED:
            raise PreviewTooLong from error
        raise


def request_refresh(*, by: Actor = SYSTEM, segments: Sequence[Segment] | None = None) -> Job:
    """Have segments filled in the background: these, or all that are live. Call it in the transaction of the cause."""
    if segments is None:
        title, payload = __("Refresh all segments"), {}
    else:
        title = __("Refresh of %(names)s") % {"names": ", ".join(segment.name for segment in segments)}
        payload = {"segments": [segment.pk for segment in segments]}
    return jobs.enqueue(kind=JOB, title=title, by=by, payload=payload)


def run_job(job: Job) -> None:
    """Fill the segments of a job, each in a transaction of its own; safe to run twice."""
    with tenancy.scope(job.tenant_id):
        tenant = Tenant.objects.get(pk=job.tenant_id)
        found = live()
        if "segments" in job.payload:
            found = found.filter(pk__in=job.payload["segments"])
        ids = list(found.order_by("id").values_list("id", flat=True))
    for done, segment_id in enumerate(ids):
        jobs.progress(job, done=done, total=len(ids), now=timezone.now())
        refresh(segment_id=segment_id, tenant=tenant, now=timezone.now())
    job.total = len(ids)
    job.result = {"segments": len(ids)}


def refresh(*, segment_id: int, tenant: Tenant, now: datetime) -> memberships.Change:
    """Fill one segment in a scope of its own; a rule that cannot be understood is noted with the segment."""
    try:
        with tenancy.scope(tenant):
            segment = live().filter(pk=segment_id).first()
            return memberships.refresh_now(segment=segment, tenant=tenant, now=now) if segment else memberships.Change()
    except rules.InvalidRule as refusal:
        with tenancy.scope(tenant):
            Segment.objects.filter(pk=segment_id).update(problem=str(refusal.message)[:300])
        return memberships.Change()


def refresh_changed(*, tenant_id: int, now: Callable[[], datetime]) -> memberships.Change:
    """Refresh a tenant's segments for whoever is marked, batch by batch, each in a scope of its own."""
    total = memberships.Change(more=True)
    while total.more:
        with tenancy.scope(tenant_id):
            tenant = Tenant.objects.get(pk=tenant_id)
            found = memberships.refresh_changed(tenant=tenant, now=now())
        total = memberships.Change(total.entered + found.entered, total.left + found.left, found.more)
    return total


def history(*, segment: Segment, tenant: Tenant, now: datetime, days: int = 30) -> list[dict]:
    """Return for each of the last days how many came in, went out and were in at its end."""
    zone = ZoneInfo(tenant.timezone)
    since = now - timedelta(days=days - 1)
    since = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = {}
    for column in ("entered_at", "left_at"):
        found = SegmentMember.objects.filter(segment=segment, **{f"{column}__gte": since})
        counts[column] = dict(
            found.annotate(day=TruncDate(column, tzinfo=zone))
            .values("day")
            .annotate(n=Count("id"))
            .values_list("day", "n")
        )
    size = SegmentMember.objects.filter(segment=segment, entered_at__lt=since).exclude(left_at__lt=since).count()
    rows = []
    for ahead in range(days):
        day = (since + timedelta(days=ahead)).date()
        entered, left = counts["entered_at"].get(day, 0), counts["left_at"].get(day, 0)
        size += entered - left
        rows.append({"day": day, "entered": entered, "left": left, "size": size})
    return rows


def _name(name: str) -> str:
    line = text.clean_line(name)
    if not line or len(line) > 120:
        raise SegmentRefused(fields={"name": __("Give it a name of at most 120 characters.")})
    return line


def _insert(**values: object) -> Segment:
    """Keep a new segment under a free slug; the slug that somebody else took in the same moment is not free."""
    for _attempt in range(10):
        try:
            with transaction.atomic():
                return Segment.objects.create(slug=_free_slug(values["name"]), **values)
        except IntegrityError:
            continue
    raise SegmentRefused(fields={"name": __("Somebody else is making segments of this name right now. Try again.")})


def _free_slug(name: str) -> str:
    """A slug in the letters of the name, followed by a number where it is taken."""
    stem = "-".join(re.findall(r"\w+", name.lower()))[:50].strip("-_") or "segment"
    if stem.isdigit():  # a rule may name a segment by its number
        stem = f"segment-{stem}"
    taken = set(Segment.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if slug not in taken)
