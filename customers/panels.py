"""What other apps bring to the pages about a customer: blocks beside the timeline, and lines for who is on the phone.

A block loads by itself and fails by itself. A line of the card is read with it, while the telephone rings: its reader
must answer in milliseconds.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise


@dataclass(frozen=True)
class Panel:
    """A block beside the timeline.

    Args:
        key: unique; becomes the element's id.
        title: translated.
        url_name: page that answers with the block's inside; it gets the customer's id.
        permission: who sees it.
        position: lower stands higher.
    """

    key: str
    title: str | Promise
    url_name: str
    permission: str
    position: int = 50


@dataclass(frozen=True)
class Line:
    """One line of the card.

    Args:
        text: in the reader's language.
        href: where it leads, if anywhere.
        note: what stands beside it, quieter: a state, a time left.
        tone: good, busy, warn, bad or neutral.
        icon: of Tabler's set.
    """

    text: str
    href: str = ""
    note: str = ""
    tone: str = "neutral"
    icon: str = "point"


@dataclass(frozen=True)
class Glance:
    """Lines an agent sees at once when somebody calls: open cases, a fitting offer.

    Args:
        key: unique.
        title: translated.
        read: gives the lines of a customer; few, and quickly.
        permission: who sees them.
        position: lower stands higher.
        next_step: whether they say what to do rather than what is so.
    """

    key: str
    title: str | Promise
    read: Callable[[Any], Sequence[Line]]
    permission: str
    position: int = 50
    next_step: bool = False


log = logging.getLogger(__name__)
_glances: dict[str, Glance] = {}
_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add a block; called from ``apps.ready``."""
    _panels[panel.key] = panel


def allowed(may: frozenset[str]) -> list[Panel]:
    """Return the blocks a role sees, in their order."""
    return sorted((found for found in _panels.values() if found.permission in may), key=lambda found: found.position)


def register_glance(glance: Glance) -> None:
    """Add lines to the card; called from ``apps.ready``."""
    _glances[glance.key] = glance


def glances(customer: Any, *, may: frozenset[str]) -> list[tuple[Glance, list[Line]]]:
    """Return the lines of every app about a customer, without those that have none; who fails is left out."""
    found = []
    for glance in sorted(_glances.values(), key=lambda each: each.position):
        if glance.permission in may:
            try:
                with transaction.atomic():
                    lines = list(glance.read(customer))
            except Exception:  # whatever another app does wrong, the caller's card opens
                log.exception("The lines of %s could not be read.", glance.key)
                continue
            if lines:
                found.append((glance, lines))
    return found
