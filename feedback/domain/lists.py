"""Cases to look through: views everybody knows, filters, words, in the order in which they are due."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from customers.models import Customer
from cxm.accounts.models import User
from cxm.lib import pagination, text
from feedback.domain import facts
from feedback.models import Case, CaseType, Queue

OPEN = (Case.State.NEW, Case.State.OPEN)
PENDING = (*OPEN, Case.State.WAITING)
VIEWS = ("open", "mine", "unassigned", "late", "waiting", "done", "all")
ORDERS = {"due": "due_at", "updated": "-updated_at", "newest": "-id"}
COUNTED = 10_000


@dataclass(frozen=True)
class Query:
    """What a list asks for.

    Args:
        view: one of VIEWS.
        words: of subject, person or number.
        sort: a key of ORDERS.
    """

    view: str = "open"
    words: str = ""
    queue: Queue | None = None
    type: CaseType | None = None
    priority: str = ""
    owner: User | None = None
    channel: str = ""
    sort: str = "due"


def page(query: Query, *, user: User | None, now: datetime, cursor: str = "", limit: int = 30) -> pagination.Page:
    """Return a page of cases with their people.

    Raises:
        pagination.BadCursor: not a cursor of ours.
    """
    found = facts.with_people(listed(query, user=user, now=now))
    return pagination.page(found, order=ORDERS[query.sort], cursor=cursor or None, limit=limit)


def listed(query: Query, *, user: User | None, now: datetime) -> QuerySet[Case]:
    """Return the cases of a list, in no order yet."""
    found = Case.objects.filter(_viewed(query.view, user, now))
    exact = {
        "queue": query.queue, "type": query.type, "priority": query.priority, "owner": query.owner,
        "channel": query.channel,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in exact.items() if value})
    for word in text.fold(query.words).split()[:8]:
        found = found.filter(search__contains=word)
    return found


def counts(*, user: User, now: datetime) -> dict[str, int]:
    """Return how many cases each view that is worked through holds, in one query."""
    views = {view: Count("id", filter=_viewed(view, user, now)) for view in VIEWS if view not in ("done", "all")}
    return Case.objects.filter(state__in=PENDING).aggregate(**views)


def open_of(customer: Customer) -> list[Case]:
    """Return the cases of a person that are not done, the most pressing first."""
    found = facts.with_people(Case.objects.filter(customer=customer, state__in=PENDING))
    return list(found.order_by("due_at", "-id")[:20])


def history_of(customer: Customer, *, but: Case | None = None) -> list[Case]:
    """Return the last cases of a person, whatever their state."""
    found = facts.with_people(Case.objects.filter(customer=customer)).exclude(pk=but.pk if but else None)
    return list(found.order_by("-id")[:5])


def tone(case: Case, *, now: datetime) -> str:
    """Return how pressing a case is: ``late``, ``soon``, ``fine``, ``paused`` or nothing."""
    if case.is_done:
        return ""
    if case.paused_at:
        return "paused"
    if case.due_at is None:
        return ""
    if case.due_at <= now:
        return "late"
    first = case.first_answered_at is None and case.due_at == case.first_due_at
    warn = case.first_warn_at if first else case.solve_warn_at
    return "soon" if warn and warn <= now else "fine"


def _viewed(view: str, user: User | None, now: datetime) -> Q:
    pending = Q(state__in=OPEN)
    return {
        "open": pending,
        "mine": Q(state__in=PENDING, owner=user),
        "unassigned": pending & Q(owner=None),
        "late": Q(state__in=PENDING, due_at__lte=now),
        "waiting": Q(state=Case.State.WAITING),
        "done": Q(state__in=(Case.State.SOLVED, Case.State.CLOSED)),
        "all": Q(),
    }[view]


__all__ = ["ORDERS", "PENDING", "VIEWS", "Query", "counts", "listed", "page", "tone"]
