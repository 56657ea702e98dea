"""Addresses that recipients of messages meet. They carry a signed token, never a session."""

from django.urls import path

from campaigns.views import public

public_patterns = [
    path("t/o/<str:token>", public.open_pixel, name="open_pixel"),
    path("t/c/<str:token>", public.click, name="click"),
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", public.preference_centre, name="preferences"),
    path("m/<str:token>", public.in_browser, name="message_in_browser"),
]
