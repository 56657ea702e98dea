import pytest
from django.urls import reverse
from django.utils import timezone

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback import tasks
from feedback.domain import calendars, desk, surveys
from feedback.models import (
    BusinessCalendar,
    CalendarVersion,
    CannedAnswer,
    CaseType,
    Queue,
    QueueMember,
    ScoreRule,
    TargetRule,
)
from tests.feedback.factories import make_survey

WEEK = {"mon": "09:00–12:30, 13:30-17:00", "fri": "22:00–06:00"}


@pytest.fixture
def shop(tenant):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
    return tenant


def url(name, *args):
    return reverse(f"feedback:{name}", args=["shop", *args])


def test_types_and_queues(page, shop, owner):
    assert "Complaint" in page.get(url("types")).content.decode()
    assert page.post(url("types"), {"name": "Warranty", "kind": "complaint"}).status_code == 302
    assert page.post(url("types"), {"name": "", "kind": "complaint"}).status_code == 422
    page.post(url("queues"), {"name": "Second level", "people": [owner.pk]})
    assert page.post(url("queues"), {"name": "Second level"}).status_code == 422
    with tenancy.scope(shop):
        found, queue = CaseType.objects.get(slug="warranty"), Queue.objects.get(name="Second level")
        assert QueueMember.objects.get().user_id == owner.pk
    assert owner.email in page.get(url("queues")).content.decode()
    page.post(url("type", found.pk), {"name": "Guarantee", "kind": "request", "queue": queue.pk})
    page.post(url("queue", queue.pk), {"name": "Third level"})
    page.post(url("archive_type", found.pk))
    page.post(url("delete_queue", queue.pk))
    with tenancy.scope(shop):
        found.refresh_from_db()
        assert (found.name, found.slug, found.queue_id, found.archived_at is None) == (
            "Guarantee",
            "warranty",
            None,
            False,
        )
        assert QueueMember.objects.count() == 0


def test_rules_of_each_kind(page, shop):
    with tenancy.scope(shop):
        complaint = desk.type_by(ref="complaint").pk
    for kind, said in (
        ("targets", {"name": "Phone", "channel": "phone", "first_minutes": 15}),
        ("priorities", {"name": "Loyal", "trait": "orders_count", "at_least": 5, "priority": "high"}),
        ("scores", {"name": "Unhappy", "kind": "csat", "at_most": 2, "type": complaint, "active": "on"}),
    ):
        assert page.get(url("rules", kind)).status_code == 200
        assert page.post(url("rules", kind), said).status_code == 302
        assert said["name"] in page.get(url("rules", kind)).content.decode()
    assert "<bdi>Number of orders</bdi> ≥ 5" in page.get(url("rules", "priorities")).content.decode()
    assert page.post(url("rules", "targets"), {"name": "Nothing"}).status_code == 422
    assert (
        page.post(url("rules", "priorities"), {"name": "x", "trait": "revenue", "priority": "low"}).status_code == 422
    )
    assert page.get(url("rules", "others")).status_code == 404
    with tenancy.scope(shop):
        rule = TargetRule.objects.get(name="Phone")
        last = rule.position
    page.post(url("raise_rule", "targets", rule.pk))
    assert page.get(url("rule", "targets", rule.pk)).status_code == 200
    page.post(url("rule", "targets", rule.pk), {"name": "Phone", "first_minutes": 20})
    with tenancy.scope(shop):
        rule.refresh_from_db()
        assert (rule.position, rule.first_minutes, rule.channel) == (last - 1, 20, "")
    page.post(url("delete_rule", "targets", rule.pk))
    with tenancy.scope(shop):
        assert not TargetRule.objects.filter(pk=rule.pk).exists()


def test_a_rule_for_bad_scores_names_a_survey_there_is(page, shop):
    with tenancy.scope(shop):
        survey = make_survey("nps", name="After purchase")
        said = {"name": "Unhappy", "kind": "nps", "at_most": 2, "type": desk.type_by(ref="complaint").pk}
    assert page.post(url("rules", "scores"), said | {"survey": "no-such"}).status_code == 422
    assert page.post(url("rules", "scores"), said | {"survey": survey.slug}).status_code == 302
    assert "<bdi>After purchase</bdi>" in page.get(url("rules", "scores")).content.decode()
    with tenancy.scope(shop):
        rule = ScoreRule.objects.get(survey=survey.slug)
        surveys.archive(survey=survey, by=SYSTEM, now=timezone.now())
    kept = f'<option value="{survey.slug}" selected>'
    assert kept in page.get(url("rule", "scores", rule.pk)).content.decode()


