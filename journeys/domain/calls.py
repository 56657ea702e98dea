"""Calls to other servers: claimed, committed, sent, recorded; tried again until they are taken."""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import translation
from standardwebhooks import Webhook

from cxm import tenancy
from cxm.lib import http
from cxm.tenancy.models import Tenant
from journeys.models import Call

ALIVE, TIMEOUT = timedelta(seconds=60), 10.0
# Waiting times after the first, second … failure; then the call has failed.
RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 600)]
BATCH, GONE = 20, 410
_CLAIM = """
UPDATE journeys_call SET state = 'claimed', attempts = attempts + 1, due_at = %(until)s
WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY(
  SELECT id FROM journeys_call WHERE tenant_id = %(tenant)s AND state IN ('queued', 'claimed') AND due_at <= %(now)s
  ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
RETURNING id, url, body::text, attempts
"""


def secret_of(*, tenant_id: int) -> str:
    """Return the secret calls of a tenant are signed with; who receives them checks it."""
    key = hmac.digest(settings.SECRET_KEY.encode(), f"journeys.call:{tenant_id}".encode(), "sha256")
    return "whsec_" + base64.b64encode(key).decode()


def tenants_due(*, now: datetime) -> list[int]:
    """Return the ids of tenants with a call to make. Runs as the owner."""
    due = Call.objects.filter(state__in=[Call.State.QUEUED, Call.State.CLAIMED], due_at__lte=now)
    return list(due.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def send_due(*, tenant: Tenant, clock: Callable[[], datetime], trusted: Sequence[http.Network] = ()) -> int:
    """Make a batch of a tenant's calls; a worker that dies leaves them to be made again a minute later.

    Args:
        trusted: private networks that may be called all the same.

    Returns:
        How many were tried.
    """
    with tenancy.scope(tenant), connection.cursor() as cursor:
        now = clock()
        cursor.execute(_CLAIM, {"tenant": tenant.pk, "now": now, "until": now + ALIVE, "batch": BATCH})
        claimed = cursor.fetchall()
    signer = Webhook(secret_of(tenant_id=tenant.pk))
    for number, url, body, attempts in claimed:
        mine = Call.objects.filter(pk=number, state=Call.State.CLAIMED, attempts=attempts)
        with tenancy.scope(tenant):  # those before it may have taken long: another worker may be at it by now
            if not mine.update(due_at=clock() + ALIVE):
                continue
        with translation.override(tenant.language):  # colleagues read the answer
            state, answer = _call(url, _letter(signer, number, body, clock()), trusted)
        if state == Call.State.QUEUED and attempts > len(RETRY_AFTER):
            state = Call.State.FAILED
        wait = RETRY_AFTER[attempts - 1] if state == Call.State.QUEUED else timedelta()
        with tenancy.scope(tenant):
            mine.update(state=state, answer=answer[:200], due_at=clock() + wait)
    return len(claimed)


def _letter(signer: Webhook, number: int, body: str, now: datetime) -> tuple[dict[str, str], bytes]:
    """Return headers and body; the id stays the same over all attempts, so that receivers can tell."""
    content, name = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")), f"call_{number}"
    headers = {
        "Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(name, now, content),
    }  # fmt: skip
    return headers, content.encode()


def _call(url: str, letter: tuple[dict[str, str], bytes], trusted: Sequence[http.Network]) -> tuple[str, str]:
    """Return what the call's state is now, and what was answered."""
    headers, body = letter
    try:
        response = http.request(
            "POST", url, headers=headers, body=body, timeout=TIMEOUT, limit=1024, trusted=trusted
        )  # fmt: skip
    except http.NotAllowed as refusal:
        return Call.State.FAILED, str(refusal.message)
    except http.Failed as failure:
        return Call.State.QUEUED, str(failure)
    if 200 <= response.status < 300:
        return Call.State.DONE, str(response.status)
    return Call.State.FAILED if response.status == GONE else Call.State.QUEUED, str(response.status)
