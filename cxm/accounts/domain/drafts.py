"""Drafts of editors, kept while somebody types; and who else has the same editor open.

An editor's page shows ``<c-draft kind="…" ref="…" form="#id" sitting="…" />``, opens with ``find`` and forgets with
``discard`` once its form was saved. Letters on their way while the form is saved may arrive after it: each opened page
is a sitting of its own, and a sitting that is over keeps nothing.
Who is there stands in the cache alone: a heartbeat that ends soon after the tab is closed.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from cxm.accounts.models import Draft, Membership
from cxm.lib.errors import NotFound, Refusal

MOST = 1_000_000  # characters of a draft
SITTING = Draft._meta.get_field("sitting").max_length
PRESENT = timedelta(seconds=45)  # a heartbeat counts that long; one comes every 15 seconds


class NoSuchEditor(NotFound):
    message = _("There is no such editor.")


class SittingOver(Refusal):
    code = "sitting_over"
    message = _("This was saved meanwhile. Open the page again to go on typing.")
    status = 409


class DraftRefused(Refusal):
    code = "draft_too_long"
    message = _("This is too long to be kept as a draft. Save it.")
    status = 422


_kinds: dict[str, str] = {}


def register(kind: str, permission: str) -> None:
    """Make a kind of editor known, and who may use it; called from ``apps.ready``."""
    _kinds[kind] = permission


def permission(kind: str) -> str:
    """Return who may use editors of a kind, or refuse with 404."""
    if kind not in _kinds:
        raise NoSuchEditor
    return _kinds[kind]


def sitting() -> str:
    """Return the name of one opened page of an editor."""
    return secrets.token_urlsafe(16)


def find(*, kind: str, ref: object, membership: Membership) -> Draft | None:
    """Return what a member typed there and did not save."""
    return Draft.objects.filter(kind=kind, ref=str(ref), member=membership, over=False).first()


def keep(
    *, kind: str, ref: str, membership: Membership, sitting: str, content: Mapping[str, str], now: datetime
) -> Draft:
    """Keep what stands in the editor's form in place of what was kept before.

    Raises:
        DraftRefused: too long.
        SittingOver: what was typed there was saved or thrown away already.
    """
    cleaned = {name: value.replace("\0", "") for name, value in content.items()}
    if len(json.dumps(cleaned, ensure_ascii=False)) > MOST:
        raise DraftRefused
    sitting = sitting[:SITTING]
    kept = {"sitting": sitting, "over": False, "content": cleaned, "updated_at": now}
    with transaction.atomic():
        rows = Draft.objects.select_for_update()
        draft, new = rows.get_or_create(kind=kind, ref=ref, member=membership, defaults=kept)
        if draft.over and draft.sitting == sitting:
            raise SittingOver
        if not new:
            for field, value in kept.items():
                setattr(draft, field, value)
            draft.save(update_fields=kept)
    return draft


def discard(*, kind: str, ref: object, membership: Membership, sitting: str, now: datetime) -> None:
    """Forget a draft: what was typed in a sitting was saved, or is not wanted."""
    over = {"sitting": sitting[:SITTING], "over": True, "content": {}, "updated_at": now}
    Draft.objects.update_or_create(kind=kind, ref=str(ref), member=membership, defaults=over)


def meet(*, kind: str, ref: str, membership: Membership, now: datetime) -> list[str]:
    """Note that a member has the editor open, and return the names of the others who do.

    Two heartbeats at the same moment may lose one of them until the next, and nobody is seen while the cache is away:
    it is a notice, not a lock.
    """
    key = f"editor:{membership.tenant_id}:{kind}:{ref}"
    since = (now - PRESENT).timestamp()
    try:
        present = {who: seen for who, seen in (cache.get(key) or {}).items() if seen[1] > since}
        present[membership.pk] = (str(membership.user), now.timestamp())
        cache.set(key, present, PRESENT.total_seconds())
    except RedisError:
        return []
    return sorted(name for who, (name, _at) in present.items() if who != membership.pk)
