"""Addresses of a tenant's pages."""

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

from cxm.tenancy import scopes


def page(name: str, *args: object, **kwargs: object) -> str:
    """Return the path of a page of the tenant in scope: ``page("customers:detail", 7)``."""
    slug = scopes.current().slug
    if kwargs:
        return reverse(name, kwargs={"tenant": slug, **kwargs})
    return _path(get_script_prefix(), get_urlconf() or settings.ROOT_URLCONF, name, slug, args)


@lru_cache(8192)  # every page asks for some forty addresses, most of them the same ones
def _path(prefix: str, urlconf: str, name: str, slug: str, args: tuple) -> str:
    return reverse(name, urlconf=urlconf, args=[slug, *args])


def absolute(path: str) -> str:
    """Return the address under which the outside reaches a path of ours."""
    return settings.BASE_URL + path
