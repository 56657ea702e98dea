from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenancyConfig(AppConfig):
    name = "cxm.tenancy"
    label = "tenancy"
    verbose_name = _("Businesses")
    default = True

    def ready(self) -> None:
        from cxm.tenancy import checks, policies  # noqa: PLC0415 -- apps.ready is where wiring lives

        post_migrate.connect(policies.install_after_migrate, dispatch_uid="tenancy.policies")
        register(checks.connecting_role, Tags.database)
        register(checks.policies_in_place, Tags.database)
