"""Pages of imports, as a browser without scripts asks for them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer, Import
from cxm import tenancy
from tests.conftest import make_user
from tests.customers.importing import bring, queue, work

LIST = "/app/shop/customers/imports/"


def send(page, content: bytes, **fields):
    return page.post(LIST, {"file": SimpleUploadedFile("people.csv", content), **fields})


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_questions_for_any_number_of_rows(page, tenant, media, django_assert_num_queries, rows):
    for number in range(rows):
        queue(tenant, f"email\np{number}@x.test\n")
    page.get(LIST)
    with django_assert_num_queries(7):
        assert page.get(LIST).content.count(b"f.csv") == rows


def test_upload_match_try_apply_and_undo(page, tenant, media):
    answer = send(page, b"Mail,Who\na@x.test,Ada\nnope,Bob\n")
    assert answer.status_code == 302
    detail = answer.headers["Location"]
    assert b"Mail" in page.get(detail).content
    answer = page.post(f"{detail}start/", {"field-0": "", "field-1": "name"})
    assert answer.status_code == 422
    assert "nobody can be recognised" in answer.content.decode()
    assert page.post(f"{detail}start/", {"field-0": "email", "field-1": "name"}).status_code == 302
    assert b"import-live" in page.get(detail).content
    second = page.post(f"{detail}start/", {"field-0": "email", "field-1": "name"}, follow=True)
    assert (b"import-live" in second.content, b"data-toast" in second.content) == (True, False)
    work()
    assert b"Nothing has been changed yet." in page.get(detail).content
    assert page.post(f"{detail}rematch/").status_code == 302
    assert page.post(f"{detail}start/", {"field-0": "email", "field-1": "name", "apply": "1"}).status_code == 302
    work()
    assert b"rejects.csv" in page.get(detail).content
    assert b"nope" in b"".join(page.get(f"{detail}rejects.csv").streaming_content)
    with tenancy.scope(tenant):
        assert Customer.objects.get().name == "Ada"
    stale = page.post(f"{detail}start/", {"field-0": "email", "field-1": "name"}, follow=True)
    assert (b"Undo the import" in stale.content, b"not in a state in which this" in stale.content) == (True, True)
    assert page.post(f"{detail}undo/").status_code == 302
    assert b"data-toast" not in page.post(f"{detail}undo/", follow=True).content
    work()
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), Import.objects.get().state) == (0, "undone")


def test_a_refused_file_is_answered_beside_the_form(page, media):
    answer = send(page, b"")
    assert answer.status_code == 422
    assert "This file is empty." in answer.content.decode()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_another_kind_matches_anew_and_files_can_be_dropped(page, tenant, media):
    detail = send(page, b"CustomerID,InvoiceNo,InvoiceDate,Quantity,UnitPrice\n1,2,2026-01-01,3,4\n").headers[
        "Location"
    ]
    with tenancy.scope(tenant):
        assert Import.objects.get().kind == "orders"
    page.post(f"{detail}kind/", {"kind": "customers"})
    with tenancy.scope(tenant):
        assert Import.objects.get().mapping == {"CustomerID": "external_id"}
    assert page.post(f"{detail}discard/").status_code == 302
    with tenancy.scope(tenant):
        assert Import.objects.count() == 0
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_progress_asks_for_the_whole_page_at_the_end(page, tenant, media):
    found = bring(tenant, "email\na@x.test\n")
    answer = page.get(f"{LIST}{found.pk}/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_agents_may_not_import(client, tenant, media):
    client.force_login(make_user(tenant, "agent"))
    assert client.get(LIST).status_code == 403
