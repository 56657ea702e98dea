"""Pages for what goes wrong, in both languages, without asking the database."""

import io
import json

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from cxm import errors

WORDS = {"en": "There is nothing here", "ar": '<html lang="ar" dir="rtl"'}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_not_found_page_speaks_both_languages(client, db, language):
    client.cookies["cxm_language"] = language
    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert WORDS[language] in answer.content.decode()


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (lambda request: errors.bad_request(request, RequestDataTooBig()), 413),
        (errors.permission_denied, 403),
        (errors.too_many_requests, 429),
        (errors.server_error, 500),
    ],
)
def test_every_page_renders_without_a_database(rf, view, status):
    answer = view(rf.get("/app/shop/"))

    assert answer.status_code == status
    assert 'href="/"' in answer.content.decode()


def test_a_database_that_is_away_is_no_fault_of_ours(rf):
    try:
        raise OperationalError
    except OperationalError:
        answer = errors.server_error(rf.get("/"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_programs_get_json(rf):
    answer = errors.page_not_found(rf.get("/api/v1/nothing/"))
    assert json.loads(answer.content)["error"]["code"] == "not_found"


def test_a_form_without_its_token_is_explained(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/theme/", {"theme": "dark"})

    assert (answer.status_code, "This page was open for too long" in answer.content.decode()) == (403, True)


def test_api_key_command_prints_the_key_alone_on_the_last_line(tenant, client):
    out = io.StringIO()
    call_command("api_key", tenant="shop", scopes="customers.view", stdout=out, stderr=io.StringIO())
    secret = out.getvalue().splitlines()[-1]

    assert secret.startswith("cxm_")
    with pytest.raises(CommandError, match="no tenant"):
        call_command("api_key", tenant="nobody", stdout=out, stderr=io.StringIO())
    with pytest.raises(CommandError, match="scope"):
        call_command("api_key", tenant="shop", scopes="everything", stdout=out, stderr=io.StringIO())
