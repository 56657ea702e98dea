"""script/manage api_key --tenant SLUG [--scopes a,b]: makes an API key and prints it alone on the last line."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.lib.errors import Refusal
from cxm.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Makes an API key of a tenant; the key stands alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="the tenant's slug")
        parser.add_argument("--scopes", default="", help="separated by commas; all that a key may carry when left out")
        parser.add_argument("--name", default="Command line", help="what people call it")

    def handle(self, *, tenant: str, scopes: str, name: str, **options: object) -> None:
        found = Tenant.objects.filter(slug=tenant).first()
        if found is None:
            raise CommandError(f"There is no tenant {tenant!r}. Known: {', '.join(_slugs()) or 'none'}.")
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        with tenancy.scope(found):
            try:
                key, secret = keys.create(name=name, scopes=wanted, by=SYSTEM)
            except Refusal as refusal:
                raise CommandError(f"{refusal.message} {', '.join(refusal.fields)}") from refusal
        self.stderr.write(f"A key of {found.name}; it may: {', '.join(key.scopes)}")
        self.stdout.write(secret)


def _slugs() -> list[str]:
    return list(Tenant.objects.values_list("slug", flat=True)[:20])
