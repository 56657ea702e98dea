"""Blocks of the customer's page that other apps bring: each loads by itself, and fails by itself."""

from dataclasses import dataclass

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


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add a block; called from ``apps.ready``."""
    _panels[panel.key] = panel


def allowed(may: frozenset[str]) -> list[Panel]:
    """Return the blocks a role sees, in their order."""
    return sorted((found for found in _panels.values() if found.permission in may), key=lambda found: found.position)
