"""What belongs to the suite as a whole: its commands and its template tags."""

from django.apps import AppConfig


class CxmConfig(AppConfig):
    name = "cxm"
    label = "cxm"
