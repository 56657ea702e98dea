"""People, tenants and doors that most tests need. Dull on purpose."""

from contextlib import suppress

import hypothesis
import pytest
from django.db import OperationalError, connection
from django.test import Client, TransactionTestCase
from rest_framework.test import APIClient

from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.accounts.models import Membership, Role, User
from cxm.audit.actors import SYSTEM
from cxm.celery import app
from cxm.tenancy.models import Tenant

# How long an example takes says something of the machine and what else runs on it, nothing of the code.
hypothesis.settings.register_profile("cxm", deadline=None)
hypothesis.settings.load_profile("cxm")


@pytest.fixture
def eager():
    """Tasks run at once, as a worker would: one that fails is told to nobody."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def tenant(db) -> Tenant:
    """The tenant most tests are about."""
    return Tenant.objects.create(slug="shop", name="Shop", timezone="UTC", currency="GBP", country="GB")


@pytest.fixture
def other_tenant(db) -> Tenant:
    """A stranger."""
    return Tenant.objects.create(slug="stranger", name="Stranger", timezone="UTC", currency="USD")


@pytest.fixture
def scoped(tenant):
    """Run the whole test inside the tenant's scope, as the application's role."""
    with tenancy.scope(tenant):
        yield tenant


def make_user(tenant: Tenant, role: str, email: str = "") -> User:
    user = User.objects.create_user(email or f"{role}@{tenant.slug}.test", "a long password")
    Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


@pytest.fixture
def owner(tenant) -> User:
    return make_user(tenant, Role.OWNER)


@pytest.fixture
def marketer(tenant) -> User:
    return make_user(tenant, Role.MARKETER)


@pytest.fixture
def agent(tenant) -> User:
    return make_user(tenant, Role.AGENT)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    """A browser signed in as the owner of the tenant."""
    client.force_login(owner)
    return client


@pytest.fixture
def api_key(tenant) -> str:
    """A key of the tenant with every scope."""
    with tenancy.scope(tenant):
        return keys.create(name="Test", scopes=[], by=SYSTEM)[1]


@pytest.fixture
def api(api_key) -> APIClient:
    """A program of the tenant."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key}")
    return client


@pytest.fixture
def media(settings, tmp_path):
    """Uploads of this test alone."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end one worker would be at it while the others have nothing left."""
    items.sort(key=lambda item: "slow" not in item.keywords)


MADE_BY_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def _empty_only_what_is_full() -> None:
    """After a test with real transactions, empty only the tables that hold rows: a hundred cost half a second."""
    TransactionTestCase._fixture_teardown = _empty


def _empty(case: TransactionTestCase) -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    for _attempt in range(5):
        with suppress(OperationalError), connection.cursor() as cursor:  # a page just closed may still be asking
            cursor.execute(asked)
            full = [f'"{table}"' for (table,) in cursor.fetchall() if table not in MADE_BY_MIGRATIONS]
            if full:
                cursor.execute(f"TRUNCATE {', '.join(full)} CASCADE")
            return
    raise AssertionError("The tables could not be emptied.")
