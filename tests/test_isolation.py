"""A tenant sees nothing of another and changes nothing of it: by SQL, by page, by API.

Everything is found by itself: tables from the models, pages from the resolver, endpoints from the OpenAPI document.
What is added later is covered when it is added.
"""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from drf_spectacular.generators import SchemaGenerator

from cxm import tenancy
from cxm.accounts import administration, permissions
from cxm.accounts.models import Membership, Role, User
from cxm.tenancy.policies import tenant_tables
from tests import strangers
from tests.conftest import make_user
from tests.strangers import UUID, WORD, Stranger

# Pages of a tenant that every member may see, whatever the role.
OPEN_TO_MEMBERS = {"tenant_home"}
# Writes that make something of the caller's own under a name the stranger uses too.
MAKES_ITS_OWN = {("put", "/api/v1/customers/by/{external_id}/")}


@pytest.fixture
def stranger(tenant, owner, other_tenant) -> Stranger:
    """The other tenant, with one row of everything."""
    return Stranger(other_tenant)


# --- tables -------------------------------------------------------------------------------------


def test_every_tenant_model_has_a_row_to_look_for(stranger):
    counts = {}
    with connection.cursor() as cursor:
        for table in tenant_tables():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [stranger.tenant.pk])
            counts[table] = cursor.fetchone()[0]
    assert [table for table, count in counts.items() if count != 1] == []


def test_every_table_has_a_policy_for_reading_and_writing(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, c.relrowsecurity, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid),
                      p.polcmd = '*', p.polpermissive
               FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
               WHERE c.relname = ANY(%s) ORDER BY 1""",
            [tenant_tables()],
        )
        found = cursor.fetchall()
    mine = "(tenant_id = (NULLIF(current_setting('cxm.tenant'::text, true), ''::text))::bigint)"
    assert found == [(table, True, mine, mine, True, True) for table in tenant_tables()]


def test_application_role_skips_no_policy_and_owns_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'cxm_app'")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'cxm_app'")
        assert cursor.fetchall() == []


def test_sql_in_a_scope_sees_and_changes_nothing_of_others(tenant, stranger):
    before = strangers.fingerprints(stranger.tenant)
    reached = []
    with tenancy.scope(tenant):
        for table in tenant_tables():
            for statement in (
                f"SELECT 1 FROM {table} WHERE tenant_id = {stranger.tenant.pk}",
                f"UPDATE {table} SET tenant_id = {tenant.pk} WHERE tenant_id = {stranger.tenant.pk}",
                f"DELETE FROM {table} WHERE tenant_id = {stranger.tenant.pk}",
            ):
                if _reaches(statement):
                    reached.append(statement)
    assert reached == []
    assert strangers.fingerprints(stranger.tenant) == before


def test_views_show_nothing_of_others(tenant, stranger):
    """Views belong to the owner, who skips policies: each must carry the tenant's filter itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id')
               FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
               WHERE relkind IN ('v', 'm') AND nspname = 'public' AND has_table_privilege('cxm_app', c.oid, 'SELECT')
                 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')"""
        )
        views = cursor.fetchall()
    assert [name for name, tells in views if not tells] == []
    with tenancy.scope(tenant), connection.cursor() as cursor:
        for name, _tells in views:
            cursor.execute(f"SELECT count(*) FROM {name}")
            assert cursor.fetchone() == (0,), name


def test_sql_in_a_scope_writes_nothing_for_others(tenant, stranger):
    with connection.cursor() as cursor:
        copies = {}
        for table in tenant_tables():
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE tenant_id = %s", [stranger.tenant.pk])
            copies[table] = cursor.fetchone()[0]
    written = []
    with tenancy.scope(tenant):
        for table, row in copies.items():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    columns = _written_columns(table)
                    cursor.execute(
                        f"INSERT INTO {table} ({columns}) SELECT {columns} "
                        f"FROM jsonb_populate_record(null::{table}, %s::jsonb)",
                        [row],
                    )
                written.append(table)
            except DatabaseError as error:
                if "row-level security" not in str(error) and "permission denied" not in str(error):
                    written.append(f"{table}: {error}")
    assert written == []


