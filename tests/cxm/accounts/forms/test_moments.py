"""Days and moments that cannot be shown are refused by the form, not by the next page."""

import pytest
from django.utils import timezone

from cxm import tenancy
from cxm.accounts.forms.moments import DayField, MomentField
from cxm.accounts.forms.todos import TodoForm
from cxm.accounts.models import Todo
from tests.factories import CustomerFactory


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "UTC"])
@pytest.mark.parametrize(
    ("written", "fits"),
    [("0001-01-01", False), ("9999-12-31", False), ("1899-12-30", False), ("2026-11-27", True), ("", True)],
)
def test_only_what_can_be_shown_in_every_zone(zone, written, fits):
    with timezone.override(zone):
        for field, value in ((DayField(required=False), written), (MomentField(required=False), f"{written} 23:59")):
            form = type("Form", (TodoForm.__base__,), {"at": field})({"at": value if written else ""})
            assert form.is_valid() is fits


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_pages_stay_readable(page, tenant, at):
    tenant.timezone = "America/New_York"
    tenant.save()
    with tenancy.scope(tenant):
        CustomerFactory()
    for name in ("since", "until"):
        assert page.get("/app/shop/customers/", {name: at}).status_code == 200
        assert b"".join(page.get("/app/shop/customers/export/", {name: at}).streaming_content)
    answer = page.post("/app/shop/todos/", {"title": "Ring back", "due_at": f"{at}T23:59"})
    with tenancy.scope(tenant):
        assert Todo.objects.count() == 0, answer.status_code
    assert page.get("/app/shop/todos/").status_code == 200
