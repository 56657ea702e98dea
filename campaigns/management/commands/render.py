"""``script/manage render TEMPLATE CUSTOMER``: the message as it would be sent, as JSON."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.domain import messages, specimens, templates
from campaigns.models import Template
from cxm import tenancy
from cxm.lib.errors import Refusal
from cxm.tenancy.models import Tenant


class Command(BaseCommand):
    """Prints one JSON object and nothing else on standard output; what is wrong goes to standard error."""

    help = "Render a template for a customer, as it would be sent."
    requires_system_checks = []  # their remarks would stand in the way of who reads the JSON

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("template", help="id or name of a template")
        parser.add_argument("customer", help="id or external id of a customer of the same tenant")
        parser.add_argument("--tenant", default="", help="slug, where several tenants have a template of that name")
        parser.add_argument("--language", default="")

    def handle(self, *args: object, **options: str) -> None:
        tenant, template_id = self._found(options["template"], options["tenant"])
        try:
            with tenancy.scope(tenant):
                made = specimens.make(
                    template=templates.get(template_id=template_id),
                    customer=messages.customer(ref=options["customer"]),
                    language=options["language"],
                    now=timezone.now(),
                )
        except Refusal as refusal:
            raise CommandError(str(refusal.message)) from refusal
        self.stdout.write(json.dumps(made, ensure_ascii=False, indent=2))

    def _found(self, named: str, slug: str) -> tuple[Tenant, int]:
        """Return the tenant and the template's id; runs as the owner, outside every scope."""
        found = Template.objects.select_related("tenant")
        if slug:
            found = found.filter(tenant__slug=slug)
        is_id = named.isascii() and named.isdigit() and len(named) < 19
        found = found.filter(pk=int(named)) if is_id else found.filter(name=named, archived_at=None)
        templates_found = list(found.order_by("-updated_at")[:20])
        if not templates_found:
            raise CommandError(str(templates.UnknownTemplate.message))
        if len({template.tenant_id for template in templates_found}) > 1:
            raise CommandError("Several tenants have a template of that name: say which with --tenant.")
        return templates_found[0].tenant, templates_found[0].pk
