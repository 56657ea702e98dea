def test_a_living_process_says_so(client):
    assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_asks_database_and_broker(client, db):
    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_names_what_is_away(client, db, settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "unready", "broker": "no answer"})


def test_metrics_are_text_for_prometheus(client, db):
    client.get("/health/live")

    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert "django_http_requests_total_by_method_total" in answer.content.decode()
