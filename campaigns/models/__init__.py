"""Tables of campaigns, by noun."""

from campaigns.models.brand import Brand, Sender
from campaigns.models.campaign import Campaign
from campaigns.models.ledger import Lease, Message, SendUnit
from campaigns.models.template import Template, TemplateVersion
from campaigns.models.tracking import Conversion, Hit, Link

__all__ = [
    "Brand",
    "Campaign",
    "Conversion",
    "Hit",
    "Lease",
    "Link",
    "Message",
    "SendUnit",
    "Sender",
    "Template",
    "TemplateVersion",
]
