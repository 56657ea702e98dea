"""One element of a call or batch: read, checked, its time corrected; or refused with a reason.

The words are those of Segment's public HTTP API: https://segment.com/docs/connections/spec/common/
"""

import json
import marshal
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import Refusal

KINDS = ("identify", "track", "page", "screen", "group", "alias")
MAX_ELEMENT = 32 * 1024
# What the timeline calls an element that brings no name of its own.
NAMES = {"identify": "Identified", "page": "Page Viewed", "screen": "Screen Viewed", "group": "Joined Company",
         "alias": "Aliased"}  # fmt: skip
CONTEXT = ("ip", "userAgent", "locale", "timezone", "page", "campaign")
MAX_CONTEXT_TEXT = 500
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Clocks differ by minutes and zones by hours; what claims to happen later than that is a mistake.
FUTURE = timedelta(days=1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The sender's ids live beside ours (``order:7``): a sender must not be able to take one of those.
MESSAGE_PREFIX = "segment:"


class ElementRefused(Refusal):
    code = "invalid_element"
    message = _("This element cannot be kept.")


@dataclass(slots=True)
class Element:
    """An element as we keep it.

    Args:
        kind: one of KINDS.
        name: of the event on the timeline.
        occurred_at: by our clock.
        properties: of the event; the trimmed context stands under ``context``.
    """

    index: int
    kind: str
    name: str
    occurred_at: datetime
    user_id: str = ""
    anonymous_id: str = ""
    previous_id: str = ""
    group_id: str = ""
    message_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        return "app" if self.kind == "screen" else "web"


def read(raw: Any, *, index: int, kind: str, received_at: datetime, sent_at: datetime | None) -> Element:
    """Check one element.

    Args:
        raw: as parsed.
        index: its place in the batch.
        kind: of the call; empty in a batch, where each element says its own under ``type``.
        received_at: now.
        sent_at: when the batch left by the sender's clock; an element's own ``sentAt`` wins.

    Raises:
        ElementRefused: with code and sentence.
    """
    if not isinstance(raw, dict):
        raise _refused("not_an_object", __("An element is a JSON object."))
    kind = kind or raw.get("type")
    if kind not in KINDS:
        raise _refused("unknown_type", __("The type must be one of: %(types)s.") % {"types": ", ".join(KINDS)})
    element = Element(
        index=index,
        kind=kind,
        name=_name(raw, kind),
        occurred_at=_occurred(raw, received_at, sent_at),
        user_id=_id(raw, "userId", 200),
        anonymous_id=_id(raw, "anonymousId", 255),
    )
    if message_id := _id(raw, "messageId", 240):
        element.message_id = MESSAGE_PREFIX + message_id
    _read_people(element, raw)
    _read_words(element, raw)
    return element


def parse_time(value: Any) -> datetime | None:
    """Return an ISO 8601 time, aware (UTC where it names no zone); None where there is none.

    Raises:
        ValueError: it is no time.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(value)
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _read_people(element: Element, raw: dict) -> None:
    if element.kind == "alias":
        element.previous_id = _id(raw, "previousId", 200)
        if not element.previous_id or not element.user_id:
            raise _refused("identity_missing", __("An alias names previousId and userId."))
    elif not element.user_id and not element.anonymous_id:
        raise _refused("identity_missing", __("An element names userId or anonymousId."))
    if element.kind == "group":
        element.group_id = _id(raw, "groupId", 200)
        if not element.group_id:
            raise _refused("group_missing", __("A group call names groupId."))


def _read_words(element: Element, raw: dict) -> None:
    properties = dict(_object(raw, "properties"))
    if element.kind in {"identify", "group"}:
        element.traits = _object(raw, "traits")
        properties["traits"] = element.traits
    if element.kind == "group":
        properties["group_id"] = element.group_id
    if element.kind == "alias":
        properties["previous_id"] = element.previous_id
    if element.kind in {"page", "screen"}:
        for word in ("name", "category"):
            if isinstance(raw.get(word), str) and raw[word]:
                properties.setdefault(word, raw[word])
    if context := _context(_object(raw, "context")):
        properties["context"] = context
    element.properties = properties


def too_large(element: Element) -> bool:
    """Return whether what would be kept is beyond what an element may hold.

    Marshal is ten times as fast as JSON and JSON at most six times as long (a control character, a null), so most
    elements need no second look.
    """
    if len(marshal.dumps(element.properties, 2)) * 6 <= MAX_ELEMENT:
        return False
    return len(json.dumps(element.properties, ensure_ascii=False).encode()) > MAX_ELEMENT


def _context(context: dict) -> dict:
    kept = {name: context[name] for name in CONTEXT if name in context}
    if len(str(kept)) <= MAX_CONTEXT_TEXT:
        return kept
    return {name: short for name, value in kept.items() if (short := _shortened(value)) is not None}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_CONTEXT_TEXT]
    if isinstance(value, dict):
        return {str(name)[:50]: inner[:MAX_CONTEXT_TEXT] for name, inner in list(value.items())[:20]
                if isinstance(inner, str)}  # fmt: skip
    return None


def _name(raw: dict, kind: str) -> str:
    if kind != "track":
        return NAMES[kind]
    name = raw.get("event")
    if not isinstance(name, str) or not name.strip():
        raise _refused("event_missing", __("A track call names its event."))
    name = name.strip()
    if len(name) > 100 or _CONTROL.search(name):
        raise _refused("event_name", __("The event's name is one line of at most 100 characters."))
    return name


def _id(raw: dict, name: str, limit: int) -> str:
    value = raw.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > limit or _CONTROL.search(value):
        raise _refused(
            "identity",
            __("%(name)s must be one line of at most %(limit)d characters.") % {"name": name, "limit": limit},
        )
    return value.strip()


def _object(raw: dict, name: str) -> dict:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _refused("not_an_object", __("%(name)s must be a JSON object.") % {"name": name})
    return value


def _occurred(raw: dict, received_at: datetime, sent_at: datetime | None) -> datetime:
    """Correct the sender's clock: what lay between event and sending is trusted, the hour on their wall is not."""
    try:
        told = parse_time(raw.get("originalTimestamp")) or parse_time(raw.get("timestamp"))
        sent = parse_time(raw.get("sentAt")) or sent_at
        if told is None:
            return received_at
        occurred = received_at - (sent - told) if sent else told
    except (ValueError, OverflowError) as error:
        raise _refused("timestamp", __("Times are written as in 2026-11-22T14:30:00.000Z.")) from error
    if occurred > received_at + FUTURE:
        raise _refused("timestamp", __("The time lies more than a day in the future."))
    if occurred < EARLIEST:
        raise _refused("timestamp", __("The time lies before the year 2000."))
    return min(occurred, received_at)


def _refused(code: str, message: str) -> ElementRefused:
    return ElementRefused(message, code=code)
