"""A business: set up, and changed."""

from django.db import transaction

from cxm import tenancy
from cxm.accounts.models import Membership, Role, User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.tenancy.models import Tenant

CHANGEABLE = ("name", "language", "timezone", "currency", "country", "digits", "consent_model", "active_days",
              "lapsed_days")  # fmt: skip


@transaction.atomic
def create(*, slug: str, name: str, owner: User, by: Actor, **settings: object) -> Tenant:
    """Set up a business with its first owner. Called outside every scope.

    Args:
        slug: its name in addresses.
        name: what people call it.
        owner: who may do everything there.
        by: who set it up.
        settings: further fields of Tenant.

    Raises:
        ValidationError: a field is not right, or the slug is taken.
    """
    tenant = Tenant(slug=slug, name=name, **settings)
    tenant.full_clean()
    tenant.save()
    with tenancy.scope(tenant):
        Membership.objects.create(user=owner, role=Role.OWNER)
        audit.record(by=by, action="tenant.created", on=tenant, owner=owner.email)
    return tenant


def change(*, tenant: Tenant, by: Actor, **values: object) -> list[str]:
    """Change the settings of the tenant in scope.

    Args:
        values: fields of CHANGEABLE; those that stay as they are cost nothing.

    Returns:
        The names of the fields that changed.

    Raises:
        ValidationError: a field is not right.
    """
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"Not a setting of a tenant: {', '.join(sorted(unknown))}")
    before = {name: getattr(tenant, name) for name in values}
    changed = [name for name, value in values.items() if before[name] != value]
    for name in changed:
        setattr(tenant, name, values[name])
    tenant.full_clean(validate_unique=False)
    if changed:
        tenant.save(update_fields=changed)
        audit.record(
            by=by,
            action="tenant.changed",
            on=tenant,
            old={name: before[name] for name in changed},
            new={name: values[name] for name in changed},
        )
    return changed
