"""What lists and search read: a view that belongs to the tables' owner and carries the tenant itself.

Below row-level security an index serves only leakproof operators; substrings (trigrams) and ranges of numbers are
none (docs/architecture.md). The view runs with its owner's rights, so its one condition on the tenant in scope is
what keeps tenants apart: outside a scope it is empty.
"""

from django.db import models

from cxm.tenancy.policies import MINE
from cxm.tenancy.scopes import ROLE

VIEW = "customers_found"


class Found(models.Model):
    """One person with the columns lists filter and sort by. Read only."""

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("tenancy.Tenant", on_delete=models.DO_NOTHING, related_name="+")
    name_key = models.TextField(db_collation="C")
    search = models.TextField(db_collation="C")
    email_key = models.TextField(db_collation="C")
    phone = models.TextField(db_collation="C")
    external_id = models.TextField(null=True, db_collation="C")
    lifecycle = models.TextField()
    country = models.TextField()
    company_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    last_order_at = models.DateTimeField(null=True)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True)

    class Meta:
        managed = False
        db_table = VIEW


def view_sql(existing: list[str] | set[str]) -> list[str]:
    """Return the statements that make the view; the join falls away where no trait is asked for."""
    if "customers_traits" not in existing:
        return []
    return [
        f"""CREATE OR REPLACE VIEW {VIEW} AS
            SELECT c.id, c.tenant_id, c.name_key, c.search, c.email_key, c.phone, c.external_id, c.lifecycle, c.country,
                   c.company_id, c.created_at, t.last_order_at, t.revenue
            FROM customers_customer c
            LEFT JOIN customers_traits t ON t.customer_id = c.id AND t.tenant_id = c.tenant_id
            WHERE c.tenant_id = {MINE}""",
        f"GRANT SELECT ON {VIEW} TO {ROLE}",
    ]
