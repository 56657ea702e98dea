"""The lists of people and segments, as their saved views and columns know them."""

from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain.lists import Column, List

PEOPLE = List(
    "customers",
    "customers:list",
    "customers.view",
    (
        Column("class", _("Class")),
        Column("email", _("Email"), usual=False),
        Column("phone", _("Phone"), usual=False),
        Column("number", _("Customer number"), usual=False),
        Column("company", _("Company")),
        Column("country", _("Country"), usual=False),
        Column("city", _("City"), usual=False),
        Column("language", _("Language"), usual=False),
        Column("last_order", _("Last order")),
        Column("orders", _("Orders")),
        Column("revenue", _("Revenue")),
        Column("since", _("Known since")),
    ),
)
SEGMENTS = List("segments", "customers:segments", "segments.view")
