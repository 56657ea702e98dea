"""Filters that write numbers, money and times in the viewer's language, zone and digits."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cxm import tenancy
from cxm.lib import formats

register = template.Library()
NOTHING = "–"


def _ways() -> dict[str, str]:
    try:
        system = tenancy.current().digits
    except tenancy.NoTenant:
        system = "latn"
    return {"language": translation.get_language() or "en", "system": system}


@register.filter
def number(value: object, places: int | None = None) -> str:
    """``{{ count|number }}`` → 12,345."""
    return NOTHING if value is None or value == "" else formats.number(value, places=places, **_ways())


@register.filter
def compact(value: object) -> str:
    """``{{ count|compact }}`` → 1.2M."""
    return NOTHING if value is None or value == "" else formats.compact(value, **_ways())


@register.filter
def percent(value: object, places: int = 1) -> str:
    """``{{ 0.123|percent }}`` → 12.3%."""
    return NOTHING if value is None or value == "" else formats.percent(value, places=places, **_ways())


@register.filter
def signed_percent(value: object) -> str:
    """``{{ 0.12|signed_percent }}`` → +12.0%; the sign is there unless nothing else is."""
    if value is None or value == "":
        return NOTHING
    shown = Decimal(str(value)).quantize(Decimal("0.001"))
    sign = "−" if shown < 0 else "+" if shown else ""
    return f"{sign}{formats.percent(abs(shown), **_ways())}"


@register.filter
def signed(value: object, places: int = 0) -> str:
    """``{{ 32.4|signed }}`` → +32; the sign is always there, but for nothing at all."""
    if value is None or value == "":
        return NOTHING
    rounded = round(Decimal(str(value)), places)
    sign = "−" if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{formats.number(abs(rounded), places=places, **_ways())}"


@register.filter
def money(value: object, currency: str = "") -> str:
    """``{{ order.revenue|money:order.currency }}``; without a currency the tenant's."""
    if value is None or value == "":
        return NOTHING
    return formats.money(value, currency=currency or tenancy.current().currency, **_ways())


@register.filter
def money_whole(value: object, currency: str = "") -> str:
    """``{{ revenue|money_whole }}``: without decimals, for figures on a dashboard."""
    if value is None or value == "":
        return NOTHING
    return formats.money(value, currency=currency or tenancy.current().currency, whole=True, **_ways())


@register.filter
def country(code: str) -> str:
    """``{{ "SA"|country }}`` → Saudi Arabia."""
    return formats.country(code, language=translation.get_language() or "en")


@register.filter
def tongue(tag: str) -> str:
    """``{{ "ar"|tongue }}`` → Arabic."""
    return formats.tongue(tag, language=translation.get_language() or "en")


@register.filter
def day(value: date | None) -> str:
    """``{{ order.placed_at|day }}`` → 3 Nov 2026, in the viewer's zone."""
    if not value:
        return NOTHING
    return formats.day(timezone.localtime(value) if isinstance(value, datetime) else value, **_ways())


@register.filter
def moment(value: datetime | None) -> str:
    """``{{ event.occurred_at|moment }}`` → 3 Nov 2026, 14:05, in the viewer's zone."""
    return formats.moment(timezone.localtime(value), **_ways()) if value else NOTHING


@register.filter
def roughly(value: timedelta | None) -> str:
    """``{{ figure.median|roughly }}`` → 3 days."""
    return NOTHING if value is None else formats.roughly(value, **_ways())


@register.filter
def span(value: timedelta | None) -> str:
    """``{{ clock.left|span }}`` → 26 hrs 30 mins; without its sign."""
    return NOTHING if value is None else formats.span(value, **_ways())


@register.filter
def size(value: int | None) -> str:
    """``{{ file.size|size }}`` → 1.4 MB."""
    return NOTHING if value is None else formats.size(value, **_ways())


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """``{{ event.occurred_at|ago }}`` → 3 hours ago, with the exact moment on hover."""
    if not value:
        return NOTHING
    exact = formats.moment(timezone.localtime(value), **_ways())
    written = formats.ago(value, now=timezone.now(), **_ways())
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, written)
