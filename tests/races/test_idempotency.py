"""One Idempotency-Key, two calls at the same time."""

import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from customers.models import Tag


@pytest.mark.urls("tests.cxm.rest.probe")
@pytest.mark.django_db(transaction=True)
def test_second_call_waits_and_is_answered_from_the_first(api_key):
    gate, answers = threading.Barrier(3), []

    def call() -> None:
        client = APIClient()
        gate.wait()
        response = client.post(
            "/api/v1/probes/", {"name": "A", "name_key": "a"}, HTTP_AUTHORIZATION=f"Bearer {api_key}",
            HTTP_IDEMPOTENCY_KEY="one",
        )  # fmt: skip
        answers.append((response.status_code, response.json().get("id")))
        connection.close()

    threads = [threading.Thread(target=call) for _step in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [(201, Tag.objects.get().pk)] * 3
