"""Targets and how they stand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from analytics.domain import targets
from analytics.forms.targets import TargetForm
from cxm.accounts import edges
from cxm.accounts.permissions import needs
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@needs("analytics.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every target with its pace."""
    return _page(request, TargetForm(), status=200)


@require_POST
@needs("analytics.export")
def create(request: HttpRequest) -> HttpResponse:
    """Want a value of a figure."""
    form = TargetForm(request.POST)
    if form.is_valid():
        try:
            targets.create(by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("The target is set."))
            return redirect(links.page("analytics:targets"))
    return _page(request, form, status=422)


@require_POST
@needs("analytics.export")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Want it no more."""
    targets.remove(target=targets.get(target_id=pk), by=request.actor)
    return redirect(links.page("analytics:targets"))


def _page(request: HttpRequest, form: TargetForm, *, status: int) -> HttpResponse:
    found = targets.all_of(tenant=request.tenant, now=timezone.now())
    return render(request, "analytics/targets.html", {"found": found, "form": form}, status=status)
