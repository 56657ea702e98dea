"""What messages say of an offer: plain words in the language of the reader."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as __

from campaigns.domain import codes, issues
from campaigns.models import Offer
from cxm.lib import formats
from cxm.tenancy.models import Tenant

Kind = Offer.Kind


def of(offer: Offer, *, tenant: Tenant, language: str, now: datetime | None = None, code: str = "") -> dict[str, Any]:
    """Return the merge fields under ``offer.``, with a placeholder for a code that each person has of their own.

    Args:
        code: instead of the shared one or the placeholder.
        now: for the last day of a code given now, where the offer counts days; the offer's own end when omitted.
    """
    until = issues.expiry(offer, now=now) if now else offer.ends_at
    words = title(offer, tenant=tenant, language=language)
    return {
        "name": words,
        "title": words,
        "code": code or codes.shared(offer=offer) or codes.PLACEHOLDER,
        "value": value(offer, tenant=tenant, language=language),
        "minimum": amount(offer.minimum, tenant=tenant, language=language) if offer.minimum else "",
        "expires": end(until, tenant=tenant, language=language),
    }


def title(offer: Offer, *, tenant: Tenant, language: str) -> str:
    """Return what people get, in a few words: the author's own, else made of kind and value."""
    own = (language.startswith("ar") and offer.title_ar) or offer.title or offer.title_ar
    if own:
        return own
    shown = value(offer, tenant=tenant, language=language)
    with translation.override(language[:2]):
        if offer.kind == Kind.VOUCHER:
            return __("A voucher worth %(value)s") % {"value": shown}
        return __("%(value)s off") % {"value": shown} if shown else offer.name


def value(offer: Offer, *, tenant: Tenant, language: str) -> str:
    """Return what it is worth, as people write it: ``15%``, ``SAR 50``; nothing where only words say it."""
    if offer.kind == Kind.PERCENT:
        whole = offer.value == offer.value.to_integral_value()
        share = offer.value / 100
        return formats.percent(share, language=language, system=tenant.digits, places=0 if whole else 1)
    return amount(offer.value, tenant=tenant, language=language) if offer.kind != Kind.OTHER else ""


def amount(sum_: Decimal, *, tenant: Tenant, language: str) -> str:
    """Return an amount of the tenant's currency; without decimals where it has none."""
    whole = sum_ == sum_.to_integral_value()
    return formats.money(sum_, currency=tenant.currency, language=language, system=tenant.digits, whole=whole)


def end(until: datetime | None, *, tenant: Tenant, language: str) -> str:
    """Return the last day on which a code holds, by the tenant's own calendar; nothing where it has no end."""
    if until is None:
        return ""
    last = (until - timedelta(seconds=1)).astimezone(ZoneInfo(tenant.timezone))
    return formats.day(last, language=language, system=tenant.digits, style="long")
