"""Links under which somebody without an account sees a dashboard: signed, read-only, taken back at any time."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from analytics.domain import boards
from analytics.models import Share
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import signing, time
from cxm.lib.errors import NotFound, Refusal

KIND = "dashboard"
FOR_EVER = 0
LASTING = {  # days → what people read
    7: _("One week"),
    30: _("One month"),
    90: _("Three months"),
    365: _("One year"),
    FOR_EVER: _("Until it is taken back"),
}
USUAL = 90


class ShareNotFound(NotFound):
    message = _("There is no such link.")


class ShareRefused(Refusal):
    code = "invalid_share"
    message = _("This dashboard cannot be shared as it is.")


def create(*, board: str, period: str, by: Actor, now: datetime, days: int = USUAL) -> Share:
    """Make a link to a dashboard that ends after so many days, a key of `LASTING`.

    Raises:
        UnknownBoard, ShareRefused: there is no such dashboard or period, or no link lasts so long.
    """
    if period not in time.PERIODS or days not in LASTING:
        raise ShareRefused
    end = now + timedelta(days=days) if days != FOR_EVER else None
    known = boards.get(key=board).key
    found = Share.objects.create(board=known, period=period, created_by=by.label[:254], expires_at=end)
    audit.record(by=by, action="dashboard.shared", on=found, named=_name(found), expires_at=end)
    return found


def get(*, share_id: int) -> Share:
    """Return a link of the tenant in scope.

    Raises:
        ShareNotFound: there is none with this id.
    """
    found = Share.objects.filter(pk=share_id).first()
    if found is None:
        raise ShareNotFound
    return found


def revoke(*, share: Share, by: Actor, now: datetime) -> None:
    """Take a link back; whoever opens it then is told that nothing is there."""
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=now):
        audit.record(by=by, action="dashboard.share_revoked", on=share, named=_name(share))


def standing(*, now: datetime) -> QuerySet[Share]:
    """Return the links that are open."""
    return Share.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def _name(share: Share) -> str:
    board = boards.BOARDS.get(share.board)
    return f"{board.label if board else share.board} · {time.PERIODS.get(share.period, share.period)}"


def token(share: Share) -> str:
    """Return what stands in the address."""
    return signing.sign(KIND, share.tenant_id, share.pk)


def tenant_of(token: str) -> tuple[int, int] | None:
    """Return tenant and link that a token names; None for one that is not ours."""
    numbers = signing.unsign(KIND, token)
    return numbers if numbers and len(numbers) == 2 else None
