"""The OpenAPI document says what the frame does."""

import pytest

pytestmark = pytest.mark.urls("tests.cxm.rest.probe")


@pytest.fixture
def document(client, db) -> dict:
    return client.get("/api/schema/", HTTP_ACCEPT="application/json").json()


def test_every_operation_needs_the_key_and_names_its_errors(document):
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert operations
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    for operation in operations:
        assert operation["security"] == [{"apiKey": []}]
        assert {"400", "401", "403", "404", "429"} <= set(operation["responses"])
        assert operation["responses"]["404"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/Error"
        }


def test_writes_take_an_idempotency_key(document):
    names = [p["name"] for p in document["paths"]["/api/v1/probes/"]["post"]["parameters"]]
    assert names == ["Idempotency-Key"]


def test_nouns_are_tags(document):
    assert document["paths"]["/api/v1/probes/"]["get"]["tags"] == ["probes"]


def test_lists_are_keyset_pages(document):
    operation = document["paths"]["/api/v1/probes/"]["get"]
    page = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert sorted(document["components"]["schemas"][page]["properties"]) == ["next", "results"]
    assert [p["name"] for p in operation["parameters"]] == ["cursor", "limit"]


def test_reader_works_under_the_policy(client, db):
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    text = page.content.decode()
    assert "<style" not in text
    assert text.count("<script") == text.count("<script src=") == 3
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()
