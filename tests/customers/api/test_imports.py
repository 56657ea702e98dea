"""Imports through the API."""

import csv
import io
import json

from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer, Import
from cxm import tenancy
from tests.customers.importing import queue, work


def send(api, content: str, **fields):
    file = SimpleUploadedFile("people.csv", content.encode(), content_type="text/csv")
    return api.post("/api/v1/imports/", {"file": file, **fields}, format="multipart")


def test_a_file_is_taken_and_done_in_the_background(tenant, media, api):
    mapping = json.dumps({"Mail": "email", "Who": "name", "Other": None})
    answer = send(api, "Mail,Who,Other\na@x.test,Ada,1\nnope,Bob,2\n", mapping=mapping)
    assert answer.status_code == 202
    body = answer.json()
    wanted = ("state", "total", "created", "updated", "rejected")
    assert [body[name] for name in wanted] == ["queued", 0, 0, 0, 0]
    work()
    body = api.get(f"/api/v1/imports/{body['id']}/").json()
    assert [body[name] for name in wanted] == ["done", 2, 1, 0, 1]
    assert body["mapping"] == {"Mail": "email", "Who": "name"}
    rejects = api.get(f"/api/v1/imports/{body['id']}/rejects.csv")
    assert rejects["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(b"".join(rejects.streaming_content).decode("utf-8-sig"))))
    assert rows == [
        ["Mail", "Who", "Other", "line", "reason"],
        ["nope", "Bob", "2", "3", "Mail: This is not an email address."],
    ]
    assert [found["id"] for found in api.get("/api/v1/imports/").json()["results"]] == [body["id"]]


def test_without_a_mapping_the_names_of_the_columns_count(tenant, media, api):
    assert send(api, "email,name\na@x.test,Ada\n", dry_run="true").json()["dry_run"] is True
    answer = send(api, "foo,bar\na@x.test,Ada\n")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], list(error["fields"])) == ("invalid_mapping", ["mapping"])
    answer = send(api, "order_id,customer\n1,2\n", kind="orders")
    assert set(answer.json()["error"]["fields"]) == {"placed_at", "revenue"}


def test_malformed_calls_are_answered_with_what_is_wrong(tenant, media, api):
    for fields, wrong in (
        ({"mapping": "not json"}, "mapping"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": '{"email": 1}'}, "mapping"),
        ({"kind": "shoes"}, "kind"),
        ({"date_order": "ydm"}, "date_order"),
    ):
        answer = send(api, "email\na@x.test\n", **fields)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [wrong])
    assert api.post("/api/v1/imports/", {}, format="multipart").status_code == 400
    assert send(api, "").json()["error"]["code"] == "empty_file"
    with tenancy.scope(tenant):
        assert Import.objects.count() == 0
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_undo(tenant, media, api):
    pk = send(api, "email\na@x.test\n").json()["id"]
    work()
    assert api.post(f"/api/v1/imports/{pk}/undo/").status_code == 202
    work()
    assert api.get(f"/api/v1/imports/{pk}/").json()["state"] == "undone"
    assert api.post(f"/api/v1/imports/{pk}/undo/").status_code == 409
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 0


def test_imports_of_others_are_not_there(tenant, other_tenant, media, api):
    found = queue(other_tenant, "email\na@x.test\n")
    for address in ("", "rejects.csv"):
        assert api.get(f"/api/v1/imports/{found.pk}/{address}").status_code == 404
    assert api.post(f"/api/v1/imports/{found.pk}/undo/").status_code == 404
