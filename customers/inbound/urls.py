"""Addresses of the event intake, as Segment's SDKs know them: without a slash at the end, though one does no harm."""

from django.urls import re_path

from customers.domain.intake import elements
from customers.inbound import segment

urlpatterns = [
    re_path(r"^batch/?$", segment.batch, name="intake_batch"),
    re_path(rf"^(?P<kind>{'|'.join(elements.KINDS)})/?$", segment.call, name="intake_call"),
]
