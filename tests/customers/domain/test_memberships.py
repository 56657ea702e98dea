"""Membership follows what changes and what time does: always what a full refresh would give."""

import os
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customers import signals, tasks
from customers.domain import events, memberships, rules, segments
from customers.models import Customer, CustomerTag, Event, Segment, SegmentDirty, SegmentMember, Tag, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from tests.customers.domain import rule_people
from tests.customers.domain.rule_people import NOW
from tests.factories import CustomerFactory, OrderFactory, SegmentFactory, TagFactory

DAY = timedelta(days=1)
FEW = settings(
    max_examples=int(os.environ.get("CXM_EXAMPLES", "25")), report_multiple_bugs=False,
    phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def inside(segment) -> list[int]:
    return sorted(memberships.members(segment).values_list("customer_id", flat=True))


def expected(segment, tenant, now) -> list[int]:
    catalogue = rules.load(tenant)
    query = rules.compile(rules.parse(rule=segment.rule, catalogue=catalogue), catalogue=catalogue, now=now)
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.params)
        return sorted(row[0] for row in cursor.fetchall())


def happen(customer_id: int, now, kind: int) -> None:
    """Change something of a person as the product does: rows, then the mark, in one transaction."""
    if kind == 0:
        events.record([events.Happening(customer_id, "Email Opened", now, {"total": 5})])
    elif kind == 1:
        events.record([events.Happening(customer_id, "Product Viewed", now - 29 * DAY, {"sku": "a"})])
    elif kind == 2:
        OrderFactory(customer=Customer(pk=customer_id), placed_at=now - DAY, revenue=100)
        Traits.objects.update_or_create(
            customer_id=customer_id, defaults={"last_order_at": now - DAY, "orders_count": 1, "revenue": 100}
        )
    elif kind == 3:
        tag = Tag.objects.get(name="press")
        if not CustomerTag.objects.filter(customer_id=customer_id, tag=tag).delete()[0]:
            CustomerTag.objects.create(customer_id=customer_id, tag=tag)
    elif kind == 4:
        Event.objects.filter(customer_id=customer_id).delete()
    else:
        Event.objects.create(customer_id=customer_id, name="Email Opened", occurred_at=now + 3 * DAY)
    events.mark_dirty([customer_id])


steps = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5))
    | st.sampled_from([timedelta(hours=1), timedelta(hours=13), DAY, 3 * DAY, 29 * DAY, 31 * DAY, 90 * DAY]),
    min_size=1,
    max_size=8,
)


zones = st.sampled_from(["UTC", "Asia/Riyadh", "Europe/Berlin", "America/New_York"])


def test_whatever_happens_a_refresh_of_what_changed_gives_what_a_full_one_would(scoped):
    rule_people.define()
    first, second = Segment.objects.order_by("id")
    third = SegmentFactory(slug="seg-three", rule={"any": [{"not": {"segment": "seg-two"}}, {"tag": "press"}]})

    @FEW
    @given(st.lists(rule_people.people(), min_size=1, max_size=4), rule_people.rules, rule_people.rules, steps, zones)
    def check(people, one, two, happening, zone):
        scoped.timezone = zone
        rule_people.store(people)
        SegmentMember.objects.all().delete()
        SegmentDirty.objects.all().delete()
        for segment, rule in (
            (first, without_segments(one)),
            (second, {"any": [without_segments(two), {"segment": "seg-one"}]}),
        ):
            segment.rule = rule
            segment.save()
        Segment.objects.update(refreshed_at=None, refreshed_version=0, member_count=0)
        now = NOW
        for segment in (third, second, first):  # in whatever order they are asked for
            memberships.refresh_now(segment=segment, tenant=scoped, now=now)
        for step in happening:
            if isinstance(step, timedelta):
                now += step
            else:
                happen(people[step[0] % len(people)].id, now, step[1])
            while memberships.refresh_changed(tenant=scoped, now=now).more:
                pass
            for segment in (first, second, third):
                assert inside(segment) == expected(segment, scoped, now), (segment.slug, step)
                segment.refresh_from_db()
                assert segment.member_count == len(inside(segment))

    check()


