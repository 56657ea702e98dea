"""A repeated write is answered once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Tag
from cxm import tenancy
from cxm.rest import idempotency
from cxm.rest.models import IdempotentRequest

pytestmark = pytest.mark.urls("tests.cxm.rest.probe")
PROBES = "/api/v1/probes/"


def test_repeated_call_is_answered_from_the_first(api, tenant):
    body = {"name": "A", "name_key": "a"}
    first = api.post(PROBES, body, HTTP_IDEMPOTENCY_KEY="one")
    again = api.post(PROBES, body, HTTP_IDEMPOTENCY_KEY="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/json"
    assert Tag.objects.count() == 1


def test_same_key_for_another_call(api, tenant):
    api.post(PROBES, {"name": "A", "name_key": "a"}, HTTP_IDEMPOTENCY_KEY="one")
    response = api.post(PROBES, {"name": "B", "name_key": "b"}, HTTP_IDEMPOTENCY_KEY="one")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Tag.objects.count() == 1


def test_refused_call_may_be_mended(api, tenant):
    assert api.post(PROBES, {"name": "A"}, HTTP_IDEMPOTENCY_KEY="one").status_code == 400
    assert api.post(PROBES, {"name": "A", "name_key": "a"}, HTTP_IDEMPOTENCY_KEY="one").status_code == 201


def test_a_repeat_of_a_call_whose_answer_was_too_long_to_keep_is_told_so(api, tenant):
    first, again = [api.post(f"{PROBES}recite/", {"over": 1}, HTTP_IDEMPOTENCY_KEY="one") for _time in range(2)]

    assert (first.status_code, len(first.content)) == (200, idempotency.MAX_ANSWER + 1)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "idempotency_answer_not_kept")
    assert Tag.objects.count() == 1


def test_an_answer_that_just_fits_is_kept(api, tenant):
    first, again = [api.post(f"{PROBES}recite/", {"over": 0}, HTTP_IDEMPOTENCY_KEY="one") for _time in range(2)]

    assert (first.status_code, again.status_code) == (200, 200)
    assert (len(again.content), again.content == first.content) == (idempotency.MAX_ANSWER, True)


def test_tenants_keys_do_not_meet(api, tenant, other_tenant):
    with tenancy.scope(other_tenant):
        IdempotentRequest.objects.create(key="one", fingerprint="x")
    assert api.post(PROBES, {"name": "A", "name_key": "a"}, HTTP_IDEMPOTENCY_KEY="one").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb", "é"])
def test_malformed_key(api, key):
    response = api.post(PROBES, {"name": "A", "name_key": "a"}, HTTP_IDEMPOTENCY_KEY=key)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "idempotency_key_malformed")


def test_reading_ignores_the_key(api):
    assert api.get(PROBES, HTTP_IDEMPOTENCY_KEY="one").status_code == 200
    assert IdempotentRequest.objects.count() == 0


def test_sweep_forgets_after_a_day(tenant, other_tenant):
    for owner in (tenant, other_tenant):
        with tenancy.scope(owner):
            IdempotentRequest.objects.create(key="one", fingerprint="x")
    now = timezone.now()
    assert idempotency.sweep(now=now + timedelta(hours=23)) == 0
    assert idempotency.sweep(now=now + timedelta(hours=25)) == 2
