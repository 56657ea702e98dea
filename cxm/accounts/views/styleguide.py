"""The living page of all parts: what docs/face.md names, as it looks now. On laptops only."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cxm.accounts import permissions

DAYS = ["1 Nov", "2 Nov", "3 Nov", "4 Nov", "5 Nov", "6 Nov", "7 Nov"]
CHARTS = [
    {"kind": "line", "labels": DAYS, "whole": True,
     "series": [{"name": "Sent", "values": [320, 410, 380, 520, 610, 590, 720]},
                {"name": "Before", "values": [300, 290, 350, 340, 400, 420, 430], "before": True}]},
    {"kind": "bar", "labels": ["Email", "SMS", "Push"], "series": [{"name": "Clicks", "values": [120, 48, 75]}]},
    {"kind": "bar", "flat": True, "labels": ["Riyadh", "Jeddah", "London", "Berlin"], "currency": "SAR",
     "series": [{"name": "Revenue", "values": [42000, 31000, 18000, 9500]}]},
    {"kind": "stacked", "labels": DAYS, "series": [{"name": "New", "values": [5, 8, 6, 9, 12, 7, 10]},
                                                   {"name": "Returning", "values": [15, 14, 18, 17, 20, 24, 22]}]},
    {"kind": "donut", "labels": ["Active", "Returning", "Lapsed", "Lost"],
     "series": [{"name": "Customers", "values": [420, 310, 120, 90]}]},
    {"kind": "funnel", "labels": ["Sent", "Delivered", "Opened", "Clicked"],
     "series": [{"name": "People", "values": [1000, 960, 410, 120]}]},
    {"kind": "heat", "labels": ["09", "12", "15", "18", "21"],
     "series": [{"name": "Sun", "values": [3, 8, 12, 20, 9]}, {"name": "Mon", "values": [5, 14, 9, 24, 11]},
                {"name": "Tue", "values": [2, 6, None, 18, 7]}]},
]  # fmt: skip


class Example(forms.Form):
    """One of each control."""

    name = forms.CharField(label="Name", help_text="As people write it.")
    email = forms.EmailField(label="Email", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "One"), ("b", "Another")])
    agree = forms.BooleanField(label="Shown in the preference centre")
    pick = forms.ChoiceField(label="One of", choices=[("x", "This"), ("y", "That")], widget=forms.RadioSelect)


@permissions.member
def index(request: HttpRequest) -> HttpResponse:
    """Show every part."""
    if not settings.LAPTOP:
        raise Http404
    now = timezone.now()
    if "notice" in request.GET:
        messages.success(request, "Saved.")
        messages.error(request, "The file could not be read: line 7 has no email.")
    shown = {
        "charts": [(f"chart-{at}", chart) for at, chart in enumerate(CHARTS)],
        "form": Example({"name": "", "email": "nour@example.com", "kind": "a"}),
        "times": [now - timedelta(minutes=5), now - timedelta(days=3), now - timedelta(days=400)],
        "states": ["draft", "queued", "running", "done", "paused", "failed"],
        "people": [
            ("Nour Haddad", "nour@example.com"),
            ("ليلى المنصور", "laila@example.com"),
            ("Zoë Smith", "zoe@example.com"),
        ],
    }
    return render(request, "accounts/styleguide.html", shown)
