"""The brand kit: how a tenant looks in every message and on its public pages."""

import re

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import senders
from campaigns.models import Brand
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Refusal

READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\{}]+", re.IGNORECASE)
_LONGEST = {"name": 100, "name_ar": 100, "logo_url": 200, "website": 200, "address": 300, "address_ar": 300}


class BadBrand(Refusal):
    """A brand that cannot be kept."""

    code = "brand_invalid"
    message = _("The brand cannot be saved like this.")


def save(*, by: Actor, **fields: str) -> Brand:
    """Change the brand kit.

    Args:
        fields: any of name, name_ar, logo_url, website, color, address, address_ar. The colour goes into style
            sheets, so it is six hexadecimal digits and nothing else.

    Raises:
        BadBrand: with the fields that are wrong.
    """
    wrong: dict[str, str] = {}
    cleaned = {name: value.strip() for name, value in fields.items()}
    for name, value in cleaned.items():
        if text.has_header_break(value):
            wrong[name] = __("This must be one line.")
        elif len(value) > _LONGEST.get(name, 7):
            wrong[name] = __("This is too long.")
    if not cleaned.get("name", "x"):
        wrong["name"] = __("Give it a name.")
    if not _COLOR.fullmatch(cleaned.get("color", "#000000")):
        wrong["color"] = __("Write the colour as # and six digits, such as #0b7a75.")
    for name in ("logo_url", "website"):
        if cleaned.get(name) and not _ADDRESS.fullmatch(cleaned[name]):
            wrong[name] = __("Write the whole address, beginning with https://.")
    if wrong:
        raise BadBrand(fields=wrong)
    brand = senders.brand()
    before = {name: getattr(brand, name) for name, value in cleaned.items() if getattr(brand, name) != value}
    for name, value in cleaned.items():
        setattr(brand, name, value)
    brand.save()
    audit.record(by=by, action="brand.changed", on=brand, before=before)
    return brand


def contrast(color: str) -> float:
    """Return the contrast of white words on a colour, from 1 to 21, as WCAG defines it."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
