"""How much one key may ask: a token bucket in Valkey, taken from in one round trip."""

import logging
import math
from functools import cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)

# KEYS[1] bucket · ARGV: tokens a second, size of the bucket. The server's clock, so that web processes agree.
TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local rate, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(size, (tonumber(bucket[1]) or size) + math.max(0, now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000) + 1000)
return tostring(wait)
"""


def take(*, bucket: str, rate: float, size: int) -> int:
    """Take one token.

    Args:
        bucket: whose, as ``api:7``.
        rate: tokens that come back each second.
        size: tokens of a full bucket.

    Returns:
        0 when there was one; else the whole seconds until there is. 0 too while the broker is away: a limit protects
        the service and must not take it down.
    """
    try:
        return math.ceil(float(_script()(keys=[f"{settings.CACHES['default']['KEY_PREFIX']}:limit:{bucket}"],
                                         args=[rate, size])))  # fmt: skip
    except redis.RedisError:
        log.warning("The broker is away; calls are not limited.")
        return 0


@cache
def _script():
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return client.register_script(TAKE)
