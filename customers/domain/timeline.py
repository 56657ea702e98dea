"""What happened to a person, page by page, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.domain import calls, consents, interactions, orders
from customers.models import Customer, Event, Interaction
from customers.models.consent import Channel
from cxm import tenancy
from cxm.lib import formats, pagination

_REACHED_OUT = f"{interactions.LOGGED} (out)"
# Event name → the sentence shown; %(…)s are its properties. Names without one are shown as they came.
SENTENCES: dict[str, Promise] = {
    orders.COMPLETED: _("Placed order %(order_id)s for %(amount)s"),
    orders.REFUNDED: _("Sent back order %(order_id)s, %(amount)s"),
    "Order Cancelled": _("Cancelled order %(order_id)s"),
    "Offer Issued": _("Was given the offer %(name)s, code %(code)s"),
    "Offer Redeemed": _("Used the offer %(name)s, code %(code)s"),
    "Points Earned": _("Earned points: %(points)s"),
    "Points Spent": _("Spent points: %(points)s"),
    "Points Lapsed": _("Unused points lapsed: %(points)s"),
    "Checkout Started": _("Started the checkout"),
    "Cart Viewed": _("Looked at the cart"),
    "Product Viewed": _("Looked at %(name)s"),
    "Product Added": _("Put %(name)s into the cart"),
    "Product Removed": _("Took %(name)s out of the cart"),
    "Products Searched": _("Searched for %(query)s"),
    "Signed Up": _("Signed up"),
    "Signed In": _("Signed in"),
    "Page Viewed": _("Visited %(name)s"),
    "Screen Viewed": _("Opened the screen %(name)s"),
    "Email Sent": _("Was sent %(subject)s"),
    "Email Delivered": _("Received %(subject)s"),
    "Email Opened": _("Opened %(subject)s"),
    "Email Link Clicked": _("Clicked a link in %(subject)s"),
    "Email Clicked": _("Clicked a link in %(subject)s"),
    "Email Bounced": _("Could not be reached by email"),
    "Email Marked as Spam": _("Reported a message as spam"),
    "Unsubscribed": _("Unsubscribed"),
    "Email Unsubscribed": _("Unsubscribed"),
    "Application Opened": _("Opened the app"),
    "Store Visited": _("Visited the shop %(name)s"),
    "Survey Sent": _("Was asked: %(survey)s"),
    "Survey Answered": _("Answered %(survey)s"),
    "Call Completed": _("Called about %(subject)s"),
    "Journey Entered": _("Came into the automation %(name)s"),
    "Journey Goal Reached": _("Reached the goal %(goal)s of the automation %(name)s"),
    "Journey Finished": _("Is through the automation %(name)s"),
    interactions.LOGGED: _("Came to us, %(channel)s: %(subject)s"),
    _REACHED_OUT: _("Was contacted, %(channel)s: %(subject)s"),
    calls.MISSED: _("Called, and nobody answered"),
    "Case Opened": _("Opened case %(number)s: %(subject)s"),
    "Case Replied": _("Wrote in case %(number)s: %(subject)s"),
    "Case Answered": _("Was answered in case %(number)s: %(subject)s"),
    "Case Solved": _("Case %(number)s was solved: %(subject)s"),
    "Case Closed": _("Case %(number)s was closed: %(subject)s"),
    "Case Reopened": _("Case %(number)s was taken up again: %(subject)s"),
    "Case Breached": _("Case %(number)s missed its target: %(subject)s"),
    consents.GRANTED: pgettext_lazy("timeline", "Said yes to %(channel)s %(topic)s"),
    consents.WITHDRAWN: pgettext_lazy("timeline", "Said no to %(channel)s %(topic)s"),
}


_SCORED = _("Answered %(survey)s with %(score)s: “%(comment)s”")


# Channel of an event → its words; others are shown as they came.
CHANNELS: dict[str, Promise] = {
    "web": _("Website"),
    "app": _("App"),
    "email": _("Email"),
    "sms": _("SMS"),
    "push": _("Push message"),
    "phone": _("Phone"),
    "chat": _("Chat"),
    "social": _("Social media"),
    "store": _("Shop"),
    "visit": _("Visit"),
    "post": _("Post"),
    "survey": _("Survey"),
    "portal": _("Portal"),
}


@dataclass(frozen=True)
class Kind:
    """A filter of the timeline: these event names together."""

    key: str
    label: Promise
    names: tuple[str, ...]


KINDS = (
    Kind("orders", _("Orders"), (orders.COMPLETED, orders.REFUNDED, "Order Cancelled", "Order Updated")),
    Kind("offers", _("Offers and points"), ("Offer Issued", "Offer Redeemed", "Points Earned", "Points Spent",
                                            "Points Lapsed")),
    Kind(
        "messages",
        _("Messages"),
        ("Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Email Clicked", "Email Bounced",
         "Email Marked as Spam", "Unsubscribed", "Email Unsubscribed"),
    ),
    Kind("contact", _("Contacts"), (interactions.LOGGED, calls.MISSED, "Call Completed", "Store Visited")),
    Kind(
        "web",
        _("Website and app"),
        ("Page Viewed", "Screen Viewed", "Product Viewed", "Product Added", "Product Removed", "Products Searched",
         "Cart Viewed", "Checkout Started", "Signed Up", "Signed In", "Application Opened"),
    ),
    Kind("surveys", _("Surveys"), ("Survey Sent", "Survey Answered")),
    Kind("journeys", _("Automations"), ("Journey Entered", "Journey Goal Reached", "Journey Finished")),
    Kind(
        "cases",
        _("Cases"),
        ("Case Opened", "Case Replied", "Case Answered", "Case Solved", "Case Closed", "Case Reopened",
         "Case Breached"),
    ),
    Kind("consent", _("Consent"), (consents.GRANTED, consents.WITHDRAWN)),
)  # fmt: skip

_AMOUNTS = ("revenue", "total", "subtotal")  # as the intake reads them, in this order
_WITHOUT_AMOUNT = {orders.COMPLETED: _("Placed order %(order_id)s"), orders.REFUNDED: _("Sent back order %(order_id)s")}


class _Said(dict):
    """Properties for a sentence: what is missing reads as a dash."""

    def __init__(self, properties: Mapping) -> None:
        super().__init__({key: value for key, value in properties.items() if isinstance(value, str | int | float)})

    def __missing__(self, key: str) -> str:
        return "…"


def page(*, customer: Customer, kind: str = "", cursor: str = "", limit: int = 30) -> pagination.Page:
    """Return events, newest first, and the cursor of the next ones.

    Args:
        kind: key of one of KINDS, empty for all.

    Raises:
        pagination.BadCursor: not a cursor of ours.
    """
    return pagination.page(of(customer=customer, kind=kind), order="-occurred_at", cursor=cursor or None, limit=limit)


def of(*, customer: Customer, kind: str = "") -> QuerySet[Event]:
    """Return what happened to somebody, of one kind or all."""
    found = Event.objects.filter(customer=customer)
    names = next((known.names for known in KINDS if known.key == kind), None)
    return found if names is None else found.filter(name__in=names)


def sentence(event: Event, *, topics: Mapping[str, str] | None = None) -> str:
    """Return what happened in the reader's language.

    Args:
        topics: slug → name, for what was said of topics; without it their slugs are shown.
    """
    known = SENTENCES.get(event.name)
    if known is None:
        return event.name
    said = _Said(event.properties)
    if event.name == interactions.LOGGED:
        known = _contact(said, known)
    if event.name in (consents.GRANTED, consents.WITHDRAWN):
        channel = said.get("channel", "")
        said["channel"] = dict(Channel.choices).get(channel, channel)
        topic = said.get("topic") or ""
        said["topic"] = (topics or {}).get(topic, topic)
    if amount := next((said[name] for name in _AMOUNTS if name in said), ""):
        said["amount"] = _money(amount, str(said.get("currency", "")))
    elif event.name in _WITHOUT_AMOUNT:
        known = _WITHOUT_AMOUNT[event.name]
    if event.name == "Survey Answered" and said.get("score") is not None:
        said["comment"] = Truncator(str(said.get("comment") or "")).chars(200)
        known = _SCORED if said["comment"] else _("Answered %(survey)s with %(score)s")
    if "name" not in said and "path" in said:
        said["name"] = said["path"]
    return (str(known) % said).strip()


def _contact(said: _Said, known: Promise) -> Promise:
    """Put the choices of an interaction in words; one without a subject is about what came of it."""
    channel, outcome = said.get("channel", ""), said.get("outcome", "")
    said["channel"] = dict(Interaction.Channel.choices).get(channel, channel)
    said["subject"] = said.get("subject") or dict(Interaction.Outcome.choices).get(outcome, outcome)
    return SENTENCES[_REACHED_OUT] if said.get("direction") == Interaction.Direction.OUT else known


def _money(amount: object, currency: str) -> str:
    tenant = tenancy.current()
    try:
        return formats.money(
            Decimal(str(amount)),
            currency=currency or tenant.currency,
            language=translation.get_language() or "en",
            system=tenant.digits,
        )
    except (InvalidOperation, ValueError):  # a shop may say anything
        return str(amount)


def kind_of(event: Event) -> str:
    """Return the key of the kind an event belongs to, ``other`` for none: it chooses the sign beside it."""
    return next((known.key for known in KINDS if event.name in known.names), "other")


__all__ = ["KINDS", "Kind", "kind_of", "page", "sentence"]
