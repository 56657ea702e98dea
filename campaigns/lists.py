"""The list of campaigns, as its saved views and columns know it."""

from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain.lists import Column, List

CAMPAIGNS = List(
    "campaigns",
    "campaigns:list",
    "campaigns.view",
    (
        Column("segment", _("Segment")),
        Column("people", _("People")),
        Column("sent", _("Sent")),
        Column("opened", _("Opened")),
        Column("clicked", _("Clicked")),
        Column("when", _("When")),
    ),
)
