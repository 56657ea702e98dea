"""What a rule may name: the customer's own fields, what the tenant defined, computed traits, and other segments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext_lazy as _

from customers.domain.rules_tree import Field
from customers.models import Attribute
from cxm.tenancy.models import Tenant

OPERATORS = {
    "text": ("is", "in", "not_in", "contains", "starts_with", "exists"),
    "code": ("is", "in", "not_in", "contains", "starts_with", "exists"),
    "number": ("is", "in", "not_in", "gt", "gte", "lt", "lte", "between", "exists"),
    "boolean": ("is", "exists"),
    "date": ("is", "gt", "gte", "lt", "lte", "between", "within", "after", "before", "anniversary", "exists"),
    "moment": ("is", "gt", "gte", "lt", "lte", "between", "within", "after", "before", "anniversary", "exists"),
    "list": ("is", "in", "not_in", "contains", "starts_with", "exists"),
}

_OWN = (
    Field("external_id", _("External id"), "code", "c.external_id"),
    Field("name", _("Name"), "code", "c.name_key", fold="key"),
    Field("first_name", _("First name"), "text", "c.first_name"),
    Field("last_name", _("Last name"), "text", "c.last_name"),
    Field("email", _("Email"), "code", "c.email_key", fold="lower"),
    Field("phone", _("Phone"), "code", "c.phone"),
    Field("language", _("Language"), "code", "c.language", fold="lower"),
    Field("timezone", _("Time zone"), "code", "c.timezone"),
    Field("country", _("Country"), "code", "c.country", fold="upper"),
    Field("city", _("City"), "text", "c.city"),
    Field("birthday", _("Birthday"), "date", "c.birthday"),
    Field("company", _("Company"), "code", "k.name_key", home="company", fold="key"),
    Field("tags", _("Tags"), "list", "g.name_key", home="tags", fold="key"),
    Field("created_at", _("Customer since"), "moment", "c.created_at"),
)
_TRAITS = (
    Field("orders_count", _("Number of orders"), "number", "t.orders_count", home="traits", empty=0),
    Field("returns_count", _("Number of returns"), "number", "t.returns_count", home="traits", empty=0),
    Field("revenue", _("Revenue"), "number", "t.revenue", home="traits", empty=0),
    # Until a predicted value exists, the value of a customer is what they have brought so far.
    Field("clv", _("Customer lifetime value"), "number", "t.revenue", home="traits", empty=0),
    Field(
        "average_order_value",
        _("Average order value"),
        "number",
        "t.revenue / nullif(t.orders_count, 0)",
        home="traits",
    ),
    Field("days_since_last_order", _("Days since the last order"), "days", "t.last_order_at", home="traits"),
    Field("days_since_last_seen", _("Days since last seen"), "days", "t.last_seen_at", home="traits"),
    Field("first_order_at", _("First order"), "moment", "t.first_order_at", home="traits"),
    Field("last_order_at", _("Last order"), "moment", "t.last_order_at", home="traits"),
    Field("last_seen_at", _("Last seen"), "moment", "t.last_seen_at", home="traits"),
    Field("last_open_at", _("Last open"), "moment", "t.last_open_at", home="traits"),
    Field("last_click_at", _("Last click"), "moment", "t.last_click_at", home="traits"),
)
OPERATORS["days"] = OPERATORS["number"]
SCORE = re.compile(r"scores\.([a-z][a-z0-9_]{0,49})", re.ASCII)
# What people read for the scores that our engines write; a rule may name any other one too.
SCORES = {
    "churn_risk": _("Risk of leaving (0 to 1)"),
    "clv_predicted": _("Predicted value"),
    "rfm_r": _("Grade of recency (1 to 5)"),
    "rfm_f": _("Grade of frequency (1 to 5)"),
    "rfm_m": _("Grade of revenue (1 to 5)"),
    "points": _("Loyalty points"),
    "nps": _("Last NPS"),
    "csat": _("Last CSAT"),
    "ces": _("Last CES"),
}
OWN = {found.key: found for found in _OWN}
TRAITS = {found.key: found for found in _TRAITS}

# What a `where` of an order may ask: of the order (o) or of one of its lines (l).
ORDER_FIELDS = {
    found.key: found
    for found in (
        Field("sku", _("Article number"), "text", "l.sku", home="line"),
        Field("title", _("Article"), "text", "l.title", home="line"),
        Field("coupon", _("Coupon"), "text", "o.coupon", home="order"),
        Field("channel", _("Channel"), "text", "o.channel", home="order"),
        Field("currency", _("Currency"), "code", "o.currency", home="order", fold="upper"),
        Field("kind", _("Kind"), "code", "o.kind", home="order", choices=("order", "return")),
        Field("revenue", _("Revenue"), "number", "o.revenue", home="order"),
    )
}


@dataclass(frozen=True)
class Known:
    """Another segment, as far as rules need it."""

    id: int
    slug: str
    name: str
    rule: object
    archived: bool
    version: int = 1
    refreshed_version: int = 0
    refreshed_at: datetime | None = None


@dataclass(frozen=True)
class Catalogue:
    """What the rules of one tenant may name, read once for each job.

    Args:
        zone: where the tenant's days begin.
        opt_in: whether silence about consent means no.
    """

    tenant_id: int
    zone: ZoneInfo
    opt_in: bool
    attributes: Mapping[str, Field] = field(default_factory=dict)
    segments: dict[str, Known] = field(default_factory=dict)

    def segment(self, name: str | int) -> Known | None:
        """Return a segment by slug or id."""
        if isinstance(name, str) and name in self.segments:
            return self.segments[name]
        return next((found for found in self.segments.values() if str(found.id) == str(name)), None)

    def attribute(self, name: str) -> Field | None:
        """Return an own field or one the tenant defined; ``attributes.KEY`` always means the latter."""
        if name.startswith("attributes."):
            return self.attributes.get(name.removeprefix("attributes."))
        return OWN.get(name) or self.attributes.get(name)

    def trait(self, name: str) -> Field | None:
        """Return a computed trait or a score."""
        if score := SCORE.fullmatch(name):
            said = SCORES.get(score[1], score[1])
            return Field(name, said, "number", _json_number("t.scores"), (score[1],) * 2, home="traits")
        return TRAITS.get(name)


class _Defined(Mapping):
    """The attributes a tenant defined, read when a rule first names one: most name none."""

    def __init__(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {
            found.key: tenant_field(found.key, found.label, found.kind, tuple(found.choices))
            for found in Attribute.objects.filter(tenant_id=self._tenant_id)
        }

    def __getitem__(self, key: str) -> Field:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


_SEGMENTS = """
SELECT id, slug, name, rule::text, archived_at IS NOT NULL, version, refreshed_version, refreshed_at
FROM customers_segment WHERE tenant_id = %s ORDER BY id"""


def load(tenant: Tenant) -> Catalogue:
    """Read the catalogue of a tenant; works in its scope and outside."""
    with connection.cursor() as cursor:  # by hand: this is read with every refresh of what changed
        cursor.execute(_SEGMENTS, [tenant.pk])
        rows = cursor.fetchall()
    segments = {slug: Known(pk, slug, name, json.loads(rule), *more) for pk, slug, name, rule, *more in rows}
    return Catalogue(
        tenant_id=tenant.pk,
        zone=ZoneInfo(tenant.timezone),
        opt_in=tenant.consent_model == Tenant.ConsentModel.OPT_IN,
        attributes=_Defined(tenant.pk),
        segments=segments,
    )


def tenant_field(key: str, label: str, kind: str, choices: tuple[str, ...] = ()) -> Field:
    """Return the field of a tenant-defined attribute. A value of another type than the attribute's counts as none."""
    text = "c.attributes ->> %s"
    sql, params, found = {
        "text": (text, (key,), "text"),
        "choice": (text, (key,), "code"),
        "number": (_json_number("c.attributes"), (key, key), "number"),
        "boolean": (
            "CASE WHEN jsonb_typeof(c.attributes -> %s) = 'boolean' THEN (c.attributes ->> %s)::boolean END",
            (key, key),
            "boolean",
        ),
        "date": (
            f"CASE WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' AND pg_input_is_valid({text}, 'date') "
            f"THEN ({text})::date END",
            (key, key, key),
            "date",
        ),
    }[kind]
    return Field(key, label, found, sql, params, choices=choices)


def _json_number(column: str) -> str:
    return f"CASE WHEN jsonb_typeof({column} -> %s) = 'number' THEN ({column} ->> %s)::numeric END"


def start_of(day: object, zone: ZoneInfo) -> datetime:
    """Return the instant at which a date begins where the tenant is, or the instant a date-time names."""
    if isinstance(day, datetime):
        return day if day.tzinfo else day.replace(tzinfo=zone)
    return datetime(day.year, day.month, day.day, tzinfo=zone)
