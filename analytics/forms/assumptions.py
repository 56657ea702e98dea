"""HTML input of what a business says of itself."""

from django import forms

from analytics.models import Assumption


class AssumptionForm(forms.ModelForm):
    """Shares are written as fractions; the help says how."""

    class Meta:
        model = Assumption
        fields = ["margin", "discount", "email_cost", "risk_from"]
