"""Every endpoint, asked with whatever its OpenAPI document allows: it never fails, and answers as the document says."""

import pytest
import schemathesis
from django.db import transaction
from django.test.client import ClientHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks as known_checks
from schemathesis.specs.openapi import checks as openapi_checks

EXAMPLES = 6
CHECKS = [
    known_checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


def _document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def _operations() -> list[tuple[str, str]]:
    methods = {"get", "post", "put", "patch", "delete"}
    return [(method, path) for path, item in _document()["paths"].items() for method in item if method in methods]


def application(environ, start_response):
    """Answer as the product does, inside the test's transaction, which a real server would end."""
    response = ClientHandler(enforce_csrf_checks=False)(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return list(response)


@pytest.fixture(scope="module")
def schema():
    loaded = schemathesis.openapi.from_dict(_document())
    loaded.app = application
    loaded.config.base_url = "http://testserver"
    return loaded


@pytest.mark.parametrize(
    ("method", "path"), _operations() or [pytest.param("", "", marks=pytest.mark.skip("no endpoints"))]
)
def test_endpoint_answers_as_its_document_says(schema, settings_for_calls, api_key, tenant, method, path):
    operation = schema[path][method.upper()]
    headers = {"Authorization": f"Bearer {api_key}"}

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case) -> None:
        with transaction.atomic():
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)
            transaction.set_rollback(True)

    ask()


@pytest.fixture
def settings_for_calls(settings):
    """Let calls through as a test client's would be."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    settings.API_LIMITS = settings.API_LIMITS | {"api": (10_000, 10_000)}
