"""Requests to addresses that strangers chose (webhooks, images, feeds), unable to reach our own network.

The name is resolved once, every address it has is checked, and the connection goes to the checked address: what the
name points to a moment later does not matter (DNS rebinding). Redirects are checked the same way. The answer is
read up to a size and a time, however slowly it drips.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import urllib3
from django.utils.translation import gettext_lazy as _
from urllib3.connection import HTTPConnection, HTTPSConnection

from cxm.lib import addresses, errors, text

DEFAULT_TIMEOUT, DEFAULT_LIMIT, DEFAULT_REDIRECTS = 10.0, 1024 * 1024, 3
URL_LIMIT = 2048

REASONS = {
    "url": _("Write a complete address that begins with https:// or http://."),
    "credentials": _("An address must not hold a user name or password."),
    "port": _("This port is not open to requests. Use 443, 80 or one above 1023."),
    "private": _("This address leads into a private network and is not called."),
    "downgrade": _("This address redirects from https to http and is not followed."),
    "redirects": _("This address redirects too often."),
}

_PORTS = {"http": 80, "https": 443}
_LAST_SYSTEM_PORT = 1023
_REDIRECTS = {301, 302, 303, 307, 308}
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}
_SAFE = "/%?&=:;,+!$'()*@~[]|"  # of a URL: as written; all else is percent-encoded
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")
_CHUNK = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# addresses that carry another inside, or that Python calls global and nobody should be sent to
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REFUSED = [
    ipaddress.ip_network(network)
    for network in ("2002::/16", "2001::/32", "::/96", "64:ff9b:1::/48", "192.88.99.0/24", "fec0::/10", "5f00::/16")
]


class NotAllowed(errors.Refusal):
    """An address we do not call; `code` is a key of `REASONS`."""

    code = "url_not_allowed"

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code], code=f"url_{code}")


class Failed(Exception):
    """The other side did not answer as HTTP asks: unknown name, refused, timed out, bad certificate."""


class Response(NamedTuple):
    """An answer, whatever its status. `complete` is False where the body was cut at the limit."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    complete: bool


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    limit: int = DEFAULT_LIMIT,
    redirects: int = DEFAULT_REDIRECTS,
    trusted: Sequence[Network] = (),
) -> Response:
    """One request, in at most `timeout` seconds over all redirects; at most `limit` bytes of body are kept.

    Only GET and HEAD follow redirects; any other method returns the 3xx answer. `trusted` networks may be called
    though they are private (an installation's own services). Raises NotAllowed, Failed. Never inside a transaction.
    """
    sent = {"Accept-Encoding": "identity", "User-Agent": "CXM", **(headers or {})}
    call = _Call(method, sent, body, time.monotonic() + timeout, limit, tuple(trusted))
    follow = method in {"GET", "HEAD"}
    for _hop in range(redirects + 1):
        target = check_url(url)
        response = _exchange(call, target)
        location = response.headers.get("location")
        if not (follow and location and response.status in _REDIRECTS):
            return response
        url = urljoin(url, location)
        following = check_url(url)
        if target.scheme == "https" and following.scheme == "http":
            raise NotAllowed("downgrade")
        if (following.hostname, following.port) != (target.hostname, target.port):
            sent = {name: value for name, value in sent.items() if name.lower() not in _SECRET_HEADERS}
            call = call._replace(headers=sent)
    raise NotAllowed("redirects")


def check_url(url: str) -> SplitResult:
    """The parts of a URL we may call, as far as it says itself; its addresses are checked when it is called.

    Raises NotAllowed. For forms: a webhook's address is checked when it is entered, too.
    """
    if len(url) > URL_LIMIT or text.has_header_break(url) or _NEVER.search(url):
        raise NotAllowed("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("url") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotAllowed("url")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("credentials")
    if port is not None and (port == 0 or (port <= _LAST_SYSTEM_PORT and port not in _PORTS.values())):
        raise NotAllowed("port")
    return parts


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet, also looking at the one it carries inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class _Call(NamedTuple):
    """What stays the same over all redirects."""

    method: str
    headers: dict[str, str]
    body: bytes | None
    deadline: float  # of the monotonic clock
    limit: int
    trusted: tuple[Network, ...]


def _resolve(host: str, port: int, trusted: Sequence[Network]) -> list[str]:
    """Every address of the host, each checked. One private address among them refuses all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed(f"the name {host} is not known") from error
    literals = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for literal in literals:
        address = ipaddress.ip_address(literal)
        if not is_public(address) and not any(
            address in network for network in trusted if network.version == address.version
        ):
            raise NotAllowed("private")
    return literals


def _exchange(call: _Call, target: SplitResult) -> Response:
    host = _ascii_host(target.hostname or "")
    port = target.port or _PORTS[target.scheme]
    failure: Exception | None = None
    for literal in _resolve(host, port, call.trusted)[:3]:
        connection = _connection(target.scheme, (literal, port), host, call.deadline)
        try:
            connection.connect()
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            failure = error
            connection.close()
            continue
        return _conversation(connection, call, target)
    raise Failed(_reason(failure)) from failure


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return addresses.to_ascii(host)
    except addresses.InvalidAddress as error:
        raise NotAllowed("url") from error


def _connection(scheme: str, address: tuple[str, int], host: str, deadline: float) -> HTTPConnection:
    """A connection to that very address, which must prove to be `host` where it is encrypted."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise Failed("timed out")
    if scheme == "http":
        return HTTPConnection(*address, timeout=remaining)
    context = ssl.create_default_context()
    return HTTPSConnection(*address, timeout=remaining, server_hostname=host, ssl_context=context)


def _conversation(connection: HTTPConnection, call: _Call, target: SplitResult) -> Response:
    path = quote((target.path or "/") + (f"?{target.query}" if target.query else ""), safe=_SAFE)
    sock = connection.sock
    # a socket's timeout starts again with every byte; the alarm does not
    alarm = threading.Timer(max(0.0, call.deadline - time.monotonic()), _cut, [sock])
    alarm.daemon = True
    alarm.start()
    try:
        headers = {**call.headers, "Host": _host_header(target)}
        connection.request(call.method, path, call.body, headers, preload_content=False)
        answer = connection.getresponse()
        content, complete = _limited(answer, call.limit)
        if time.monotonic() >= call.deadline:
            raise Failed("timed out")
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, names, content, target.geturl(), complete)
    except (OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
        raise Failed("timed out" if time.monotonic() >= call.deadline else _reason(error)) from error
    finally:
        alarm.cancel()
        connection.close()


def _host_header(target: SplitResult) -> str:
    host = _ascii_host(target.hostname or "")
    host = f"[{host}]" if ":" in host else host
    return host if target.port in {None, _PORTS[target.scheme]} else f"{host}:{target.port}"


def _limited(answer: urllib3.HTTPResponse, limit: int) -> tuple[bytes, bool]:
    parts, size = [], 0
    while size <= limit:
        part = answer.read1(_CHUNK, decode_content=False)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:limit], False


def _cut(sock: socket.socket | None) -> None:
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was closed a moment before


def _reason(error: Exception | None) -> str:
    return str(error) or type(error).__name__
