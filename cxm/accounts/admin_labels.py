"""What people read for the fields of models in the admin: on forms, above columns, in filters, in both languages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LABELS = {
    "action": _("Action"), "active_days": _("Active until"), "actor_label": _("Who"), "address": _("Postal address"),
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
    "key": _("Key"), "kind": _("Kind"), "label": _("Label"), "language": _("Language"),
    "lapsed_days": _("Lapsed until"), "last_login": _("Last sign-in"),
    "last_run_at": _("Last run"), "last_used_at": _("Last used"), "logo_url": _("Address of the logo"),
    "minute": _("Minutes"), "month_of_year": _("Months"), "name": _("Name"), "name_ar": _("Name in Arabic"),
    "note": _("Note"), "object_label": _("About"), "object_type": _("Kind"), "period": _("Unit of time"),
    "prefix": _("First characters"), "public": _("Public"), "queue": _("Queue"), "reason": _("Reason"),
    "rejected": _("Refused"), "reply_to": _("Reply to"), "revoked_at": _("Revoked"), "role": _("Role"),
    "rule": _("Rule"), "scopes": _("Scopes"), "slug": _("Short name"), "state": _("State"), "task": _("Task"),
    "timezone": _("Time zone"), "title": _("Title"), "total": _("Total"), "updated": _("Updated"),
    "website": _("Website"),
    "active": _("Switched on"), "answer_days": _("Days to answer"), "archived_at": _("Put away"),
    "at_least": _("At least"), "at_most": _("At most"), "automation": _("Automation"),
    "beneficiaries": _("Who benefits"), "body": _("Text"), "body_ar": _("Text in Arabic"), "calendar": _("Calendar"),
    "close_after_days": _("Closed after days"), "codes": _("Codes"), "definition": _("Definition"),
    "draft": _("Draft"), "ends_at": _("Ends"), "first_minutes": _("Minutes to the first answer"),
    "from_sites": _("Trusts the website"), "goal": _("Goal"),
    "helped": _("Helped"), "interests": _("Interests"), "life": _("Life"), "not_helped": _("Did not help"),
    "number": _("Number"), "open_link": _("Open link"), "owner": _("Owner"), "per_unit": _("For each"),
    "persona": _("Persona"), "position": _("Place in the order"), "priority": _("Priority"), "problem": _("Problem"),
    "problems": _("Problems"), "published_at": _("Published"), "published_by": _("Published by"),
    "published_number": _("Published version"), "received_at": _("Received"),
    "reply_template": _("Template of replies"), "rest_days": _("Days of rest"), "review_due": _("Review due"),
    "review_months": _("Months between reviews"), "revision": _("Revision"), "section": _("Section"),
    "section_ar": _("Section in Arabic"), "segment": _("Segment"), "sender": _("Sender"), "since": _("Since"),
    "solve_minutes": _("Minutes to the solution"), "starts_at": _("Begins"), "subject": _("Subject"),
    "summary": _("Summary"), "survey": _("Survey"), "title_ar": _("Title in Arabic"), "trait": _("Trait"),
    "type": _("Type"), "updated_at": _("Changed"), "uses": _("Used"), "valid_days": _("Valid for days"),
    "value": _("Value"), "version": _("Version"), "wave": _("Wave"), "worth": _("Worth"),
}  # fmt: skip

# Names of models that bring none, or come with other people's packages: one, and many.
NAMES = {
    "PeriodicTask": (_("scheduled task"), _("scheduled tasks")),
    "IntervalSchedule": (_("interval"), _("intervals")),
    "CrontabSchedule": (_("timetable"), _("timetables")),
    "Article": (_("article"), _("articles")),
    "BusinessCalendar": (_("business calendar"), _("business calendars")),
    "CannedAnswer": (_("canned answer"), _("canned answers")),
    "CaseType": (_("case type"), _("case types")),
    "DeskSettings": (_("settings of cases"), _("settings of cases")),
    "InboundMail": (_("mail without a case"), _("mails without a case")),
    "Offer": (_("offer"), _("offers")),
    "PointsRule": (_("points rule"), _("points rules")),
    "PriorityRule": (_("priority rule"), _("priority rules")),
    "Queue": (_("queue"), _("queues")),
    "ScoreRule": (_("score rule"), _("score rules")),
    "TargetRule": (_("target rule"), _("target rules")),
    "Version": (_("version"), _("versions")),
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
