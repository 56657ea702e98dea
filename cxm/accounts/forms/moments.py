"""Days and moments out of forms: within the years that can be kept, and shown again in every zone."""

from datetime import date, datetime

from django import forms
from django.core.exceptions import ValidationError

from cxm.lib import time


class MomentInput(forms.DateTimeInput):
    """A day and a time, chosen with the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment, in the zone of the page."""

    def to_python(self, value: object) -> datetime | None:
        found = super().to_python(value)
        if found is not None and time.kept(found) is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class DayField(forms.DateField):
    """A day."""

    def to_python(self, value: object) -> date | None:
        found = super().to_python(value)
        if found is not None and not time.is_kept(found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found
