from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import lists as own  # noqa: PLC0415
        from customers import panels  # noqa: PLC0415 -- apps.ready is where wiring lives
        from customers.domain import customers, import_undo, import_work, imports, segments  # noqa: PLC0415
        from cxm.accounts.domain import lists, todos  # noqa: PLC0415
        from cxm.jobs import domain as jobs  # noqa: PLC0415

        jobs.register(imports.IMPORT, import_work.run, given_up=imports.give_up)
        jobs.register(imports.UNDO, import_undo.run, given_up=imports.give_up)

        todos.register(todos.Subject("customer", "customers:detail", customers.names))
        for each in (own.PEOPLE, own.SEGMENTS):
            lists.register(each)
        panels.register(panels.Panel("orders", _("Orders"), "customers:panel_orders", "customers.view", 10))
        panels.register(panels.Panel("segments", _("Segments"), "customers:panel_segments", "segments.view", 30))

        jobs.register(segments.JOB, segments.run_job)
        pre_migrate.connect(install_extensions, sender=self, dispatch_uid="customers.extensions")

    def after_migrate_sql(self, existing: set[str]) -> list[str]:
        from customers.models import found  # noqa: PLC0415 -- models are ready only now

        return found.view_sql(existing)


def install_extensions(sender: AppConfig, using: str, **kwargs) -> None:
    """Have what the search index needs; both extensions are trusted, so the database's owner may install them."""
    with connections[using].cursor() as cursor:
        for name in ("pg_trgm", "btree_gin"):
            cursor.execute("SELECT FROM pg_extension WHERE extname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE EXTENSION {name}")
