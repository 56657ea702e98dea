"""Whether this process lives, and whether it can serve."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer while the process runs."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and broker do, else 503 with the one that does not."""
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        problems["database"] = "no answer"
    try:
        cache.get("ready")
    except (RedisError, OSError):
        problems["broker"] = "no answer"
    return JsonResponse({"status": "unready" if problems else "ok", **problems}, status=503 if problems else 200)
