"""Dashboards by what somebody does: which figures and pictures stand on each."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.domain import charts, kpis, standings
from cxm.accounts.models import Role
from cxm.lib.errors import NotFound
from cxm.tenancy.models import Tenant


class UnknownBoard(NotFound):
    message = _("There is no such dashboard.")


@dataclass(frozen=True)
class Board:
    """A dashboard.

    Args:
        figures: keys of figures that follow from sums of days, shown at once.
        asked: keys of figures that count people, fetched afterwards.
        pictures: of `pictures`.
    """

    key: str
    label: str | Promise
    figures: tuple[str, ...]
    asked: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


BOARDS = {
    board.key: board
    for board in (
        Board("overview", _("Overview"),
              ("new_customers", "orders", "revenue", "average_order", "sent", "delivery_rate", "open_rate",
               "click_rate", "conversion_rate", "unsubscribe_rate", "campaign_revenue", "response_time", "nps"),
              ("churn_rate", "retention_rate", "repeat_rate", "clv_predicted"),
              ("money", "mail", "funnel", "classes")),
        Board("marketing", _("Marketing"),
              ("sent", "delivery_rate", "open_rate", "click_rate", "conversion_rate", "unsubscribe_rate",
               "campaign_revenue", "new_customers"),
              ("email_roi", "repeat_rate", "clv_predicted"), ("mail", "funnel")),
        Board("service", _("Service"),
              ("cases", "response_time", "response_time_business", "response_in_time", "resolution_time",
               "handling_time", "actions_per_engagement", "nps", "csat", "ces"),
              (), ("cases", "response_time")),
    )
}  # fmt: skip


def get(*, key: str) -> Board:
    """Return a dashboard.

    Raises:
        UnknownBoard: there is none of that name.
    """
    if key not in BOARDS:
        raise UnknownBoard
    return BOARDS[key]


def usual(role: str) -> str:
    """Return the dashboard that somebody of a role opens on."""
    return "marketing" if role == Role.MARKETER else "overview"


def pictures(board: Board, report: kpis.Report, *, tenant: Tenant) -> dict[str, dict]:
    """Return the pictures of a dashboard by name."""
    return {name: _picture(name, report, tenant) for name in board.pictures if name != "classes"}


def standing(board: Board, *, tenant: Tenant) -> kpis.Standing | None:
    """Return how the business stands now, where a dashboard shows it."""
    return standings.current(tenant=tenant) if "classes" in board.pictures else None


def _picture(name: str, report: kpis.Report, tenant: Tenant) -> dict:
    drawn = {"money": charts.money, "mail": charts.mail, "funnel": charts.funnel}
    if name in drawn:
        return drawn[name](report, tenant=tenant)
    return charts.one(kpis.get(key=name), report, tenant=tenant)
