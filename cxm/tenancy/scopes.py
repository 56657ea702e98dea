"""The scope of one tenant: a transaction in which the server shows that tenant's rows and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from cxm.tenancy.models import Tenant

ROLE = "cxm_app"
_current: ContextVar[tuple[int, Tenant | None] | None] = ContextVar("cxm_tenant", default=None)


class NoTenant(RuntimeError):
    """Something that belongs to a tenant was asked for outside every scope: a fault of ours, never a user's."""


def current_id() -> int:
    """Return the id of the tenant in scope; the default of every tenant-owned row.

    Raises:
        NoTenant: outside every scope.
    """
    found = _current.get()
    if found is None:
        raise NoTenant("No tenant in scope. Open one with tenancy.scope(tenant).")
    return found[0]


def current() -> Tenant:
    """Return the tenant in scope.

    Raises:
        NoTenant: outside every scope, or in one opened with a bare id.
    """
    found = _current.get()
    if found is None or found[1] is None:
        raise NoTenant("No tenant object in scope. Open one with tenancy.scope(tenant).")
    return found[1]


@contextmanager
def scope(tenant: Tenant | int) -> Iterator[None]:
    """Open a transaction that sees and writes one tenant's rows only.

    The role and the tenant are set for the transaction alone, in one round trip, so a pooled connection never
    carries them further. Scopes nest; the outer one is restored by hand because RELEASE SAVEPOINT keeps SET LOCAL.

    Args:
        tenant: the tenant, or its id where the object is not at hand (tasks).
    """
    tenant_id, found = (tenant, None) if isinstance(tenant, int) else (tenant.pk, tenant)
    outer = _current.get()
    nested = connection.in_atomic_block
    token = _current.set((tenant_id, found))
    try:
        with transaction.atomic():
            _set_local(role=ROLE, tenant=str(tenant_id))
            yield
        # Behind the savepoint: inside it, a scope whose work is to be taken back accepts no statement any more.
        if nested:
            _set_local(role=ROLE if outer else "none", tenant=str(outer[0]) if outer else "")
    finally:
        _current.reset(token)


@contextmanager
def as_owner() -> Iterator[None]:
    """Leave row-level security for a few statements inside a scope; each must name its tenant itself.

    For questions that an index can only answer without a policy above it (see docs/architecture.md). Every use is in
    a module that the isolation tests cover.
    """
    with transaction.atomic():
        _set_local(role="none", tenant=str(current_id()))
        yield
        _set_local(role=ROLE, tenant=str(current_id()))


def _set_local(*, role: str, tenant: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true), set_config('cxm.tenant', %s, true)", [role, tenant])
