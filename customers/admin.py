"""What customers show in the admin of a tenant. Everything written goes through the domain."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.domain import attributes, companies, tags, telephony, topics
from customers.models import Attribute, CallQueue, Company, Import, Segment, Suppression, Tag, Topic
from cxm.accounts.administration import ReadOnlyAdmin, RulesAdmin, RulesForm, site
from cxm.audit.actors import Actor


class AttributeForm(RulesForm):
    choices = forms.CharField(
        label=_("Choices"), required=False, widget=UnfoldAdminTextareaWidget,
        help_text=_("One on each line, for a field of the kind “one of a list”."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choices"] = "\n".join(self.instance.choices)

    def clean_choices(self) -> list[str]:
        return self.cleaned_data["choices"].splitlines()

    def store(self, by: Actor) -> models.Model:
        values = self.cleaned_data
        if self.instance.pk:
            return attributes.rename(
                attribute=self.instance, label=values["label"], by=by, choices=values.get("choices") or None
            )
        return attributes.define(
            key=values["key"], label=values["label"], kind=values["kind"], choices=values.get("choices") or [], by=by
        )


@admin.register(Attribute, site=site)
class AttributeAdmin(RulesAdmin):
    form = AttributeForm
    list_display = ["label", "key", "kind"]
    fields = ["key", "label", "kind", "choices"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key", "kind"] if obj else []

    def delete_model(self, request: HttpRequest, obj: Attribute) -> None:
        attributes.delete(attribute=obj, by=request.actor)


class TopicForm(RulesForm):
    def store(self, by: Actor) -> models.Model:
        values = {
            name: self.cleaned_data[name] for name in ("name", "name_ar", "description", "description_ar", "public")
        }
        if self.instance.pk:
            return topics.change(topic=self.instance, by=by, **values)
        return topics.create(slug=self.cleaned_data["slug"], by=by, **values)


@admin.register(Topic, site=site)
class TopicAdmin(RulesAdmin):
    form = TopicForm
    list_display = ["name", "slug", "public"]
    fields = ["name", "name_ar", "slug", "description", "description_ar", "public"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its page of settings asks first whether anybody has answered to it


class TagForm(RulesForm):
    def store(self, by: Actor) -> models.Model:
        name = self.cleaned_data["name"]
        return tags.rename(tag=self.instance, name=name, by=by) if self.instance.pk else tags.create(name=name, by=by)


@admin.register(Tag, site=site)
class TagAdmin(RulesAdmin):
    form = TagForm
    list_display = ["name"]
    fields = ["name"]

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        tags.delete(tag=obj, by=request.actor)


class CompanyForm(RulesForm):
    def store(self, by: Actor) -> models.Model:
        return companies.change(
            company=self.instance, name=self.cleaned_data["name"], domain=self.cleaned_data["domain"], by=by
        )


@admin.register(Company, site=site)
class CompanyAdmin(RulesAdmin):
    form = CompanyForm
    list_display = ["name", "domain", "created_at"]
    ordering = ["name_key", "id"]
    fields = ["name", "domain"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a company begins with its first customer

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CallQueueForm(RulesForm):
    def store(self, by: Actor) -> models.Model:
        queue, now = self.instance, timezone.now()
        said = {"name": self.cleaned_data["name"], "key": self.cleaned_data["key"], "by": by, "now": now}
        if queue.pk is None:
            return telephony.add_queue(agents=[], **said)
        seated = [seat.agent.user for seat in queue.seats.select_related("agent__user").defer("agent__user__password")]
        return telephony.change_queue(queue=queue, agents=seated, **said)


@admin.register(CallQueue, site=site)
class CallQueueAdmin(RulesAdmin):
    form = CallQueueForm
    list_display = ["name", "key"]
    fields = ["name", "key"]

    def delete_model(self, request: HttpRequest, obj: CallQueue) -> None:
        telephony.remove_queue(queue=obj, by=request.actor)


@admin.register(Segment, site=site)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ["name", "slug"]
    fields = ["name", "slug", "rule"]


@admin.register(Suppression, site=site)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ["address_key", "channel", "reason", "at"]
    list_filter = ["channel", "reason"]
    ordering = ["-id"]
    fields = ["address_key", "channel", "reason", "at", "note"]


@admin.register(Import, site=site)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ["filename", "kind", "state", "total", "created", "updated", "rejected", "created_at"]
    list_filter = ["kind", "state"]
    ordering = ["-created_at"]
    fields = ["filename", "kind", "state", "total", "created", "updated", "rejected", "error", "by_label", "created_at"]
