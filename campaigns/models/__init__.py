"""Tables of campaigns, by noun."""

from campaigns.models.brand import Brand, Sender
from campaigns.models.campaign import Campaign
from campaigns.models.ledger import Lease, Message, SendUnit
from campaigns.models.offer import Code, Issue, Offer, Redemption
from campaigns.models.points import PointsEntry, PointsRule
from campaigns.models.template import Template, TemplateVersion
from campaigns.models.tracking import Conversion, Hit, Link

__all__ = [
    "Brand",
    "Campaign",
    "Code",
    "Conversion",
    "Hit",
    "Issue",
    "Lease",
    "Link",
    "Message",
    "Offer",
    "PointsEntry",
    "PointsRule",
    "Redemption",
    "SendUnit",
    "Sender",
    "Template",
    "TemplateVersion",
]
