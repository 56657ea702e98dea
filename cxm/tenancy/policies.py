"""Row-level security for every tenant-owned table, installed after each migrate so that it cannot be forgotten."""

from django.apps import apps
from django.db import connections

from cxm.tenancy.models import Tenant, TenantModel
from cxm.tenancy.scopes import ROLE

MINE = "nullif(current_setting('cxm.tenant', true), '')::bigint"


def tenant_tables() -> list[str]:
    """Return the tables of all models that extend TenantModel, many-to-many tables included."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, TenantModel) and model._meta.managed
    )


def install_after_migrate(sender, using: str, **kwargs) -> None:
    """Install role, policies and grants; bound to post_migrate and run once, after the last app."""
    if sender.label == list(apps.app_configs.values())[-1].label:
        install(using=using)


def install(*, using: str = "default") -> None:
    """Create the application's role, and a policy and grants on every tenant table. Safe to run again."""
    existing = set(connections[using].introspection.table_names())
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""DO $$ BEGIN
                  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} NOLOGIN; END IF;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
        )
        cursor.execute("SELECT pg_has_role(current_user, %s, 'SET')", [ROLE])
        if not cursor.fetchone()[0]:
            cursor.execute(f"GRANT {ROLE} TO current_user")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
        for table in tenant_tables():
            if table in existing:
                _protect(cursor, table, f"tenant_id = {MINE}")
        if Tenant._meta.db_table in existing:
            _protect(cursor, Tenant._meta.db_table, f"id = {MINE}", grants="SELECT, UPDATE")
        for statement in (
            statement
            for config in apps.get_app_configs()
            for statement in getattr(config, "after_migrate_sql", lambda existing: [])(existing)
        ):
            cursor.execute(statement)


def _protect(cursor, table: str, mine: str, grants: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    cursor.execute(
        """SELECT relrowsecurity, (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy
             WHERE polrelid = c.oid AND polname = 'tenant'), has_table_privilege(%s, c.oid, 'SELECT')
           FROM pg_class c WHERE oid = %s::regclass""",
        [ROLE, f'"{table}"'],
    )
    enabled, policy, granted = cursor.fetchone()
    if enabled and policy and granted:
        return
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    cursor.execute(f'DROP POLICY IF EXISTS tenant ON "{table}"')
    cursor.execute(f'CREATE POLICY tenant ON "{table}" TO {ROLE} USING ({mine}) WITH CHECK ({mine})')
    cursor.execute(f'GRANT {grants} ON "{table}" TO {ROLE}')
    cursor.execute(
        f"SELECT pg_get_serial_sequence('\"{table}\"', 'id') WHERE EXISTS (SELECT FROM pg_attribute "
        f"WHERE attrelid = '\"{table}\"'::regclass AND attname = 'id')"
    )
    for (sequence,) in cursor.fetchall():
        if sequence:
            cursor.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {ROLE}")
