"""Offers: the list, the form with what customers will read, the pool, what became of them."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import codes, offer_figures, offer_words, offers
from campaigns.forms.offers import CodesForm, GenerateForm, OfferForm
from campaigns.models import Offer
from cxm.accounts import edges, permissions
from cxm.lib import formats, pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links

State = Offer.State


@require_GET
@permissions.needs("campaigns.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list: by state, by part of a name, or by a code."""
    state, search = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "")
    found = offers.listed(state=state, search=search)
    page = pagination.page(found, order="-created_at", cursor=request.GET.get("cursor"), limit=25)
    figures = offer_figures.of(page.items)
    rows = [{"offer": offer, "figures": figures[offer.pk], "words": _words(request, offer)} for offer in page.items]
    context = {"rows": rows, "cursor": page.next_cursor, "states": State.choices, "state": state, "q": search,
               "narrowed": bool(state or search)}  # fmt: skip
    part = "campaigns/offers_rows.html" if "cursor" in request.GET else "campaigns/offers.html#found"
    return render(request, part if request.htmx else "campaigns/offers.html", context)


@permissions.needs("campaigns.change")
def new(request: HttpRequest) -> HttpResponse:
    """Draft an offer."""
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = offers.create(by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("campaigns:offer", made.pk))
    return render(request, "campaigns/offer_edit.html", {"form": form}, status=422 if form.errors else 200)


@permissions.needs("campaigns.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an offer."""
    offer = offers.get(offer_id=pk)
    form = OfferForm(request.POST or None, offer=offer, code=codes.shared(offer=offer))
    if request.method == "POST" and form.is_valid():
        try:
            offers.change(offer=offer, by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("campaigns:offer", pk))
    context = {"form": form, "offer": offer}
    return render(request, "campaigns/offer_edit.html", context, status=422 if form.errors else 200)


@require_GET
@permissions.needs("campaigns.change")
def example(request: HttpRequest) -> HttpResponse:
    """What customers will read of what is typed, in both languages."""
    form = OfferForm(request.GET)
    said = form.values() if form.is_valid() else {}
    try:
        offer = offers.draft(**said) if said else None
    except Refusal:
        offer = None
    shown = []
    if offer:
        now, code = timezone.now(), said.get("code") if offer.codes == Offer.Codes.SINGLE else ""
        for language in ("en", "ar"):
            words = offer_words.of(offer, tenant=request.tenant, language=language, now=now)
            shown.append((language, words | {"code": code or words["code"]}))
    return render(request, "campaigns/offer_example.html", {"shown": shown})


@require_GET
@permissions.needs("campaigns.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An offer: what it promises, what became of it, to whom it was given and where it was used."""
    offer = offers.get(offer_id=pk)
    tab = "used" if request.GET.get("rows") == "used" else "given"
    search = request.GET.get("q", "").replace("\0", "")
    found = offer_figures.used(offer=offer) if tab == "used" else offer_figures.given(offer=offer, search=search)
    page = pagination.page(found, order="-at", cursor=request.GET.get("cursor"), limit=25)
    context = {"offer": offer, "rows": page.items, "cursor": page.next_cursor, "tab": tab, "q": search}
    if request.htmx and "cursor" in request.GET:
        return render(request, "campaigns/offer_rows.html", context)
    figures = offer_figures.of([offer])[offer.pk]
    context |= {
        "figures": figures,
        "words": _words(request, offer),
        "shared": codes.shared(offer=offer),
        "low": offer.codes == Offer.Codes.UNIQUE and offer.state != State.ENDED and figures.free * 10 < figures.pool,
        "ready": offer.state == State.DRAFT and figures.pool,
        "on": offers.is_on(offer, now=timezone.now()),
    }
    return render(request, "campaigns/offer.html", context)


@permissions.needs("campaigns.change")
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the pool of an offer from a list; what became of each line is told."""
    offer = offers.get(offer_id=pk)
    form = CodesForm(request.POST or None, request.FILES or None)
    told = None
    if request.method == "POST" and form.is_valid():
        try:
            told = codes.upload(offer=offer, lines=codes.read(form.data_sent()), by=request.actor)
        except Refusal as refusal:
            _beside(form, refusal, "words")
        else:
            form = CodesForm()
    context = {"offer": offer, "form": form, "making": GenerateForm(), "told": told, "pool": codes.pool(offer=offer)}
    return render(request, "campaigns/offer_codes.html", context, status=422 if form.errors else 200)


@permissions.needs("campaigns.change")
def generate(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the pool with codes made by chance; whoever loads what was wrong with it anew comes to the page of codes."""
    offer = offers.get(offer_id=pk)
    if request.method != "POST":
        return redirect(links.page("campaigns:offer_codes", pk))
    form = GenerateForm(request.POST)
    if form.is_valid():
        try:
            made = codes.generate(offer=offer, by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            words = ngettext("%(count)s code was added.", "%(count)s codes were added.", made)
            notices.success(request, words % {"count": _number(request, made)})
            return redirect(links.page("campaigns:offer", pk))
    context = {"offer": offer, "form": CodesForm(), "making": form, "pool": codes.pool(offer=offer)}
    return render(request, "campaigns/offer_codes.html", context, status=422)


@require_GET
@permissions.needs("campaigns.change")
def export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The codes as CSV."""
    offer = offers.get(offer_id=pk)
    blocks = offer_figures.export_codes(tenant=request.tenant, offer=offer, by=request.actor)
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="codes-{offer.pk}.csv"'
    return response


@require_POST
@permissions.needs("campaigns.change")
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it be given and redeemed."""
    offer = offers.get(offer_id=pk)
    try:
        offers.activate(offer=offer, by=request.actor, now=timezone.now())
    except Refusal as refusal:
        notices.error(request, " ".join([str(refusal.message), *map(str, refusal.fields.values())]))
    else:
        notices.success(request, __("The offer is active."))
    return redirect(links.page("campaigns:offer", pk))


@require_POST
@permissions.needs("campaigns.change")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give and redeem it no more."""
    offers.end(offer=offers.get(offer_id=pk), by=request.actor, now=timezone.now())
    return redirect(links.page("campaigns:offer", pk))


@require_POST
@permissions.needs("campaigns.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    offers.delete(offer=offers.get(offer_id=pk), by=request.actor)
    notices.success(request, __("The draft is gone."))
    return redirect(links.page("campaigns:offers"))


def _words(request: HttpRequest, offer: Offer) -> dict:
    return offer_words.of(offer, tenant=request.tenant, language=request.LANGUAGE_CODE, code="…")


def _number(request: HttpRequest, value: int) -> str:
    return formats.number(value, language=request.LANGUAGE_CODE, system=request.tenant.digits)


def _beside(form: CodesForm, refusal: Refusal, field: str) -> None:
    """Put what is wrong with a list beside the field it came from."""
    where = "file" if form.cleaned_data.get("file") else field
    for words in refusal.fields.values() or [refusal.message]:
        form.add_error(where, str(words))
