"""Who "we" are. PostgreSQL keeps tenants apart; this package only says which one is meant."""

from cxm.tenancy.scopes import NoTenant, as_owner, current, current_id, scope

__all__ = ["NoTenant", "as_owner", "current", "current_id", "scope"]
