"""Settings of customer data: attributes, topics, tags, addresses never to be used."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from customers.domain import attributes as fields
from customers.domain import suppressions as blocked
from customers.domain import tags as words
from customers.domain import topics as subjects
from customers.forms.settings import AttributeForm, AttributeLabelForm, SuppressionForm, TagForm, TopicForm
from customers.models import Suppression
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@permissions.needs("settings.manage")
def attributes(request: HttpRequest) -> HttpResponse:
    """The fields the tenant defined, and a form for one more."""
    form = AttributeForm(request.POST or None)
    if _done(request, form, lambda said: fields.define(by=request.actor, **said)):
        return redirect(links.page("customers:attributes"))
    return _page(request, "customers/attributes.html", form, attributes=list(fields.by_key().values()))


@permissions.needs("settings.manage")
def attribute(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the label of a field, or the words of a choice."""
    found = fields.get(pk)
    form = AttributeLabelForm(request.POST or None, initial={"label": found.label, "choices": "\n".join(found.choices)})
    if found.kind != found.Kind.CHOICE:
        del form.fields["choices"]
    if _done(request, form, lambda said: fields.rename(attribute=found, by=request.actor, **said)):
        return redirect(links.page("customers:attributes"))
    return _page(request, "customers/attribute.html", form, attribute=found)


@require_POST
@permissions.needs("settings.manage")
def delete_attribute(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a field with its values."""
    fields.delete(attribute=fields.get(pk), by=request.actor)
    messages.success(request, __("The attribute and its values are gone."))
    return redirect(links.page("customers:attributes"))


@permissions.needs("settings.manage")
def topics(request: HttpRequest) -> HttpResponse:
    """The subjects people can choose, and a form for one more."""
    form = TopicForm(request.POST or None)
    if _done(request, form, lambda said: subjects.create(by=request.actor, **said)):
        return redirect(links.page("customers:topics"))
    return _page(request, "customers/topics.html", form, topics=subjects.all_topics())


@permissions.needs("settings.manage")
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a subject."""
    found = subjects.get(pk)
    form = TopicForm(request.POST or None, initial={name: getattr(found, name) for name in TopicForm.base_fields})
    if _done(request, form, lambda said: subjects.change(topic=found, by=request.actor, **said)):
        return redirect(links.page("customers:topics"))
    return _page(request, "customers/topic.html", form, topic=found)


@require_POST
@permissions.needs("settings.manage")
def delete_topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a subject nobody answered to."""
    subjects.delete(topic=subjects.get(pk), by=request.actor)
    messages.success(request, __("The topic is gone."))
    return redirect(links.page("customers:topics"))


@permissions.needs("settings.manage")
def tags(request: HttpRequest) -> HttpResponse:
    """All tags with how many carry them, and a form for one more."""
    form = TagForm(request.POST or None)
    if _done(request, form, lambda said: words.create(name=said["name"], by=request.actor)):
        return redirect(links.page("customers:tags"))
    return _page(request, "customers/tags.html", form, tags=words.with_counts())


@permissions.needs("settings.manage")
def tag(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a tag."""
    found = words.get(pk)
    form = TagForm(request.POST or None, initial={"name": found.name})
    if _done(request, form, lambda said: words.rename(tag=found, by=request.actor, **said)):
        return redirect(links.page("customers:tags"))
    return _page(request, "customers/tag.html", form, tag=found)


@require_POST
@permissions.needs("settings.manage")
def delete_tag(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a tag off everybody."""
    words.delete(tag=words.get(pk), by=request.actor)
    messages.success(request, __("The tag is gone."))
    return redirect(links.page("customers:tags"))


@permissions.needs("settings.manage")
def suppressions(request: HttpRequest) -> HttpResponse:
    """Addresses that are never used, newest first, and a form for one more."""
    form = SuppressionForm(request.POST or None)
    manual = Suppression.Reason.MANUAL
    if _done(request, form, lambda said: blocked.add(by=request.actor, reason=manual, **said)):
        return redirect(links.page("customers:suppressions"))
    asked = request.GET.get("q", "")[:320]
    page = pagination.page(blocked.listed(asked), order="-id", cursor=request.GET.get("cursor"))
    context = {"suppressions": page.items, "cursor": page.next_cursor, "q": asked}
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/suppressions_rows.html", context)
    return _page(request, "customers/suppressions.html", form, **context)


@require_POST
@permissions.needs("settings.manage")
def remove_suppression(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an address be used again."""
    blocked.remove(suppression=blocked.get(pk), by=request.actor)
    messages.success(request, __("The address may be used again."))
    return redirect(links.page("customers:suppressions"))


def _done(request: HttpRequest, form: Form, act: Callable[[dict], object]) -> bool:
    """Do what a sent form says; a refusal goes beside its field."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Refusal as refusal:
        edges.refuse_form(form, refusal)
        return False
    messages.success(request, __("Saved."))
    return True


def _page(request: HttpRequest, template: str, form: Form, **context: object) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
