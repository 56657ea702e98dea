"""Organisations customers belong to."""

from collections.abc import Iterable

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import keys
from customers.models import Company, Customer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal


class CompanyRefused(Refusal):
    code = "invalid_company"
    message = _("A company needs a name of at most 200 characters.")


class CompanyNotFound(NotFound):
    message = _("There is no such company.")


def get(company_id: int) -> Company:
    """Return the company, or refuse with 404."""
    found = Company.objects.filter(pk=company_id).first()
    if found is None:
        raise CompanyNotFound
    return found


def find_or_create(names: Iterable[str]) -> dict[str, Company]:
    """Return companies by their folded name, made where missing.

    Raises:
        CompanyRefused: a name that is empty or too long.
    """
    wanted: dict[str, str] = {}
    for name in names:
        line = text.clean_line(name)
        if not (key := text.fold(line)) or len(line) > 200 or len(key) > 220:
            raise CompanyRefused(fields={"company": __("A company needs a name of at most 200 characters.")})
        wanted.setdefault(key, line)
    new = [Company(name=name, name_key=key) for key, name in sorted(wanted.items())]
    Company.objects.bulk_create(new, ignore_conflicts=True)
    return {company.name_key: company for company in Company.objects.filter(name_key__in=wanted)}


def with_counts(search: str = "") -> QuerySet[Company]:
    """Return companies with ``people``, by name; ``search`` is a prefix of the folded name."""
    found = Company.objects.annotate(people=Count("customers")).order_by("name_key", "id")
    if key := text.fold(search):
        low, high = text.prefix_range(key)
        found = found.filter(name_key__gte=low, name_key__lt=high)
    return found


def figures(company: Company) -> dict:
    """Return people, orders and revenue of a company."""
    people = Customer.objects.filter(company=company)
    return people.aggregate(
        people=Count("pk"), orders=Sum("traits__orders_count"), revenue=Sum("traits__revenue"),
        last_order_at=Max("traits__last_order_at"),
    )  # fmt: skip


def change(*, company: Company, name: str, domain: str, by: Actor) -> Company:
    """Rename a company or correct its domain; its people are found under the new name at once."""
    line = text.clean_line(name)
    key = text.fold(line)
    if not key or len(line) > 200 or len(key) > 220:
        raise CompanyRefused(fields={"name": __("A company needs a name of at most 200 characters.")})
    if Company.objects.filter(name_key=key).exclude(pk=company.pk).exists():
        raise CompanyRefused(fields={"name": __("Another company has this name.")})
    old = company.name
    company.name, company.name_key, company.domain = line, key, text.clean_line(domain).lower()[:255]
    company.save(update_fields=["name", "name_key", "domain"])
    people = list(Customer.objects.filter(company=company).select_related("company"))
    for person in people:
        keys.refresh(person)
    Customer.objects.bulk_update(people, ["search"], batch_size=500)
    audit.record(by=by, action="company.changed", on=company, name=[old, line])
    return company
