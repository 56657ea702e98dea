"""``manage.py fit_clv --tenant SLUG --until D``: the models of repeat buying and spending as JSON."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analytics.domain import predictions
from cxm import tenancy
from cxm.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Fits BG/NBD and Gamma-Gamma to a tenant's orders and prints the parameters as JSON; null: not enough data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--until", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *, tenant: str, until: date, **options: object) -> None:
        found = Tenant.objects.filter(slug=tenant).first()
        if found is None:
            raise CommandError(f"There is no tenant {tenant}.")
        with tenancy.scope(found):
            buyers = predictions.buyers(tenant=found, until=until)
        fits = predictions.fit(buyers)
        answer = {
            "bgnbd": _told(fits.bg, "r", "alpha", "a", "b"),
            "gamma_gamma": _told(fits.spending, "p", "q", "gamma"),
            "customers": len(buyers.ids),
        }
        self.stdout.write(json.dumps(answer))


def _told(model: object | None, *names: str) -> dict[str, float] | None:
    return None if model is None else {name: getattr(model, name) for name in (*names, "log_likelihood")}
