"""``manage.py kpis --tenant SLUG --from D --to D``: every figure of a period as JSON."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from analytics.api.kpis import as_json
from analytics.domain import kpis
from cxm import tenancy
from cxm.lib import time
from cxm.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Prints every figure of a period as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *, tenant: str, first: date, last: date, **options: object) -> None:
        found = Tenant.objects.filter(slug=tenant).first()
        if found is None:
            raise CommandError(f"There is no tenant {tenant}.")
        if last < first:
            raise CommandError("--to is before --from.")
        if first.year not in kpis.YEARS or last.year not in kpis.YEARS:
            raise CommandError("--from and --to are days of the years 1990 to 2200.")
        period = time.between(first, last, time.zone(found.timezone))
        with tenancy.scope(found):
            figures = kpis.everything(tenant=found, period=period, now=timezone.now())
        self.stdout.write(json.dumps([as_json(figure) for figure in figures.values()], cls=DjangoJSONEncoder))
