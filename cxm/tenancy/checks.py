"""Refusals to start with tenants not kept apart."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connections

from cxm.tenancy.policies import tenant_tables
from cxm.tenancy.scopes import ROLE


def connecting_role(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """Refuse to run in production as a role that skips row-level security wherever it goes."""
    problems = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            name, skips = cursor.fetchone()
        if skips:
            kind = Warning if settings.LAPTOP else Error
            problems.append(
                kind(
                    f"The database role {name} skips row-level security.",
                    hint="Connect as an ordinary role that owns the tables: ALTER ROLE … NOSUPERUSER NOBYPASSRLS.",
                    id="tenancy.E001",
                )
            )
    return problems


def policies_in_place(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """Refuse to run with a tenant table that has no policy, or with an application role that skips policies."""
    problems = []
    for alias in databases or []:
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    """SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND relname = ANY(%s)
                       AND (NOT relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))""",
                    [tenant_tables()],
                )
                bare = [name for (name,) in cursor.fetchall()]
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolbypassrls)", [ROLE])
                skips = cursor.fetchone() is not None
        except DatabaseError as error:
            return [Error(f"The database does not answer: {error}", id="tenancy.E004")]
        if bare:
            problems.append(
                Error(f"No row-level security on {', '.join(bare)}.", hint="Run migrate.", id="tenancy.E002")
            )
        if skips:
            problems.append(Error(f"The role {ROLE} skips row-level security.", id="tenancy.E003"))
    return problems
