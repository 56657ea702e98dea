"""HTML input of targets."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.domain.catalogue import BY_KEY, CATALOGUE
from cxm.accounts.forms.moments import DayField

FACTORS = {"share": Decimal("0.01"), "time": 3600}  # percent, hours
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TargetForm(forms.Form):
    """What is wanted of which figure, from when to when."""

    kpi = forms.ChoiceField(label=_("Figure"))
    value = forms.DecimalField(
        label=_("Value"), max_digits=18, decimal_places=4,
        help_text=_("Shares in percent, lengths of time in hours."),
    )  # fmt: skip
    first = DayField(label=_("From"), widget=DAY)
    last = DayField(label=_("To"), widget=DAY)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kpi"].choices = [(kpi.key, kpi.label) for kpi in CATALOGUE]

    def clean(self) -> dict:
        """Turn what people write into what figures are kept in."""
        said = super().clean()
        if {"kpi", "value"} <= said.keys():
            factor = FACTORS.get(BY_KEY[said["kpi"]].unit, 1)
            said["value"] = (said["value"] * factor).quantize(Decimal("0.0001"))
        return said
