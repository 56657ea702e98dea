"""What agents do for one person: give an offer, give or spend points, take a code; and the rule of points."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import offer_figures, offer_words, offers, points, points_rules
from campaigns.domain.fitting import fits
from campaigns.forms.offers import GiveForm, PointsForm, PointsRuleForm, RedeemForm
from customers.domain import customers
from customers.models import Customer
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.lib.ids import uuid7
from cxm.tenancy import links


@require_GET
@permissions.needs("customers.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Offers and points of a customer, for the side of their page."""
    return _panel(request, customers.get(pk))


@require_POST
@permissions.needs("customers.change")
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a customer an offer; the panel then shows the code to read aloud."""
    customer, form = customers.get(pk), GiveForm(request.POST)
    if not form.is_valid():
        return _panel(request, customer, wrong=__("Choose an offer."))
    try:
        offer = offers.get(offer_id=form.cleaned_data["offer"])
        made = offers.issue(
            offer=offer, customer=customer, key=f"agent:{form.cleaned_data['key']}", by=request.actor,
            now=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _panel(request, customer, wrong=str(refusal.message))
    return _panel(request, customer, given=made)


@require_POST
@permissions.needs("customers.change")
def move_points(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a customer points, or spend theirs."""
    customer, form = customers.get(pk), PointsForm(request.POST)
    if not form.is_valid():
        return _panel(request, customer, wrong=__("Say how many points, and why."))
    said = form.cleaned_data
    amount = said["amount"] if said["way"] == "give" else -said["amount"]
    try:
        points.add(
            customer=customer, amount=amount, reason=said["reason"], key=f"agent:{said['key']}", by=request.actor,
            at=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        return _panel(request, customer, wrong=str(refusal.message))
    return _panel(request, customer)


@permissions.needs("customers.change")
def redeem(request: HttpRequest) -> HttpResponse:
    """Take a code that somebody brings: on the phone, in the shop."""
    form, made = RedeemForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = offers.redeem(
                code=said["code"], order_id=said["order_id"] or None, amount=said["amount"], by=request.actor,
                now=timezone.now(),
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error("amount" if "amount" in refusal.code else "code", str(refusal.message))
        else:
            form = RedeemForm()
    context = {"form": form, "made": made}
    return render(request, "campaigns/offer_redeem.html", context, status=422 if form.errors else 200)


@permissions.needs("settings.manage")
def rule(request: HttpRequest) -> HttpResponse:
    """How points are earned, and how long they hold."""
    found = points_rules.get()
    kept = {name: getattr(found, name) for name in PointsRuleForm.base_fields}
    form = PointsRuleForm(request.POST or None, initial=kept | {"tiers": points_rules.write_tiers(found.tiers)})
    if request.method == "POST" and form.is_valid():
        try:
            points_rules.save(by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            notices.success(request, __("Saved."))
            return redirect(links.page("campaigns:points"))
    owed = points.outstanding(now=timezone.now())
    context = {"form": form, "rule": found, "owed": owed, "worth": None if found.worth is None else owed * found.worth}
    return render(request, "campaigns/points.html", context, status=422 if form.errors else 200)


def _panel(request: HttpRequest, customer: Customer, **context: object) -> HttpResponse:
    now, tenant = timezone.now(), request.tenant
    ranked = fits(customer, now=now)
    titles = [(fit, offer_words.title(fit.offer, tenant=tenant, language=request.LANGUAGE_CODE)) for fit in ranked[:50]]
    rows = [
        {"issue": issue, "redeemed": used, "over": bool(issue.expires_at and issue.expires_at <= now and not used)}
        for issue, used in offer_figures.of_customer(customer=customer)
    ]
    context |= {
        "customer": customer,
        "rows": rows,
        "fits": titles,
        "entries": points.entries(customer=customer)[:5],
        "balance": points.balance(customer, now=now),
        "tier": points_rules.tier(customer=customer),
        "program": points_rules.get(),
        "key": str(uuid7()),
    }
    return render(request, "campaigns/panel_rewards.html", context)