def without_segments(rule: dict) -> dict:
    """A rule that names no segment, for those that must not depend on the others."""
    if "segment" in rule:
        return {"tag": "vip"}
    found = {key: [without_segments(item) for item in rule[key]] for key in ("all", "any") if key in rule}
    found |= {"not": without_segments(rule["not"])} if "not" in rule else {}
    return found or rule


def test_entering_leaving_and_coming_back_are_three_rows_of_history(scoped):
    segment, customer, tag = (
        SegmentFactory(rule={"tag": "vip"}),
        CustomerFactory(),
        TagFactory(name="vip", name_key="vip"),
    )
    for day, carries in enumerate([True, False, True]):
        if carries:
            CustomerTag.objects.create(customer=customer, tag=tag)
        else:
            CustomerTag.objects.all().delete()
        change = memberships.refresh_now(segment=segment, tenant=scoped, now=NOW + day * DAY)
        assert change == memberships.Change(entered=int(carries), left=int(not carries))
    rows = SegmentMember.objects.order_by("id").values_list("entered_at", "left_at")
    assert list(rows) == [(NOW, NOW + DAY), (NOW + 2 * DAY, None)]
    assert [memberships.members(segment, at=NOW + day * DAY).count() for day in (0, 1, 2)] == [1, 0, 1]


def test_a_second_refresh_changes_nothing(scoped):
    segment = SegmentFactory(rule={"all": []})
    CustomerFactory.create_batch(3)
    assert memberships.refresh_now(segment=segment, tenant=scoped, now=NOW) == memberships.Change(entered=3)
    assert memberships.refresh_now(segment=segment, tenant=scoped, now=NOW) == memberships.Change()
    segment.refresh_from_db()
    assert (segment.member_count, segment.refreshed_at, segment.refreshed_version) == (3, NOW, 1)


def test_a_refresh_that_comes_late_with_an_older_clock_does_not_turn_time_back(scoped):
    segment = SegmentFactory(rule={"attribute": "created_at", "within": "P1D"})
    customer = CustomerFactory(created_at=NOW - DAY)
    memberships.refresh_now(segment=segment, tenant=scoped, now=NOW)
    events.mark_dirty([customer.pk])
    memberships.refresh_changed(tenant=scoped, now=NOW - timedelta(hours=1))
    assert inside(segment) == []


def test_marks_are_taken_batch_by_batch(scoped):
    segment = SegmentFactory(rule={"all": []})
    memberships.refresh_now(segment=segment, tenant=scoped, now=NOW)
    events.mark_dirty([customer.pk for customer in CustomerFactory.create_batch(3)])
    assert memberships.refresh_changed(tenant=scoped, now=NOW, batch=2) == memberships.Change(entered=2, more=True)
    assert memberships.refresh_changed(tenant=scoped, now=NOW, batch=2) == memberships.Change(entered=1)
    assert not SegmentDirty.objects.exists()


def test_beyond_many_people_everybody_is_asked(scoped, monkeypatch):
    monkeypatch.setattr(memberships, "MANY", 2)
    segment = SegmentFactory(rule={"attribute": "country", "is": "SA"})
    memberships.refresh_now(segment=segment, tenant=scoped, now=NOW)
    events.mark_dirty([customer.pk for customer in CustomerFactory.create_batch(3, country="SA")])
    assert memberships.refresh_changed(tenant=scoped, now=NOW).entered == 3


def test_where_many_marks_wait_they_are_taken_at_once(scoped, monkeypatch):
    monkeypatch.setattr(memberships, "MANY", 1)
    segment = SegmentFactory(rule={"all": []})
    memberships.refresh_now(segment=segment, tenant=scoped, now=NOW)
    events.mark_dirty([customer.pk for customer in CustomerFactory.create_batch(4)])
    assert memberships.refresh_changed(tenant=scoped, now=NOW, batch=1) == memberships.Change(entered=4)
    assert not SegmentDirty.objects.exists()


