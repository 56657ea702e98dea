"""A call or batch, stored: who is meant, what they did, what is known of them now, what they bought."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import events, identities, orders
from customers.domain.intake import elements, profiles, shop
from customers.domain.intake.elements import Element
from customers.models import Event
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal

SOURCE = "api"
MAX_BATCH = 1000


class BatchRefused(Refusal):
    code = "invalid_batch"
    message = _("A batch is a list of 1 to 1,000 elements.")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one element of a batch. ``stored``: its event was kept all the same."""

    index: int
    code: str
    message: str
    fields: dict[str, str] = field(default_factory=dict)
    stored: bool = False


def store(
    batch: Sequence[Any],
    *,
    kind: str = "",
    sent_at: Any = None,
    size: int,
    by: Actor,
    now: datetime,
    trusted: bool = True,
) -> list[Problem]:
    """Store what can be kept of a batch, in the caller's scope, and say what could not.

    Args:
        batch: elements as parsed.
        kind: of a call that holds one element; empty for a batch.
        sent_at: when the batch left, by the sender's clock.
        size: bytes of the body, which bounds what an element can be.
        by: the key that tells.
        now: when it came in.
        trusted: whether it may give known people addresses, make one of two and correct the shop's own orders. Whoever
            reads the key in a page could otherwise have a customer's mail, and the link to their page, sent to
            themselves.

    Raises:
        BatchRefused: no list, empty, or too long.
        elements.ElementRefused: ``sentAt`` is no time.
    """
    if not isinstance(batch, list) or not 1 <= len(batch) <= MAX_BATCH:
        raise BatchRefused
    told, problems = _read(batch, kind=kind, sent_at=_sent(sent_at), size=size, now=now)
    if told:
        problems += identities.retrying(lambda: _keep(told, by=by, now=now, trusted=trusted))
    return sorted(problems, key=lambda problem: problem.index)


def _sent(value: Any) -> datetime | None:
    try:
        return elements.parse_time(value)
    except ValueError as error:
        raise elements.ElementRefused(__("sentAt is not a time we can read."), code="timestamp") from error


def _read(
    batch: Sequence[Any], *, kind: str, sent_at: datetime | None, size: int, now: datetime
) -> tuple[list[Element], list[Problem]]:
    told: list[Element] = []
    problems: list[Problem] = []
    for index, raw in enumerate(batch):
        try:
            element = elements.read(raw, index=index, kind=kind, received_at=now, sent_at=sent_at)
            if size > elements.MAX_ELEMENT and elements.too_large(element):
                raise elements.ElementRefused(__("An element may hold 32 KB."), code="too_large")
        except elements.ElementRefused as refusal:
            problems.append(Problem(index, refusal.code, str(refusal.message)))
        else:
            shop.identify(element)
            told.append(element)
    return told, problems


def _keep(told: Sequence[Element], *, by: Actor, now: datetime, trusted: bool) -> list[Problem]:
    wrong, fresh = _join(told, by=by, now=now, trusted=trusted)
    known = identities.resolve(
        user_ids={found.user_id for found in told if found.user_id},
        anonymous_ids={found.anonymous_id for found in told if not found.user_id},
        now=now,
        source=SOURCE,
    )
    ids = {
        found.index: known.users[found.user_id] if found.user_id else known.anonymous[found.anonymous_id]
        for found in told
    }
    written, stored = _record(told, ids, source=SOURCE if trusted else orders.SITE)
    new = None if trusted else fresh | known.fresh
    wrong |= profiles.apply([found for found in told if found.index in stored], ids, now=now, fresh=new)
    ordered = [found for found in told if shop.is_order(found) and found.index in stored]
    if ordered:
        wrong |= shop.feed(ordered, ids, now=now, trusted=trusted)
    again = [found for found in told if shop.is_order(found) and found.index not in stored]
    if again and trusted:
        wrong |= shop.confirm(again, ids, now=now)
    events.tell(written)
    return [
        Problem(index, "partly_kept", __("The event is stored; some of what it says is not."), fields, stored=True)
        for index, fields in wrong.items()
    ]


def _join(
    told: Sequence[Element], *, by: Actor, now: datetime, trusted: bool
) -> tuple[dict[int, dict[str, str]], set[int]]:
    """Join people before anything is stored, so that what came before the identify call in a batch is theirs too.

    Returns:
        Index → what was not done; and those who have the shop's id from here on.
    """
    wrong: dict[int, dict[str, str]] = {}
    fresh: set[int] = set()
    how = {"by": by, "now": now, "source": SOURCE, "addresses": trusted}
    pairs = [
        (found.user_id, found.anonymous_id)
        for found in told
        if found.kind == "identify" and found.user_id and found.anonymous_id
    ]
    if pairs:
        fresh |= identities.join(pairs=pairs, **how)
    for found in told:
        if found.kind != "alias":
            continue
        if not trusted and identities.find(user_ids={found.previous_id}, anonymous_ids=set()).users:
            wrong[found.index] = {"previousId": __("Only a key that may change customers renames a known one.")}
            continue
        fresh |= identities.alias(previous_id=found.previous_id, user_id=found.user_id, **how)
    return wrong, fresh


def _record(told: Sequence[Element], ids: dict[int, int], *, source: str) -> tuple[list[Event], set[int]]:
    """Write the timeline; returns what was written, and the indexes of elements that were not known before."""
    happenings = [
        events.Happening(
            customer_id=ids[found.index],
            name=found.name,
            occurred_at=found.occurred_at,
            properties=found.properties,
            channel=found.channel,
            source=source,
            message_id=found.message_id,
        )
        for found in told
    ]
    written = events.write(happenings)
    new = {event.message_id for event in written}
    # Of two elements with one id in the same batch the first is the one that was stored.
    first = {found.message_id: found.index for found in reversed(told)}
    return written, {
        found.index
        for found in told
        if found.message_id is None or (found.message_id in new and first[found.message_id] == found.index)
    }
