"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """Return the IP address of who asks; empty when there is none.

    Behind a proxy, what the proxy itself wrote: the last entry of ``X-Forwarded-For``. Those before it are the caller's
    own words, and so is the whole header where no proxy stands in front.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    if not settings.BEHIND_PROXY:
        return direct
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return direct