def test_hours_may_be_written_in_arabic_digits(page, shop):
    said = {"name": "Arabic", "zone": "UTC", "mon": "٠٩:٠٠–١٢:٣٠، ١٣:٣٠–١٧:٠٠", "holidays": "٢٠٢٦-١٢-٢٥",
            "extra": "٢٠٢٦-١٢-١٩ ١٠:٠٠–١٤:٠٠"}  # fmt: skip
    assert page.post(url("hours"), said).status_code == 302
    with tenancy.scope(shop):
        rules = calendars.latest(BusinessCalendar.objects.get(name="Arabic")).rules
    assert rules == {
        "zone": "UTC", "week": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]]}, "holidays": ["2026-12-25"],
        "extra": {"2026-12-19": [["10:00", "14:00"]]},
    }  # fmt: skip


def test_hours_are_written_as_people_write_them(page, shop):
    said = {"name": "Night", "zone": "Asia/Riyadh", "holidays": "2026-12-25\n2027-01-01",
            "extra": "2026-12-19 10:00–14:00\n2026-12-20"} | WEEK  # fmt: skip
    assert page.post(url("hours"), said).status_code == 302
    with tenancy.scope(shop):
        night = BusinessCalendar.objects.get(name="Night")
        rules = calendars.latest(night).rules
    assert rules == {
        "zone": "Asia/Riyadh",
        "week": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]], "fri": [["22:00", "06:00"]]},
        "holidays": ["2026-12-25", "2027-01-01"],
        "extra": {"2026-12-19": [["10:00", "14:00"]], "2026-12-20": []},
    }
    html = page.get(url("calendar", night.pk)).content.decode()
    assert "09:00–12:30, 13:30–17:00" in html
    page.post(url("calendar", night.pk), said | {"name": "Nights", "sat": "10:00-12:00"})
    page.post(url("default_hours", night.pk))
    with tenancy.scope(shop):
        assert calendars.default().name == "Nights"
        assert CalendarVersion.objects.filter(calendar=night).count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"mon": "nine to five"}, "id_mon"), ({"holidays": "25.12."}, "id_holidays"),
     ({"extra": "x 10:00-11:00"}, "id_extra"), ({"mon": "", "fri": ""}, ""), ({"name": " "}, "id_name")],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused_beside_their_field(page, shop, wrong, field):
    response = page.post(url("hours"), {"name": "Other", "zone": "UTC", "holidays": "", "extra": ""} | WEEK | wrong)
    assert response.status_code == 422
    assert (f'{field}_error"' if field else "never open") in response.content.decode()


def test_canned_answers(page, shop):
    assert "No canned answers yet" in page.get(url("canned")).content.decode()
    page.post(url("canned"), {"name": "Hi", "body": "Dear {{ customer.first_name }}"})
    assert page.post(url("canned"), {"name": "Bad", "body": "{{ customer.password }}"}).status_code == 422
    assert page.post(url("canned"), {"name": "Hi", "body": "x"}).status_code == 422
    with tenancy.scope(shop):
        found = CannedAnswer.objects.get()
    page.post(url("canned_answer", found.pk), {"name": "Hi", "body": "Hello", "language": "en"})
    page.post(url("delete_canned", found.pk))
    with tenancy.scope(shop):
        assert CannedAnswer.objects.count() == 0


def test_looking_makes_nothing_and_the_clock_gives_everybody_a_beginning(page, other_tenant, tenant):
    for name in ("types", "queues", "rules/targets", "hours"):
        assert page.get(f"/app/shop/feedback/cases/settings/{name}/").status_code == 200
    with tenancy.scope(tenant):
        CaseType.objects.all().delete()
    assert page.get("/app/shop/feedback/cases/settings/types/").status_code == 200
    assert CaseType.objects.count() == 0

    for _twice in range(2):
        tasks.begin_desks()

    assert {found.tenant_id: found.slug for found in CaseType.objects.filter(kind="complaint")} == {
        tenant.pk: "complaint", other_tenant.pk: "complaint"}  # fmt: skip
