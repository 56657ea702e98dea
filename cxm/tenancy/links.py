"""Addresses of a tenant's pages."""

from django.conf import settings
from django.urls import reverse

from cxm.tenancy import scopes


def page(name: str, *args: object, **kwargs: object) -> str:
    """Return the path of a page of the tenant in scope: ``page("customers:detail", 7)``."""
    slug = scopes.current().slug
    return reverse(name, kwargs={"tenant": slug, **kwargs}) if kwargs else reverse(name, args=[slug, *args])


def absolute(path: str) -> str:
    """Return the address under which the outside reaches a path of ours."""
    return settings.BASE_URL + path
