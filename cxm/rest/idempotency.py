"""Idempotency-Key: a repeated write is answered from what the first one answered, and writes nothing again.

The row that claims a key is written in the transaction of the call itself, so that both are kept or neither is. A
second call with the key waits at the unique constraint until the first has ended.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.lib.errors import Refusal
from cxm.rest.models import IdempotentRequest

KEPT = timedelta(hours=24)
MAX_KEY = 255
MAX_ANSWER = 256 * 1024
WAIT = "10s"


class KeyMisused(Refusal):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for another call. Use a new key for each call.")
    status = 422


class KeyBusy(Refusal):
    code = "idempotency_key_busy"
    message = _("A call with this Idempotency-Key is still running. Try again in a moment.")
    status = 409


class AnswerNotKept(Refusal):
    code = "idempotency_answer_not_kept"
    message = _("This call was carried out before, and its answer was too long to keep. Read what it changed instead.")
    status = 409


class KeyMalformed(Refusal):
    code = "idempotency_key_malformed"
    message = _("Idempotency-Key must be 1 to 255 printable ASCII characters.")


def once(request: HttpRequest, *, key: str, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Run the view once for a key of the tenant in scope; answer repeats from the first answer.

    An answer of 400 and above is not kept: its transaction is taken back, the claim with it, so that the caller may
    mend the cause and repeat.

    Raises:
        KeyMalformed: no key can look like this.
        KeyMisused: the key stands for another call.
        KeyBusy: the first call has not ended after some seconds.
        AnswerNotKept: the first call is done, and its answer was not kept.
    """
    if not (1 <= len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise KeyMalformed
    fingerprint = _fingerprint(request)
    if not _claim(key, fingerprint):
        return _replay(key, fingerprint)
    response = view()
    if response.status_code < 400 and not response.streaming and len(response.content) <= MAX_ANSWER:
        IdempotentRequest.objects.filter(key=key).update(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", "")[:100],
            location=response.headers.get("Location", "")[:500],
            body=response.content.decode(),
        )
    return response


def sweep(*, now: datetime) -> int:
    """Forget answers older than a day, for all tenants; runs as the owner. Returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _claim(key: str, fingerprint: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
            cursor.execute(
                f"""INSERT INTO {IdempotentRequest._meta.db_table}
                      (tenant_id, key, fingerprint, status, content_type, location, body, created_at)
                    VALUES (%s, %s, %s, 0, '', '', '', now()) ON CONFLICT (tenant_id, key) DO NOTHING""",
                [tenancy.current_id(), key, fingerprint],
            )
            claimed = cursor.rowcount == 1
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        raise KeyBusy from error
    return claimed


def _replay(key: str, fingerprint: str) -> HttpResponse:
    first = IdempotentRequest.objects.filter(key=key).first()
    if first is None:  # swept between the two statements
        raise KeyBusy
    if first.fingerprint != fingerprint:
        raise KeyMisused
    if not first.status:  # done, or the row would not be there; the answer was streamed or too long
        raise AnswerNotKept
    response = HttpResponse(first.body, status=first.status, content_type=first.content_type or None)
    response.headers["Idempotent-Replayed"] = "true"
    if first.location:
        response.headers["Location"] = first.location
    return response


def _fingerprint(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":  # never a whole file in memory; the boundary differs each time
        digest.update(request.META.get("CONTENT_LENGTH", "").encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()
