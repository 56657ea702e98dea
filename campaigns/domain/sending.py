"""Sending: one lease after another down a kept connection, each step written down before or after it happens."""

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from campaigns.channels.email import limits, message, replies, smtp
from campaigns.domain import contexts, extras, gate, leases, offer_words, rendering
from campaigns.models import Lease, SendUnit
from cxm import tenancy
from cxm.lib.addresses import InvalidAddress
from cxm.tenancy.models import Tenant

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
# A silent server is given up before the lease is, so that it never costs the lease.
ANSWER_WITHIN = 0.75 * settings.SEND_LEASE_SECONDS
CONNECTIONS = 4  # of a process to the server; a crash leaves at most a window of each unknown
IDLE = 30.0  # seconds after which a kept connection is opened anew rather than trusted


def work(*, tenant: Tenant, worker: str, clock: Clock, until: float) -> bool:
    """Send leases of one tenant until none waits or the time is over.

    Args:
        worker: a name for this process, kept in the lease for people.
        clock: the time of day.
        until: ``time.monotonic()`` after which no further lease is begun.

    Returns:
        Whether there may be more to do.
    """
    presses: dict[tuple[int, str], rendering.Press] = {}
    while time.monotonic() < until:
        claimed = leases.claim(tenant=tenant, worker=worker, now=clock())
        if claimed is None:
            return False
        lease, unit, candidates = claimed
        _Sending(tenant=tenant, lease=lease, unit=unit, candidates=candidates, clock=clock, presses=presses).run()
    return True


class _Sending:
    """One lease on its way: what is on the wire, what was answered, what becomes of each message."""

    def __init__(
        self,
        *,
        tenant: Tenant,
        lease: Lease,
        unit: SendUnit,
        candidates: Sequence[gate.Candidate],
        clock: Clock,
        presses: dict[tuple[int, str], rendering.Press],
    ) -> None:
        self.tenant, self.lease, self.unit, self.clock = tenant, lease, unit, clock
        self.candidates = {candidate.message_id: candidate for candidate in candidates}
        self.presses = presses
        self.languages: dict[int, str] = {}
        self.customers: dict[int, dict[str, Any]] = {}
        self.extras: dict[int, dict[str, Any]] = {}
        self.specimens: dict[str, dict[str, Any]] = {}
        self.ends: dict[tuple[datetime | None, str], str] = {}
        self.pending: set[int] = set()
        self.last = 0
        self.answered: dict[str, list[str]] = {}
        self.outcomes: dict[int, leases.Outcome] = {}

    def run(self) -> None:
        wait = None
        try:
            with tenancy.scope(self.tenant):
                self._prepare()
        except Exception:
            log.exception("Lease %s could not be prepared", self.lease.pk)
            leases.put_off(lease=self.lease, now=self.clock())
            return
        try:
            with _connections.taken(for_messages=len(self.candidates)) as connections:
                smtp.deliver(connections, self._items(), on_wire=self._on_wire, on_reply=self._on_reply)
                wait = None if any(each.alive for each in connections) else leases.AFTER_FAILURE
        except leases.LeaseLost:
            log.info("Lease %s was taken back or paused", self.lease.pk)
        except smtp.CannotConnect as problem:
            log.warning("Mail server: %s", problem)
            wait = leases.AFTER_FAILURE
        leases.finish(lease=self.lease, outcomes=list(self.outcomes.values()), now=self.clock(), wait=wait)

    def _prepare(self) -> None:
        """Fetch what rendering needs, so that no query runs while messages are on the wire."""
        default = self.tenant.language
        subjects = {
            found.message_id: (found.data or {}).get("as_customer") or found.customer_id
            for found in self.candidates.values()
        }
        self.customers = contexts.of_customers({pk for pk in subjects.values() if pk})
        for found in self.candidates.values():
            wanted = (found.data or {}).get("language") or found.language
            language = rendering.language_for(wanted=wanted, unit=self.unit, default=default)
            self.languages[found.message_id] = language
            if (self.unit.pk, language) not in self.presses:
                press = rendering.press(unit=self.unit, tenant=self.tenant, language=language)
                self.presses[self.unit.pk, language] = press
        spoken = {
            found.customer_id: self.languages[found.message_id]
            for found in self.candidates.values()
            if found.customer_id
        }
        self.extras = extras.fields(self.unit, spoken)
        if self.unit.kind == rendering.TEST:
            self.specimens = {spoken: extras.specimens(spoken[:2]) for spoken in set(self.languages.values())}

    def _items(self) -> Iterator[smtp.Item]:
        now = self.clock()
        for found in self.candidates.values():
            try:
                language = self.languages[found.message_id]
                press = self.presses[self.unit.pk, language]
                customer = self.customers.get((found.data or {}).get("as_customer") or found.customer_id)
                recipient = message.Recipient(
                    message_id=found.message_id,
                    address=found.address,
                    now=now,
                    name=(customer or {}).get("name", ""),
                    context=rendering.context_of(
                        shared=press.shared,
                        customer=customer or self._stand_in(language),
                        data=found.data,
                        offer=self._offer_of(found),
                    )
                    | self._extras(found),
                    **(found.data or {}).get("headers", {}),
                )
                envelope = press.letter.envelope(recipient)
                data = press.letter.render(recipient)
            except InvalidAddress as problem:
                self._refuse(found.message_id, "invalid_address", str(problem.message))
            except limits.RenderRefused as problem:
                self._refuse(found.message_id, "render_error", str(problem.message))
            except Exception as problem:
                log.exception("Message %s could not be rendered", found.message_id)
                self._refuse(found.message_id, "internal_error", type(problem).__name__)
            else:
                yield smtp.Item(found.message_id, envelope.mail_from, envelope.recipient, data, dotless=True)

    def _stand_in(self, language: str) -> dict[str, Any] | None:
        """Return the person that a test shows when nobody was chosen: the one of the preview."""
        return contexts.made_up(language) if self.unit.kind == rendering.TEST else None

    def _extras(self, found: gate.Candidate) -> dict[str, Any]:
        if self.specimens:
            return self.specimens[self.languages[found.message_id]]
        return self.extras.get(found.customer_id, {})

    def _offer_of(self, found: gate.Candidate) -> dict[str, str] | None:
        """Return what the message's own code adds to the offer; the day it ends is put into words once for all."""
        if not found.code:
            return None
        asked = found.code_expires_at, self.languages[found.message_id]
        if asked not in self.ends:
            self.ends[asked] = offer_words.end(found.code_expires_at, tenant=self.tenant, language=asked[1])
        return {"code": found.code, "expires": self.ends[asked]}

    def _on_wire(self, keys: list[int]) -> None:
        upto = min(self.pending) - 1 if self.pending else self.last
        leases.on_wire(
            lease=self.lease, upto=upto, answered=self.answered, ids=[*self.pending, *keys], now=self.clock()
        )
        self.pending.update(keys)
        self.last = max(self.last, *keys)

    def _on_reply(self, key: int, answer: replies.Answer) -> None:
        self.pending.discard(key)
        if answer.outcome is replies.Outcome.UNSENT:
            # it never left: the next claim finds it as it was, and `recover` must not take it for accepted
            self.answered[str(key)] = [leases.UNSENT, "", ""]
            return
        reply = f"{answer.code} {answer.text}".rstrip() if answer.code else answer.text
        self._note(key, answer.outcome.value, answer.reason, reply)

    def _refuse(self, message_id: int, reason: str, sentence: str) -> None:
        self._note(message_id, "failed", reason, sentence)

    def _note(self, message_id: int, state: str, reason: str, reply: str) -> None:
        found = self.candidates[message_id]
        if state != "accepted":
            self.answered[str(message_id)] = [state, reason, reply[:200]]
        self.outcomes[message_id] = leases.Outcome(
            message_id, state, reason, reply, found.address, self.languages[message_id]
        )


