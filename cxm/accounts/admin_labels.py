"""What people read for the fields of models in the admin: on forms, above columns, in filters, in both languages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LABELS = {
    "action": _("Action"), "actor_label": _("Who"), "address": _("Postal address"),
    "address_ar": _("Postal address in Arabic"), "address_key": _("Address"), "at": _("When"), "by_label": _("Who"),
    "channel": _("Channel"), "choices": _("Choices"), "color": _("Colour"), "consent_model": _("Consent"),
    "country": _("Country"), "created": _("New"), "created_at": _("Created"), "created_by": _("Created by"),
    "crontab": _("Timetable"), "currency": _("Currency"), "date_joined": _("Since"),
    "day_of_month": _("Days of the month"), "day_of_week": _("Days of the week"),
    "description": _("Description"), "description_ar": _("Description in Arabic"), "details": _("Details"),
    "digits": _("Digits"), "domain": _("Domain"),
    "done": _("Done"), "email": _("Email"), "enabled": _("Switched on"), "error": _("Error"), "every": _("Every"),
    "filename": _("File"), "finished_at": _("Finished"), "hour": _("Hours"), "interval": _("Interval"),
    "is_active": _("May sign in"), "is_default": _("Standard"), "is_superuser": _("Operates the installation"),
    "key": _("Key"), "kind": _("Kind"), "label": _("Label"), "language": _("Language"), "last_login": _("Last sign-in"),
    "last_run_at": _("Last run"), "last_used_at": _("Last used"), "logo_url": _("Address of the logo"),
    "minute": _("Minutes"), "month_of_year": _("Months"), "name": _("Name"), "name_ar": _("Name in Arabic"),
    "note": _("Note"), "object_label": _("About"), "object_type": _("Kind"), "period": _("Unit of time"),
    "prefix": _("First characters"), "public": _("Public"), "queue": _("Queue"), "reason": _("Reason"),
    "rejected": _("Refused"), "reply_to": _("Reply to"), "revoked_at": _("Revoked"), "role": _("Role"),
    "rule": _("Rule"), "scopes": _("Scopes"), "slug": _("Short name"), "state": _("State"), "task": _("Task"),
    "timezone": _("Time zone"), "title": _("Title"), "total": _("Total"), "updated": _("Updated"),
    "website": _("Website"),
}  # fmt: skip

# Names of models that come with other people's packages: one, and many.
NAMES = {
    "PeriodicTask": (_("scheduled task"), _("scheduled tasks")),
    "IntervalSchedule": (_("interval"), _("intervals")),
    "CrontabSchedule": (_("timetable"), _("timetables")),
}


def speak(model: type[models.Model]) -> None:
    """Give the fields of a model the words above, unless they have words of their own.

    The words are what the admin shows and nothing more: migrations look at ``_verbose_name``, which stays as it is.
    """
    # Other people's packages name their fields in catalogues that lack some of our languages: there, our words win.
    if model.__name__ in NAMES:
        model._meta.verbose_name, model._meta.verbose_name_plural = NAMES[model.__name__]
    foreign = model.__module__.partition(".")[0] in {"django", "django_celery_beat"}
    for field in model._meta.fields:
        if field.name in LABELS and (foreign or not field._verbose_name):
            field.verbose_name = LABELS[field.name]
