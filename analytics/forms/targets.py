"""HTML input of targets."""

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.domain.catalogue import CATALOGUE
from cxm.accounts.forms.moments import DayField

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TargetForm(forms.Form):
    """What is wanted of which figure, from when to when."""

    kpi = forms.ChoiceField(label=_("Figure"))
    value = forms.DecimalField(
        label=_("Value"), max_digits=18, decimal_places=4,
        help_text=_("Shares as a fraction (0.25 is 25%), lengths of time in seconds."),
    )  # fmt: skip
    first = DayField(label=_("From"), widget=DAY)
    last = DayField(label=_("To"), widget=DAY)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kpi"].choices = [(kpi.key, kpi.label) for kpi in CATALOGUE]