def test_those_who_listen_hear_who_came_and_went(scoped):
    heard = []

    def listen(segment, entered, left, **kwargs):
        heard.append((segment.slug, entered, left))

    segment, tag = SegmentFactory(rule={"tag": "vip"}), TagFactory(name="vip", name_key="vip")
    customer = CustomerFactory()
    link = CustomerTag.objects.create(customer=customer, tag=tag)
    unwatched = SegmentFactory(rule={"tag": "vip"})
    signals.members_changed.connect(listen)
    memberships.watch(watcher := lambda: {segment.pk})
    try:
        memberships.refresh_now(segment=unwatched, tenant=scoped, now=NOW)
        memberships.refresh_now(segment=segment, tenant=scoped, now=NOW)
        link.delete()
        events.mark_dirty([customer.pk])
        memberships.refresh_changed(tenant=scoped, now=NOW + DAY)
    finally:
        signals.members_changed.disconnect(listen)
        memberships.unwatch(watcher)
    assert heard == [(segment.slug, [customer.pk], []), (segment.slug, [], [customer.pk])]


def test_a_rule_that_can_no_longer_be_read_keeps_its_people_and_says_why(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        segment = SegmentFactory(rule={"all": []})
        memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)
        Segment.objects.update(rule={"attribute": "gone", "is": "x"}, version=2)
    assert segments.refresh(segment_id=segment.pk, tenant=tenant, now=NOW) == memberships.Change()
    with tenancy.scope(tenant):
        segment.refresh_from_db()
        assert segment.problem == "attribute: There is no attribute “gone”."
        assert inside(segment) == [customer.pk]


def test_tenants_with_work_are_those_with_marks_or_segments_that_have_not_felt_time(tenant, other_tenant):
    assert memberships.tenants_with_work(now=NOW) == []
    with tenancy.scope(tenant):
        memberships.refresh_now(segment=SegmentFactory(), tenant=tenant, now=NOW)
    with tenancy.scope(other_tenant):
        events.mark_dirty([CustomerFactory().pk])
    assert memberships.tenants_with_work(now=NOW) == [other_tenant.pk]
    assert memberships.tenants_with_work(now=NOW + memberships.LAG + DAY) == [tenant.pk, other_tenant.pk]


def test_a_refresh_touches_no_other_tenant(tenant, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = SegmentFactory(rule={"all": []})
        CustomerFactory()
        memberships.refresh_now(segment=theirs, tenant=other_tenant, now=NOW)
        events.mark_dirty([CustomerFactory().pk])
    with tenancy.scope(tenant):
        ours, customer = SegmentFactory(rule={"all": []}), CustomerFactory()
        memberships.refresh_now(segment=ours, tenant=tenant, now=NOW)
        assert inside(ours) == [customer.pk]
        assert memberships.refresh_changed(tenant=tenant, now=NOW) == memberships.Change()
    assert SegmentMember.objects.filter(tenant=other_tenant).count() == 1
    assert SegmentDirty.objects.filter(tenant=other_tenant).count() == 1


def test_the_job_fills_what_it_names(tenant):
    with tenancy.scope(tenant):
        CustomerFactory()
        segment = segments.create(name="Everybody", rule={"all": []}, tenant=tenant, by=SYSTEM)
    job = Job.objects.get(kind=segments.JOB)
    assert jobs.run(tenant_id=tenant.pk, job_id=job.pk, now=timezone.now)
    job.refresh_from_db()
    segment.refresh_from_db()
    assert (job.state, job.total, segment.member_count) == ("done", 1, 1)


def test_the_task_works_off_every_mark(tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"all": []})
        memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)
        events.mark_dirty([CustomerFactory().pk])
    tasks.refresh_changed_segments_of(tenant_id=tenant.pk)
    assert inside(segment) == list(Customer.objects.values_list("id", flat=True))
    assert not SegmentDirty.objects.exists()


def test_the_night_queues_a_refresh_for_every_tenant(tenant, other_tenant):
    tasks.refresh_all_segments()
    assert sorted(Job.objects.values_list("tenant_id", flat=True)) == sorted([tenant.pk, other_tenant.pk])
