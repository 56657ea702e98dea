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
        parser.add_argument("template", help="id of a template, or its name with --tenant")
        parser.add_argument("customer", help="id or external id of a customer of the same tenant")
        parser.add_argument("--tenant", default="", help="slug, where the template is named and not numbered")
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
        if is_id:
            found = found.filter(pk=int(named))
        elif slug:
            found = found.filter(name=named, archived_at=None)
        else:
            raise CommandError("A template is named by its id, or by its name together with --tenant.")
        template = found.order_by("-updated_at").first()
        if template is None:
            raise CommandError(str(templates.UnknownTemplate.message))
        return template.tenant, template.pk