def _written_columns(table: str) -> str:
    """Return the columns that are written; the server refuses to have its own (generated ones) told."""
    model = next(found for found in apps.get_models(include_auto_created=True) if found._meta.db_table == table)
    return ", ".join(field.column for field in model._meta.concrete_fields if not field.generated)


def test_scope_sees_its_own_people_only(tenant, owner, stranger):
    with tenancy.scope(tenant):
        assert list(User.objects.values_list("email", flat=True)) == [owner.email]


def _reaches(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.rowcount > 0
    except DatabaseError as error:
        assert "permission denied" in str(error), error
        return False


# --- pages --------------------------------------------------------------------------------------


def pages(patterns=None, before: tuple[URLPattern | URLResolver, ...] = (), namespace="") -> Iterator[tuple]:
    """Yield (pattern, all patterns above it, qualified name) of every page of a tenant."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from pages(pattern.url_patterns, (*before, pattern), inner)
        else:
            parameters = {name for part in (*before, pattern) for name in part.pattern.converters}
            if "tenant" in parameters:
                yield pattern, parameters - {"tenant"}, f"{namespace}{pattern.name}", (*before, pattern)


def address(chain: tuple, slug: str, stranger: Stranger) -> str:
    """Return the path with the tenant's slug, and the stranger's ids and words in all other places."""
    route = "".join(str(part.pattern) for part in chain)
    values = {"int": str(stranger.number), "uuid": str(UUID), "slug": WORD, "str": WORD, "path": WORD}

    def fill(found: re.Match) -> str:
        kind, _sep, name = found[1].rpartition(":")
        return slug if name == "tenant" else values.get(kind or "str", WORD)

    return "/" + re.sub(r"<([^>]+)>", fill, route).lstrip("/")


def form(stranger: Stranger) -> dict[str, str | list[str]]:
    """Return fields that many forms have, all pointing at the stranger's things."""
    number = str(stranger.number)
    names = ("id", "pk", "customer", "segment", "template", "campaign", "company", "tag", "topic", "brand", "sender",
             "member", "key", "attribute", "order", "import")  # fmt: skip
    return (
        dict.fromkeys(names, number)
        | {f"{name}s": [number] for name in names}
        | {"ids": [number], "name": "mine", "role": "agent"}
    )


def test_pages_of_another_tenant_are_not_there(page: Client, stranger):
    before = strangers.fingerprints(stranger.tenant)
    wrong = []
    for _pattern, _parameters, name, chain in pages():
        url = address(chain, stranger.tenant.slug, stranger)
        for method in ("get", "post"):
            response = getattr(page, method)(url, form(stranger) if method == "post" else None)
            if response.status_code not in (403, 404):
                wrong.append((method, name, url, response.status_code))
    assert wrong == []
    assert strangers.fingerprints(stranger.tenant) == before


def test_pages_of_ones_own_know_no_ids_of_others(page: Client, tenant, stranger):
    before = strangers.fingerprints(stranger.tenant)
    wrong = []
    for _pattern, parameters, name, chain in pages():
        url = address(chain, tenant.slug, stranger)
        for method in ("get", "post"):
            response = _ask(page, method, url, form(stranger) if method == "post" else None)
            refused = response.status_code in (403, 404, 405) or (name in OWN_WORDS and response.status_code < 500)
            if response.status_code >= 500 or (parameters and not refused):
                wrong.append((method, name, url, response.status_code))
            elif method == "get" and response.status_code == 200 and WORD in _text(response, url):
                wrong.append((method, name, url, "shows the stranger's words"))
    assert wrong == []
    assert strangers.fingerprints(stranger.tenant) == before


# Pages whose place in the address is a word of the product, not somebody's id (a kind of thing, a step).
OWN_WORDS: set[str] = set()


def _ask(client: Client, method: str, url: str, data: dict | None):
    client.raise_request_exception = False
    return getattr(client, method)(url, data)


def _text(response, url: str) -> str:
    """Return what the page says, without its own address, which we filled with the stranger's words."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace").replace(url, "")


# --- roles --------------------------------------------------------------------------------------


def test_pages_need_a_login(client: Client, tenant, stranger):
    open_ = []
    for _pattern, _parameters, name, chain in pages():
        response = client.get(address(chain, tenant.slug, stranger))
        if response.status_code != 302 or not response.url.startswith(reverse(settings.LOGIN_URL)):
            open_.append((name, response.status_code))
    assert open_ == []


def test_every_page_asks_for_a_permission(db):
    bare = [
        name
        for pattern, _parameters, name, _chain in pages()
        if not hasattr(pattern.callback, "permission") and name not in OPEN_TO_MEMBERS
    ]
    assert bare == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.MARKETER])
def test_pages_refuse_roles_without_the_permission(client: Client, tenant, owner, stranger, role):
    client.force_login(make_user(tenant, role))
    wrong = []
    for pattern, _parameters, name, chain in pages():
        needed = getattr(pattern.callback, "permission", None)
        if needed and not permissions.allows(role, needed):
            for method in ("get", "post"):
                status = _ask(client, method, address(chain, tenant.slug, stranger), None).status_code
                if status not in (403, 405):
                    wrong.append((role, method, name, status))
    assert wrong == []


def test_member_of_two_tenants_sees_one_at_a_time(page: Client, owner, tenant, stranger):
    Membership.objects.create(tenant=stranger.tenant, user=owner, role=Role.ANALYST)
    for _pattern, parameters, _name, chain in pages():
        if not parameters:
            response = _ask(page, "get", address(chain, tenant.slug, stranger), None)
            if response.status_code == 200 and _name not in SWITCHER:
                assert WORD not in _text(response, "").replace(stranger.tenant.slug, ""), _name


SWITCHER: set[str] = set()


# --- the tenant's admin, which has addresses of its own -------------------------------------------


def admin_addresses(slug: str, stranger: Stranger) -> list[tuple[str, bool]]:
    """Return (address, whether it names one of the stranger's rows) of every page of the tenant's admin."""
    base = f"/app/{slug}/admin/"
    found = [(base, False)]
    for model in administration.site._registry:
        place = f"{base}{model._meta.app_label}/{model._meta.model_name}/"
        pk = stranger.rows[model].pk if model in stranger.rows else stranger.number
        found += [(place, False), (f"{place}add/", False)]
        found += [(f"{place}{pk}/{page}/", True) for page in ("change", "delete", "history")]
    return found


def test_admin_knows_no_rows_of_others(page: Client, tenant, stranger):
    before = strangers.fingerprints(stranger.tenant)
    wrong = []
    for url, theirs in admin_addresses(tenant.slug, stranger):
        for method in ("get", "post"):
            response = _ask(page, method, url, form(stranger) | {"post": "yes"} if method == "post" else None)
            if response.status_code >= 500 or (theirs and response.status_code == 200):
                wrong.append((method, url, response.status_code))
            elif method == "get" and response.status_code == 200 and WORD in _text(response, url):
                wrong.append((method, url, "shows the stranger's words"))
    assert wrong == []
    assert strangers.fingerprints(stranger.tenant) == before


def test_admin_of_another_tenant_is_not_there(page: Client, stranger):
    wrong = [
        (method, url)
        for url, _theirs in admin_addresses(stranger.tenant.slug, stranger)
        for method in ("get", "post")
        if _ask(page, method, url, {"post": "yes"} if method == "post" else None).status_code not in (403, 404)
    ]
    assert wrong == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.MARKETER])
def test_admin_is_for_those_who_configure(client: Client, tenant, stranger, role):
    client.force_login(make_user(tenant, role))
    wrong = []
    for url, _theirs in admin_addresses(tenant.slug, stranger):
        response = _ask(client, "get", url, None)
        if response.status_code == 200:
            wrong.append((role, url))
    assert wrong == []


# --- API ----------------------------------------------------------------------------------------


def operations() -> Iterator[tuple[str, str, dict]]:
    """Yield (method, path, operation) of every endpoint of the OpenAPI document."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield method, path, operation | {"schemas": document["components"]["schemas"]}


def endpoint(path: str, operation: dict, stranger: Stranger) -> str:
    """Return the path with the stranger's ids and words filled in."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", _theirs(parameter["schema"], stranger, parameter["name"]))
    return path


def _theirs(schema: dict, stranger: Stranger, name: str) -> str:
    if schema.get("format") == "uuid":
        return str(UUID)
    numeric = schema.get("type") == "integer" or re.search(r"\bid\b|\[0-9\]|\\d", f"{name} {schema.get('pattern', '')}")
    return str(stranger.number) if numeric else WORD


def body(operation: dict, stranger: Stranger) -> dict:
    """Return a body with the stranger's ids and words wherever the document wants something."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return _example(content.get("schema", {}), operation["schemas"], stranger, 0)


def _example(schema: dict, schemas: dict, stranger: Stranger, depth: int):
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for words in ("allOf", "oneOf", "anyOf"):
        if words in schema:
            return _example(schema[words][0], schemas, stranger, depth + 1)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {}) if depth < 5 else {}
        return {name: _example(inner, schemas, stranger, depth + 1) for name, inner in properties.items()
                if not inner.get("readOnly")}  # fmt: skip
    if kind == "array":
        return [_example(schema.get("items", {}), schemas, stranger, depth + 1)]
    simple = {"integer": stranger.number, "number": 7, "boolean": True}
    formats = {"date-time": "2026-02-03T04:05:06Z", "date": "2026-02-03", "uuid": str(UUID),
               "email": f"{WORD}@theirs.example", "uri": "https://theirs.example/"}  # fmt: skip
    return simple.get(kind, formats.get(schema.get("format"), WORD))


def test_api_knows_no_ids_of_others(api, stranger):
    before = strangers.fingerprints(stranger.tenant)
    wrong = []
    for method, path, operation in operations():
        url = endpoint(path, operation, stranger)
        data = {} if method in {"get", "delete"} else body(operation, stranger)
        api.raise_request_exception = False
        response = getattr(api, method)(url, data, **({} if method == "get" else {"format": "json"}))
        if "{" in path and (method, path) not in MAKES_ITS_OWN:
            if response.status_code != 404:
                wrong.append((method, path, response.status_code, response.content[:200]))
        elif response.status_code >= 500:
            wrong.append((method, path, response.status_code, "a fault"))
        elif method == "get" and WORD in _text(response, url):
            wrong.append((method, path, "shows the stranger's words"))
    assert wrong == []
    assert strangers.fingerprints(stranger.tenant) == before


def test_api_filters_find_nothing_of_others(api, stranger):
    wrong = []
    for method, path, operation in operations():
        filters = [found for found in operation.get("parameters", []) if found["in"] == "query"]
        if method != "get" or "{" in path:
            continue
        for found in filters:
            value = found["schema"].get("enum", [_theirs(found["schema"], stranger, "")])[0]
            api.raise_request_exception = False
            response = api.get(path, {found["name"]: value})
            rows = response.json().get("results") if response.status_code == 200 else None
            if response.status_code >= 500 or (rows and WORD in str(rows)):
                wrong.append((path, found["name"], response.status_code))
    assert wrong == []


def test_every_endpoint_names_the_scopes_it_needs(db):
    generator = SchemaGenerator()
    generator._initialise_endpoints()
    unscoped = [
        path
        for path, _pattern, _method, view in generator.endpoints
        if path.startswith("/api/v1/") and not getattr(view.cls, "scopes", None)
    ]
    assert unscoped == []
