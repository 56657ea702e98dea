"""The demo tenants: full, loaded once, never in production."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from analytics.models import Outlook
from campaigns.models import Campaign, Conversion, Hit, Issue, Message, Offer, PointsEntry, Redemption
from customers.models import Customer, CustomerTag, Event, Import, ImportReject, Order, Segment, Suppression
from cxm.accounts.models import Membership, User
from cxm.audit.models import Entry
from cxm.tenancy.models import Tenant
from feedback.models import Case

COUNTED = (Tenant, User, Membership, Customer, CustomerTag, Event, Order, Segment, Suppression, Campaign, Message, Hit,
           Conversion, Import, ImportReject, Offer, Issue, Redemption, PointsEntry)  # fmt: skip


def _counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_is_full_and_loaded_once(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    call_command("loaddemo")
    before = _counts()
    assert all(before.values()), before
    month = timezone.now() - timedelta(days=30)
    assert Customer.objects.filter(tenant__slug="demo").count() == 1204  # 1,200 and what the file brought
    assert Customer.objects.filter(tenant__slug="other").count() == 60
    assert Order.objects.filter(placed_at__gte=month, tenant__slug="demo").exists()
    assert Event.objects.filter(name="Email Opened", occurred_at__gte=month).exists()
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted", "failed", "skipped"}
    assert sorted(Campaign.objects.values_list("state", flat=True)) == [*["done"] * 6, "draft", "scheduled"]
    assert not Segment.objects.filter(member_count=0, tenant__slug="demo").exists()
    assert Outlook.objects.filter(tenant__slug="demo", risk__gte=0.5, risk__lt=0.9, stake__gt=0).count() > 20
    assert set(Customer.objects.values_list("lifecycle", flat=True)) >= {"prospect", "new", "active", "lapsed", "lost"}
    for case in Case.objects.filter(tenant__slug="demo"):
        told = Entry.objects.filter(tenant=case.tenant_id, object_type="feedback.case", object_id=str(case.pk))
        first, last = told.order_by("at", "pk").first(), told.order_by("at", "pk").last()
        assert (first.action, first.at) == ("case.opened", case.opened_at)
        assert last.at <= case.updated_at
    call_command("loaddemo")
    assert _counts() == before


@pytest.mark.django_db
def test_the_demo_is_refused_in_production(settings):
    settings.LAPTOP = False
    with pytest.raises(CommandError, match="production"):
        call_command("loaddemo")
    assert not Tenant.objects.exists()
