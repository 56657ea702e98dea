"""Mail that belongs to no case by any proof: looked at by a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from customers.domain import customers
from cxm.accounts import permissions
from cxm.lib import pagination
from cxm.tenancy import links
from feedback.domain import cases, desk, inbound


@require_GET
@permissions.needs("feedback.view")
def index(request: HttpRequest) -> HttpResponse:
    """What waits, newest first, with whom it may be from."""
    page = pagination.page(inbound.waiting(), order="-id", cursor=request.GET.get("cursor"), limit=30)
    people = inbound.likely_customers(page.items)
    rows = [(mail, people.get(mail.sender.lower(), []), inbound.REASONS.get(mail.reason, "")) for mail in page.items]
    more = f"{links.page('feedback:quarantine')}?cursor={page.next_cursor}" if page.next_cursor else ""
    template = "quarantine_rows" if request.htmx and "cursor" in request.GET else "quarantine"
    context = {"rows": rows, "more": more, "types": desk.types()}
    return render(request, f"feedback/cases/{template}.html", context)


@require_POST
@permissions.needs("feedback.change")
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a mail to the case with this number."""
    mail = inbound.get(pk)
    case = cases.by_number(request.POST.get("number", ""))
    inbound.attach(mail=mail, case=case, by=request.actor, now=timezone.now())
    messages.success(request, __("The mail is in the case now."))
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def open_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a case from a mail, of the person named, or of its sender as a new customer."""
    mail = inbound.get(pk)
    number, slug = request.POST.get("customer", ""), request.POST.get("type", "")
    known = int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else 0
    customer = customers.get(known) if number else None
    case = inbound.open_case(
        mail=mail, customer=customer, type=desk.type_by(ref=slug, in_use=True), by=request.actor, now=timezone.now()
    )
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a mail needs nothing."""
    inbound.discard(mail=inbound.get(pk), by=request.actor)
    messages.success(request, __("The mail is put away."))
    return redirect(links.page("feedback:quarantine"))