class _Connections:
    """The kept connections of this process: TLS and greetings are paid once, not per lease.

    Several, because what is about to go on the wire is written down for all of them at once: one commit then serves
    more messages than one connection may have under way, and none of them waits for the other's answer.
    """

    def __init__(self) -> None:
        self._kept: list[smtp.Connection] = []
        self._used = 0.0

    @contextlib.contextmanager
    def taken(self, *, for_messages: int) -> Iterator[list[smtp.Connection]]:
        """Open connections, as many as so many messages can fill; kept afterwards.

        Raises:
            smtp.CannotConnect: the server cannot be reached, or refuses us.
        """
        wanted = max(1, min(CONNECTIONS, -(-for_messages // smtp.WINDOW)))
        ready = self._still_good()
        self._kept = []
        try:
            while len(ready) < wanted:
                fresh = smtp.Connection(_server())
                try:
                    fresh.open()
                except smtp.CannotConnect:
                    if not ready:
                        raise
                    break  # the server wants no more of us at a time
                ready.append(fresh)
            yield ready[:wanted]
        finally:
            self._kept, self._used = [each for each in ready if each.alive], time.monotonic()

    def _still_good(self) -> list[smtp.Connection]:
        fresh_enough = time.monotonic() - self._used < IDLE
        good = [each for each in self._kept if each.alive and fresh_enough and each.server == _server()]
        for each in self._kept:
            if each not in good:
                each.quit()
        return good


_connections = _Connections()


def _server() -> smtp.Server:
    return smtp.Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        tls="implicit" if settings.EMAIL_USE_SSL else "starttls" if settings.EMAIL_USE_TLS else "none",
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        hello=socket.getfqdn() if settings.EMAIL_HOST not in {"127.0.0.1", "localhost"} else "localhost",
        timeout=ANSWER_WITHIN,
    )
