"""The audit log."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cxm.accounts import permissions
from cxm.accounts.forms.settings import AuditFilter
from cxm.audit import words
from cxm.audit.models import Entry

PAGE = 50


@permissions.needs("audit.view")
def index(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first, by person, action and days."""
    form = AuditFilter(request.GET)
    entries = _filtered(form) if form.is_valid() else Entry.objects.none()
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0
    if number and (last := Entry.objects.filter(pk=number).first()):
        entries = entries.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    found = list(entries[: PAGE + 1])
    more = ""
    if len(found) > PAGE:
        query = request.GET.copy()
        query["before"] = str(found[PAGE - 1].pk)
        more = f"?{query.urlencode()}"
    shown = {
        "form": form,
        "entries": found[:PAGE],
        "next": more,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "settings/audit_rows.html" if before and request.htmx else "settings/audit.html", shown)


def _filtered(form: AuditFilter) -> QuerySet[Entry]:
    entries = Entry.objects.order_by("-at", "-id")
    wanted = form.cleaned_data
    if wanted["who"]:
        entries = entries.filter(actor_label__icontains=wanted["who"])
    if wanted["what"]:
        entries = entries.filter(reduce(or_, (Q(action__startswith=begin) for begin in words.begins(wanted["what"]))))
    if wanted["since"]:
        entries = entries.filter(at__date__gte=wanted["since"])
    if wanted["until"]:
        entries = entries.filter(at__date__lte=wanted["until"])
    return entries
