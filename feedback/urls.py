"""Addresses of feedback: within a tenant (/app/SLUG/feedback/…), and those that people outside meet."""

from django.urls import path

from feedback.views import answering

app_name = "feedback"

urlpatterns = []

public_patterns = [
    path("s/<str:token>", answering.answer, name="survey_answer"),
]
