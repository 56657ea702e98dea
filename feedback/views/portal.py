"""The portal as the tenant's own customers see it: help articles for everybody, one's own page by a signed address.

Nobody is signed in here and no script runs. GET and HEAD only show.
"""

from collections.abc import Callable
from email.utils import parseaddr
from functools import wraps
from secrets import token_hex

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.domain import points, preferences, senders
from customers.models import Customer
from cxm import tenancy
from cxm.accounts import clients
from cxm.accounts.middleware import LANGUAGE_COOKIE, zone
from cxm.audit.actors import Actor
from cxm.lib.errors import NotFound, Refusal
from cxm.rest import limits
from cxm.tenancy.models import Tenant
from feedback.domain import articles, letters, portal, portal_cases
from feedback.models import Case

NAMES = {"en": "English", "ar": "العربية"}
LINKS_PER_SECOND, LINKS_AT_ONCE = 0.02, 10  # letters asked for from one address; an office shares one
WRITES_PER_SECOND, WRITES_AT_ONCE = 0.05, 20
ENTRIES = 8
_methods = require_http_methods(["GET", "HEAD", "POST"])


def _of_tenant(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open the scope of the tenant in the address, in the language asked for, else the browser's."""

    @csrf_exempt
    @never_cache
    @_methods
    @wraps(view)
    def opened(request: HttpRequest, slug: str, **kwargs: object) -> HttpResponse:
        request.user = AnonymousUser()  # whoever may be signed in to the suite here is, now, a customer
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            return _unknown(request)
        wanted = request.GET.get("lang", "")
        language = wanted if wanted in NAMES else (translation.get_language() or tenant.language)[:2]
        with tenancy.scope(tenant), timezone.override(zone(tenant.timezone)), translation.override(language):
            request.tenant = tenant
            try:
                response = view(request, **kwargs)
            except NotFound:
                response = _unknown(request)
            response.headers["Content-Language"] = language
            response.headers["Referrer-Policy"] = "no-referrer"
            if wanted in NAMES:
                response.set_cookie(LANGUAGE_COOKIE, wanted, max_age=31_536_000, samesite="Lax")
        return response

    return opened


def _of_person(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand over whose page it is; nothing is shown for an address that is not whole."""

    @wraps(view)
    def entered(request: HttpRequest, token: str, **kwargs: object) -> HttpResponse:
        customer = portal.enter(tenant=request.tenant, signed=token, now=timezone.now())
        if customer is None:
            return render(request, "portal/ended.html", _frame(request), status=404)
        request.portal_token = token
        if request.method == "POST" and _crowded(f"portal:{customer.pk}", WRITES_PER_SECOND, WRITES_AT_ONCE):
            return _too_many(request)
        return view(request, customer, **kwargs)

    return _of_tenant(entered)


@_of_tenant
def home(request: HttpRequest) -> HttpResponse:
    """Help articles, searched or by section; and the form that asks for one's own page."""
    asked = request.GET.get("q", "")[:200].replace("\0", "").strip()
    language = translation.get_language()[:2]
    context = {"q": asked, "shelves": [] if asked else articles.shelves(language=language)}
    if asked:
        context["found"] = articles.listed(asked=asked, state="public").order_by("-helped", "-id")[:20]
    return render(request, "portal/home.html", _frame(request) | context)


@_of_tenant
def article(request: HttpRequest, article: str) -> HttpResponse:
    """One article, and whether it helped."""
    found = articles.read(article)
    voted = request.method == "POST" and request.POST.get("helped") in {"yes", "no"}
    if voted and not _crowded(f"vote:{clients.address(request)}", WRITES_PER_SECOND, WRITES_AT_ONCE):
        articles.vote(article=found, helped=request.POST["helped"] == "yes")
    return render(request, "portal/article.html", _frame(request) | {"article": found, "voted": voted})


@_of_tenant
def link(request: HttpRequest) -> HttpResponse:
    """Ask for the link to one's own page: the same answer whether the address is known or not."""
    if request.method != "POST":
        return redirect("portal", request.tenant.slug)
    if _crowded(f"portal-link:{clients.address(request)}", LINKS_PER_SECOND, LINKS_AT_ONCE):
        return _too_many(request)
    portal.ask_for_link(address=request.POST.get("email", "")[:320], now=timezone.now())
    return render(request, "portal/sent.html", _frame(request))


@_of_person
def me(request: HttpRequest, customer: Customer) -> HttpResponse:
    """One's own page: cases, points, what one may do there."""
    context = {
        "customer": customer,
        "cases": [(found, _title(found)) for found in portal_cases.cases_of(customer)[:50]],
        "points": points.balance(customer, now=timezone.now()),
        "entries": list(points.entries(customer=customer)[:ENTRIES]),
    }
    return render(request, "portal/me.html", _frame(request) | context)


@_of_person
def case(request: HttpRequest, customer: Customer, number: int) -> HttpResponse:
    """One case: what was said, and what one wants to add."""
    found = portal_cases.case_of(customer=customer, number=number)
    body = request.POST.get("body", "").replace("\0", "").strip()[:20_000]
    if request.method == "POST" and body:
        portal_cases.reply(case=found, customer=customer, body=body, now=timezone.now())
        return redirect("portal_case", request.tenant.slug, request.portal_token, number)
    missing = request.method == "POST"
    context = {"case": found, "title": _title(found), "said": portal_cases.thread(found), "missing": missing}
    return render(request, "portal/case.html", _frame(request) | context, status=422 if missing else 200)


@_of_person
def write(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Ask or complain."""
    typed = {name: request.POST.get(name, "") for name in ("type", "subject", "body")}
    context = {"types": portal_cases.types(), "typed": typed, "key": request.POST.get("key") or token_hex(8)}
    if request.method == "POST":
        try:
            made = _written(customer, typed, context["key"])
        except Refusal as refusal:
            context["refusal"] = refusal
        else:
            return redirect("portal_case", request.tenant.slug, request.portal_token, made.number)
    status = 422 if "refusal" in context else 200
    return render(request, "portal/write.html", _frame(request) | context, status=status)


@_of_person
def preference(request: HttpRequest, customer: Customer) -> HttpResponse:
    """What one wants to hear about: the same choices as behind the link of every message."""
    if request.method == "POST":
        preferences.save(
            customer=customer,
            topics=set(request.POST.getlist("topics")),
            none=request.POST.get("none") == "yes",
            language=request.POST.get("language", ""),
            by=Actor("customer", customer.pk, customer.email or str(customer.pk)),
            evidence={
                "ip": clients.address(request),
                "agent": request.headers.get("User-Agent", "")[:300],
                "path": "/portal/…",
            },
            now=timezone.now(),
        )
        return redirect(f"{request.path}?saved=1")
    context = {"saved": "saved" in request.GET, "choices": preferences.choices(customer=customer)}
    return render(request, "public/preferences.html", _frame(request) | context)


def _written(customer: Customer, typed: dict[str, str], key: str) -> Case:
    number = int(typed["type"][:18]) if typed["type"].isascii() and typed["type"].isdigit() else None
    subject, body = (typed[name].replace("\0", "").strip() for name in ("subject", "body"))
    subject, body, key = subject[:200], body[:20_000], "".join(sign for sign in key if sign.isalnum())
    subject = subject or body.partition("\n")[0][:100]
    return portal_cases.write(
        customer=customer, type_id=number, subject=subject, body=body, key=key, now=timezone.now()
    )


def _title(case: Case) -> str:
    return letters.title(case=case, language=translation.get_language())


def _frame(request: HttpRequest) -> dict:
    language = translation.get_language()[:2]
    sender = senders.default()
    address = sender.reply_to or sender.email
    other = "en" if language == "ar" else "ar"
    query = request.GET.copy()
    query["lang"] = other
    return {
        "brand": senders.brand(),
        # The product's own address, where the tenant named none, reads nothing.
        "write_to": "" if address == parseaddr(settings.DEFAULT_FROM_EMAIL)[1] else address,
        "language": language,
        "other": {"code": other, "name": NAMES[other], "query": query.urlencode()},
        "slug": request.tenant.slug,
        "token": getattr(request, "portal_token", ""),
    }


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "public/unknown.html", status=404)


def _too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "portal/wait.html", _frame(request), status=429)
    response.headers["Retry-After"] = "60"
    return response


def _crowded(bucket: str, rate: float, size: int) -> bool:
    return bool(limits.take(bucket=bucket, rate=rate, size=size))
