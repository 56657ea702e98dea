"""Django's cache in Redis or Valkey, with one client for each server instead of one for each call."""

from django.core.cache.backends import redis


class Client(redis.RedisCacheClient):
    """Keeps what Django makes anew with every call: making a client costs as much as asking it."""

    def __init__(self, servers: list[str], **options: object) -> None:
        super().__init__(servers, **options)
        self._clients = {}  # by pool

    def get_client(self, key: str | None = None, *, write: bool = False) -> object:
        pool = self._get_connection_pool(write)
        if pool not in self._clients:
            self._clients[pool] = self._client(connection_pool=pool)
        return self._clients[pool]


class Cache(redis.RedisCache):
    """The backend of settings.CACHES."""

    def __init__(self, server: str, params: dict) -> None:
        super().__init__(server, params)
        self._class = Client
