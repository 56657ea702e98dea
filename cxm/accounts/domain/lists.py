"""Lists of pages: which columns somebody sees, and sets of filters kept under a name. One mechanism for every list.

A list is registered in ``apps.ready``; its page asks for its ``shelf`` and shows it with ``<c-shelf>``. Filters
live in the address, the columns in ``cols`` of the address where a view or a link names them, else in the member's own
choice, else they are the list's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cxm.accounts import permissions
from cxm.accounts.models import Membership, SavedView
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal
from cxm.tenancy import links

COLUMNS = "cols"
MOST = 50  # views of one list that are shown to somebody
_LONGEST = 2000


class ViewRefused(Refusal):
    code = "invalid_view"
    message = _("This view cannot be kept as it is.")


class ViewNotFound(NotFound):
    message = _("There is no such view.")


class NotYours(Refusal):
    code = "not_yours"
    message = _("Somebody else made this view. Who administers the business can remove it.")
    status = 403


@dataclass(frozen=True)
class Column:
    """A column that can be chosen; ``usual`` ones show where nobody chose."""

    key: str
    label: str | Promise
    usual: bool = True


@dataclass(frozen=True)
class List:
    """A list that has views, and columns if it names some.

    Args:
        key: under which views and choices are kept.
        address: name of its page.
        permission: who may see it.
    """

    key: str
    address: str
    permission: str
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A view as the list shows it: where it leads, whether one stands there, whether one may remove it."""

    view: SavedView
    href: str
    active: bool
    removable: bool


@dataclass(frozen=True)
class Shelf:
    """What stands above a list: its views, and the columns chosen."""

    list: List
    query: str
    views: list[Shown]
    columns: frozenset[str]

    @property
    def address(self) -> str:
        """Of the list without any filter."""
        return links.page(self.list.address)

    @property
    def current(self) -> Shown | None:
        return next((shown for shown in self.views if shown.active), None)

    @property
    def choices(self) -> list[tuple[Column, bool]]:
        return [(column, column.key in self.columns) for column in self.list.columns]


_lists: dict[str, List] = {}


def register(found: List) -> None:
    """Make a list known; called from ``apps.ready``."""
    _lists[found.key] = found


def get(key: str) -> List:
    """Return a registered list, or refuse with 404."""
    if key not in _lists:
        raise ViewNotFound
    return _lists[key]


def shelf(*, key: str, membership: Membership, query: str) -> Shelf:
    """Return what stands above a list, in one query.

    Args:
        query: the query string the page was asked with.
    """
    found, here = get(key), normal(query)
    base, manages = links.page(found.address), permissions.allows(membership.role, "settings.manage")
    views = [
        Shown(view, f"{base}?{view.query}", view.query == here, manages or view.member_id == membership.pk)
        for view in visible(key=key, membership=membership)[:MOST]
    ]
    return Shelf(found, here, views, columns(key=key, membership=membership, query=query))


def columns(*, key: str, membership: Membership, query: str) -> frozenset[str]:
    """Return the keys of the columns to show: the address's, else the member's, else the usual ones."""
    known = [column.key for column in get(key).columns]
    asked = QueryDict(query).get(COLUMNS)
    chosen = asked.split(",") if asked is not None else membership.columns.get(key)
    if chosen is None:
        return frozenset(column.key for column in get(key).columns if column.usual)
    return frozenset(known).intersection(chosen)


def visible(*, key: str, membership: Membership) -> QuerySet[SavedView]:
    """Return one's own views of a list and those shared, by name."""
    return SavedView.objects.filter(Q(shared=True) | Q(member=membership), list=key)


def choose_columns(*, key: str, membership: Membership, chosen: Iterable[str]) -> None:
    """Keep which columns of a list a member wants to see, from now on and on every device."""
    wanted = set(chosen)
    kept = [column.key for column in get(key).columns if column.key in wanted]
    membership.columns = membership.columns | {key: kept}
    Membership.objects.filter(pk=membership.pk).update(columns=membership.columns)


def save(*, key: str, membership: Membership, name: str, query: str, shared: bool, by: Actor) -> SavedView:
    """Keep filters under a name; one's own view of that name is replaced.

    Raises:
        ViewRefused: no name, or filters too long to keep.
    """
    line, normalised = text.clean_line(name)[:60], normal(query)
    if not line:
        raise ViewRefused(_("Give the view a name."))
    if len(normalised) > _LONGEST:
        raise ViewRefused(_("These filters are too long to be kept."))
    found, _new = SavedView.objects.update_or_create(
        list=get(key).key, member=membership, name=line, defaults={"query": normalised, "shared": shared}
    )
    audit.record(by=by, action="view.saved", on=found, list=key, query=normalised, shared=shared)
    return found


def remove(*, view_id: int, membership: Membership, by: Actor) -> SavedView:
    """Remove a view: its maker may, and whoever configures the business.

    Raises:
        ViewNotFound, NotYours
    """
    view = SavedView.objects.filter(Q(shared=True) | Q(member=membership), pk=view_id).first()
    if view is None:
        raise ViewNotFound
    if view.member_id != membership.pk and not permissions.allows(membership.role, "settings.manage"):
        raise NotYours
    audit.record(by=by, action="view.removed", on=view, list=view.list)
    view.delete()
    return view


def forget(*, membership: Membership) -> None:
    """Remove what somebody kept for themselves, as they leave; what they shared stays."""
    SavedView.objects.filter(member=membership, shared=False).delete()


def normal(query: str) -> str:
    """Return a query string by which equal filters are equal: sorted, without empty ones and the place in the list."""
    asked = QueryDict(query.replace("%00", ""), mutable=True)
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        if name != "cursor" and (values := [value for value in asked.getlist(name) if value]):
            kept.setlist(name, values)
    return kept.urlencode()


def without_columns(query: str) -> str:
    """Return a query string without the columns it names."""
    asked = QueryDict(query, mutable=True)
    asked.pop(COLUMNS, None)
    return asked.urlencode()
