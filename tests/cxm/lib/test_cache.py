"""The cache keeps its client, and what it holds is there and goes away as Django's is and does."""

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache

from cxm.lib.cache import Cache


def test_one_client_serves_all_calls():
    client = cache._cache.get_client()

    cache.set("word", {"kept": 1}, 30)
    assert cache.get("word") == {"kept": 1}
    assert cache._cache.get_client("other", write=True) is client


def test_what_one_keeps_django_reads(settings):
    given = settings.CACHES["default"]
    plain, ours = (kind(given["LOCATION"], {"KEY_PREFIX": given["KEY_PREFIX"]}) for kind in (RedisCache, Cache))

    ours.set("number", 7, 30)
    assert (plain.get("number"), ours.incr("number"), plain.get("number")) == (7, 8, 8)
    plain.delete("number")
    assert ours.get("number") is None


def test_each_server_has_a_client_of_its_own():
    two = Cache("redis://127.0.0.1:1/0;redis://127.0.0.1:2/0", {})._cache

    asked = {two.get_client(write=write).connection_pool.connection_kwargs["port"] for write in (True, False)}
    assert asked == {1, 2}
    assert two.get_client(write=True) is two.get_client(write=True)
