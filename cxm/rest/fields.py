"""Fields of what programs send."""

from datetime import date, datetime

from django.utils.translation import gettext as __
from rest_framework import serializers

from cxm.lib import time


class MomentField(serializers.DateTimeField):
    """A moment that can be kept and shown, in UTC."""

    def to_internal_value(self, value: object) -> datetime:
        found = time.kept(super().to_internal_value(value))
        if found is None:
            raise serializers.ValidationError(__("Write the time as 2026-11-22T14:30:00Z."))
        return found


class DayField(serializers.DateField):
    """A day within the years of which anything is known."""

    def to_internal_value(self, value: object) -> date:
        found = super().to_internal_value(value)
        if not time.is_kept(found):
            raise serializers.ValidationError(__("Write the date as 2026-11-22."))
        return found
