"""Every call of a program: key, scope, pages, errors in one shape, hostile bodies."""

import json

import pytest

from customers.models import Tag
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from tests.factories import TagFactory

pytestmark = pytest.mark.urls("tests.cxm.rest.probe")
PROBES = "/api/v1/probes/"


def post(api, raw: bytes | str, path: str = PROBES, **headers):
    return api.generic("POST", path, raw, content_type="application/json", **headers)


def error(response) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/json"
    found = response.json()
    assert set(found) == {"error"}
    assert set(found["error"]) == {"code", "message", "fields"}
    return response.status_code, found["error"]["code"]


def test_without_a_key(client, tenant):
    response = client.get(PROBES)
    assert error(response) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_revoked_key(api, api_key, tenant):
    with tenancy.scope(tenant):
        tenant_key = keys.ApiKey.objects.get()
        keys.revoke(key=tenant_key, by=SYSTEM, now=tenant_key.created_at)
    assert error(api.get(PROBES)) == (401, "unauthorized")


def test_key_without_the_scope(client, tenant):
    with tenancy.scope(tenant):
        secret = keys.create(name="Reader", scopes=["customers.view"], by=SYSTEM)[1]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert client.get(PROBES, **bearer).status_code == 200
    assert error(client.post(PROBES, {}, content_type="application/json", **bearer)) == (403, "forbidden")
    assert error(client.post(f"{PROBES}secret/", {}, content_type="application/json", **bearer)) == (403, "forbidden")


def test_view_that_names_no_scope_is_closed(api):
    assert error(api.get("/api/v1/closed/")) == (403, "forbidden")


def test_pages_show_every_row_once(api, tenant):
    with tenancy.scope(tenant):
        for number in range(7):
            TagFactory(name=f"t{number}", name_key=f"t{number}")
    seen, url = [], f"{PROBES}?limit=3"
    while url:
        page = api.get(url).json()
        seen.append([row["name"] for row in page["results"]])
        url = page["next"]
    assert seen == [["t0", "t1", "t2"], ["t3", "t4", "t5"], ["t6"]]


def test_page_that_ends_exactly_has_no_next(api, tenant):
    with tenancy.scope(tenant):
        TagFactory.create_batch(2)
    assert api.get(f"{PROBES}?limit=2").json()["next"] is None


def test_page_costs_the_same_at_one_and_three_rows(api, tenant, django_assert_num_queries):
    for count in (1, 2):
        with tenancy.scope(tenant):
            TagFactory.create_batch(count)
        api.get(PROBES)
        # key · savepoint, scope, rows, scope back, release
        with django_assert_num_queries(6):
            api.get(PROBES)


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "1.5", "9" * 40, "١"])
def test_limit_that_is_no_number(api, limit):
    response = api.get(PROBES, {"limit": limit})
    assert error(response) == (400, "bad_limit")
    assert response.json()["error"]["fields"] == {"limit": "The limit must be a whole number between 1 and 500."}


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMiwzXQ", "WyJhIiwgIngiXQ", "é", "W251bGwsbnVsbF0", "WyJcdTAwMDAiLDFd"]
)
def test_cursor_of_somebody_else(api, cursor):
    assert error(api.get(PROBES, {"cursor": cursor})) == (400, "bad_cursor")


def test_other_tenants_id(api, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = TagFactory()
    assert error(api.get(f"{PROBES}{theirs.pk}/")) == (404, "not_found")
    assert error(api.delete(f"{PROBES}{theirs.pk}/")) == (404, "not_found")
    assert Tag.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("name", ["0", "999999999999999999", "9" * 30, "9" * 5000, "-1", "x", "%00", "1%00"])
def test_absurd_ids(api, name):
    status, _code = error(api.get(f"{PROBES}{name}/"))
    assert status in ((400, 404) if "%" in name else (404,))


def test_unknown_address(api):
    assert error(api.get("/api/v1/nonsense/")) == (404, "not_found")


def test_nul_in_the_query(api):
    assert error(api.get(f"{PROBES}?search=a%00b")) == (400, "invalid")


def test_wrong_method(api):
    response = api.put(PROBES, {})
    assert error(response) == (405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_wrong_type(api):
    assert error(api.generic("POST", PROBES, "a=b", content_type="text/plain")) == (415, "unsupported_media_type")


def test_fields_are_named(api):
    response = post(api, json.dumps({"name": ""}))
    assert error(response) == (400, "invalid")
    assert sorted(response.json()["error"]["fields"]) == ["name", "name_key"]


def test_refusal_takes_back_what_was_written(api, tenant):
    response = post(api, "{}", f"{PROBES}refuse/")
    assert error(response) == (409, "conflict")
    assert response.json() == {
        "error": {"code": "conflict", "message": "Not now.", "fields": {"state": "It is closed."}}
    }
    assert Tag.objects.count() == 0


def test_fault_shows_no_trace(api, tenant):
    api.raise_request_exception = False
    response = post(api, "{}", f"{PROBES}explode/")
    assert error(response) == (500, "server_error")
    assert "secret" not in response.content.decode()
    assert Tag.objects.count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1,",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "\xff"}',
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 200 + b"]" * 200,
        b"[]",
        b'"text"',
        b"1",
        b"null",
    ],
)
def test_hostile_bodies(api, tenant, raw):
    assert error(post(api, raw))[0] == 400
    assert Tag.objects.count() == 0


def test_whole_characters_beyond_the_base_plane_are_fine(api):
    assert post(api, b'{"name": "\\ud83d\\ude00", "name_key": "x"}').json()["name"] == "😀"


def test_oversized_body(api, settings):
    settings.API_MAX_BODY = 100
    assert error(post(api, json.dumps({"name": "x" * 200}))) == (413, "too_large")
