"""Where things are found: the side bar and the menu of the settings, each in one list.

Pages are named, not imported: an entry leads to the app's page as soon as the app has one, and to a page that tells
what will be there until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cxm.tenancy import links


@dataclass(frozen=True)
class Entry:
    """One place.

    Args:
        key: its name in addresses of pages that do not exist yet.
        label: what people read.
        icon: of Tabler's set; only the first level has one.
        page: URL name.
        needs: permission, or empty when everyone may go there.
        pages: what stands below it.
        planned: what will be there, while there is no page.
    """

    key: str
    label: str | Promise
    icon: str = ""
    page: str = ""
    needs: str = ""
    pages: tuple[Entry, ...] = ()
    planned: str | Promise = ""


@dataclass
class Place:
    """An entry as this request sees it."""

    entry: Entry
    url: str
    active: bool = False
    pages: list[Place] = field(default_factory=list)


SIDE_BAR = (
    Entry("home", _("Home"), "home", pages=(
        Entry("overview", _("Overview"), page="tenant_home"),
        Entry("console", _("Console"), page="customers:console", needs="customers.change"),
        Entry("todos", _("To-dos"), page="todos:list"),
    )),
    Entry("customers", _("Customers"), "users", needs="customers.view", pages=(
        Entry("people", _("People"), page="customers:list", needs="customers.view",
              planned=_("Everyone who buys from you or writes to you, once, over all channels.")),
        Entry("companies", _("Companies"), page="customers:companies", needs="customers.view",
              planned=_("The organisations your customers belong to.")),
        Entry("contacts", _("Contacts"), page="customers:interactions", needs="customers.view"),
        Entry("segments", _("Segments"), page="customers:segments", needs="segments.view",
              planned=_("Groups of people who share something, kept up to date by themselves.")),
        Entry("personas", _("Personas"), page="journeys:personas", needs="journeys.view"),
        Entry("imports", _("Imports"), page="customers:imports", needs="imports.change",
              planned=_("Files of customers and orders, checked before they are applied.")),
    )),
    Entry("journeys", _("Journeys"), "route", needs="journeys.view", pages=(
        Entry("maps", _("Maps"), page="journeys:maps", needs="journeys.view"),
        Entry("automations", _("Automations"), page="journeys:automations", needs="journeys.view"),
        Entry("channels", _("Channels"), page="journeys:channels", needs="journeys.view"),
    )),
    Entry("campaigns", _("Campaigns"), "speakerphone", needs="campaigns.view", pages=(
        Entry("campaign-list", _("Campaigns"), page="campaigns:list", needs="campaigns.view",
              planned=_("Emails to a segment, sent once, with a report down to every person.")),
        Entry("templates", _("Templates"), page="campaigns:templates", needs="campaigns.view",
              planned=_("What you say, in every language you say it.")),
        Entry("offers", _("Offers"), page="campaigns:offers", needs="campaigns.view",
              planned=_("Discounts and vouchers, the codes they give, and what came of them.")),
    )),
    Entry("feedback", _("Feedback"), "message-2", needs="feedback.view", pages=(
        Entry("cases", _("Cases"), page="feedback:cases", needs="feedback.view"),
        Entry("surveys", _("Surveys"), page="feedback:surveys", needs="feedback.view"),
        Entry("articles", _("Help articles"), page="feedback:articles", needs="feedback.view"),
    )),
    Entry("analytics", _("Analytics"), "chart-bar", needs="analytics.view", pages=(
        Entry("dashboard", _("Dashboard"), page="analytics:dashboard", needs="analytics.view"),
        Entry("kpis", _("KPIs"), page="analytics:kpis", needs="analytics.view"),
        Entry("targets", pgettext_lazy("figures", "Targets"), page="analytics:targets", needs="analytics.view"),
        Entry("cohorts", _("Retention"), page="analytics:cohorts", needs="analytics.view"),
        Entry("league", _("Segments compared"), page="analytics:league", needs="analytics.view"),
        Entry("outlook", _("Value and risk"), page="analytics:outlook", needs="analytics.view"),
    )),
    Entry("settings", _("Settings"), "settings", "settings:index"),
)  # fmt: skip

# Every app adds its pages of settings here; one whose page does not exist is left out.
SETTINGS = (
    Entry("business", _("Business"), pages=(
        Entry("general", _("General"), "building-store", "settings:general", "settings.manage"),
        Entry("members", _("Members"), "users-group", "settings:members", "members.manage"),
        Entry("keys", _("API keys"), "key", "settings:keys", "keys.manage"),
        Entry("audit", _("Audit log"), "history", "settings:audit", "audit.view"),
    )),
    Entry("data", _("Customer data"), pages=(
        Entry("attributes", _("Attributes"), "forms", "customers:attributes", "settings.manage"),
        Entry("topics", _("Topics"), "mail-check", "customers:topics", "settings.manage"),
        Entry("tags", _("Tags"), "tags", "customers:tags", "settings.manage"),
        Entry("telephone", _("Telephone"), "headset", "customers:telephony", "settings.manage"),
    )),
    Entry("messages", _("Messages"), pages=(
        Entry("brand", _("Brand"), "palette", "campaigns:brand", "settings.manage"),
        Entry("senders", _("Senders"), "at", "campaigns:senders", "settings.manage"),
        Entry("asking", _("How often we ask"), "hourglass", "feedback:asking", "settings.manage"),
        Entry("suppressions", _("Suppressed addresses"), "mail-off", "customers:suppressions", "settings.manage"),
        Entry("points", _("Loyalty points"), "coins", "campaigns:points", "settings.manage"),
    )),
    Entry("case-settings", _("Cases"), pages=(
        Entry("types", _("Types"), "category", "feedback:types", "settings.manage"),
        Entry("queues", _("Queues"), "stack-2", "feedback:queues", "settings.manage"),
        Entry("rules", _("Targets and priorities"), "target-arrow", "feedback:target_rules", "settings.manage"),
        Entry("hours", _("Working hours"), "calendar-time", "feedback:hours", "settings.manage"),
        Entry("canned", _("Canned answers"), "message-bolt", "feedback:canned", "settings.manage"),
    )),
    Entry("me", _("You"), pages=(
        Entry("profile", _("Profile"), "user", "settings:profile"),
    )),
)  # fmt: skip


def side_bar(*, may: frozenset[str], path: str) -> list[Place]:
    """Return the side bar for a role; the place whose address is the longest start of ``path`` is the active one.

    A page of settings belongs to Settings, whichever app brings it.
    """
    places = [place for entry in SIDE_BAR if (place := _place(entry, may, soon=True))]
    settings = next(place for place in places if place.entry.key == "settings")
    if any(inner.active for group in settings_menu(may=may, path=path) for inner in group.pages):
        settings.active = True
    else:
        _mark(places, path)
    return places


def at(*, may: frozenset[str], slug: str, urls: tuple[str, str], path: str) -> str:
    """Return the address of the place that ``path`` belongs to, or nothing; it marks the same place as the path.

    Args:
        slug: of the tenant in scope.
        urls: prefix and table of addresses in force; both only tell what is remembered apart.
    """
    home, *others = _addresses(slug, may, urls)
    return next((url for url in others if path.startswith(url)), home if path == home else "")


@lru_cache(512)
def _addresses(slug: str, may: frozenset[str], urls: tuple[str, str]) -> list[str]:
    """Return the addresses of all places of a role: home, then the others, the longest first."""
    places = [*side_bar(may=may, path=""), *settings_menu(may=may, path="")]
    found = {inner.url for place in places for inner in (place.pages or [place])}
    home = links.page("tenant_home")
    return [home, *sorted(found - {home}, key=len, reverse=True)]


def settings_menu(*, may: frozenset[str], path: str) -> list[Place]:
    """Return the groups of settings pages for a role, without pages that do not exist."""
    groups = [
        Place(group, "", pages=[p for e in group.pages if (p := _place(e, may, soon=False))]) for group in SETTINGS
    ]
    _mark(groups, path)
    return [group for group in groups if group.pages]


def first_page(*names: str) -> str:
    """Return the address of the first of these pages that exists, or nothing."""
    for name in names:
        try:
            return links.page(name)
        except NoReverseMatch:
            continue
    return ""


def planned(key: str) -> Entry | None:
    """Return the entry of the side bar with this key, if it tells what will be there."""
    entries = [inner for entry in SIDE_BAR for inner in (entry, *entry.pages)]
    return next((entry for entry in entries if entry.key == key and entry.planned), None)


def _place(entry: Entry, may: frozenset[str], *, soon: bool) -> Place | None:
    if entry.needs and entry.needs not in may:
        return None
    pages = [place for inner in entry.pages if (place := _place(inner, may, soon=soon))]
    if entry.pages:
        return Place(entry, pages[0].url, pages=pages) if pages else None
    try:
        return Place(entry, links.page(entry.page))
    except NoReverseMatch:
        return Place(entry, links.page("soon", entry.key)) if soon else None


def _mark(places: Iterable[Place], path: str) -> None:
    flat = [(place, inner) for place in places for inner in (place.pages or [place])]
    home = links.page("tenant_home")
    fits = [pair for pair in flat if path == pair[1].url or (pair[1].url != home and path.startswith(pair[1].url))]
    if fits:
        above, chosen = max(fits, key=lambda pair: len(pair[1].url))
        above.active = chosen.active = True
