"""A bell for each person: "something of yours changed", heard in their open pages within a blink.

A counter in the broker, moved after the commit; what changed stands in rows and is fetched from there. Pages ask for
the counter some times a second, so the answer must cost next to nothing: it is given before sessions, languages and
the database come into play, to whoever brings a signed token, and says a number and nothing else. While the broker is
away, pages look at the rows every few seconds. See docs/decisions.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cxm.lib import signing

log = logging.getLogger(__name__)
PATH = "/bell/"
VALID_FOR = timedelta(hours=12)
_KEPT = 86_400  # seconds a counter outlives its last ring


def ring(*, tenant_id: int, user_ids: Iterable[int]) -> None:
    """Have these people's pages look again. Call it after the commit; while the broker is away nothing rings."""
    users = set(user_ids)
    if not users:
        return
    try:
        with _client().pipeline(transaction=False) as pipe:
            for user_id in users:
                pipe.incr(_key(tenant_id, user_id)).expire(_key(tenant_id, user_id), _KEPT)
            pipe.execute()
    except redis.RedisError:
        log.warning("The broker is away; pages find the change at their next look.")


def heard(*, tenant_id: int, user_id: int) -> str:
    """Return the counter as it is now; ``0`` before the first ring, empty while the broker is away."""
    try:
        return (_client().get(_key(tenant_id, user_id)) or b"0").decode()
    except redis.RedisError:
        return ""


def address(*, tenant_id: int, user_id: int, now: datetime) -> str:
    """Return where a page asks for this person's counter, for the next hours."""
    expires = int((now + VALID_FOR).timestamp())
    return f"{settings.FORCE_SCRIPT_NAME or ''}{PATH}{signing.sign('bell', tenant_id, user_id, expires)}"


class BellMiddleware:
    """Answers ``/bell/TOKEN?v=N``: 204 while the counter is N, else the counter. The first of all middlewares."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PATH):
            return self.get_response(request)
        response = _answer(request.path_info[len(PATH) :], request.GET.get("v", ""))
        response.headers["Cache-Control"] = "no-store"
        return response


def _answer(token: str, known: str) -> HttpResponse:
    numbers = signing.unsign("bell", token)
    if not numbers or len(numbers) != 3 or numbers[2] < timezone.now().timestamp():
        return HttpResponse(status=404)
    now = heard(tenant_id=numbers[0], user_id=numbers[1])
    if not now:
        return HttpResponse(status=503)
    return HttpResponse(status=204) if now == known else HttpResponse(now, content_type="text/plain")


def _key(tenant_id: int, user_id: int) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:bell:{tenant_id}:{user_id}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
