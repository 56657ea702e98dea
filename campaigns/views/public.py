"""What the recipient of a message meets: pixel, links, unsubscribe, preferences, the message in a browser.

Nobody is signed in here: a signed token in the address says which message of which tenant is meant, and nothing
but the token does. GET and HEAD never change a choice: scanners fetch everything (RFC 8058, 1).
"""

import base64
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.encoding import iri_to_uri
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.channels.email import links
from campaigns.domain import machines, preferences, rendering, senders, tracking
from campaigns.models import Message
from cxm import tenancy
from cxm.accounts import clients
from cxm.audit.actors import Actor
from cxm.lib import signing
from cxm.tenancy.models import Tenant

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def _by_token(kind: str) -> Callable:
    """Open the tenant's scope that the token names and hand the message over; None when there is none."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, token: str) -> HttpResponse:
            _forget_session(request)
            numbers = signing.unsign(kind, token)
            tenant = Tenant.objects.filter(pk=numbers[0]).first() if numbers and len(numbers) == 2 else None
            if tenant is None:
                return _unknown(request)
            with tenancy.scope(tenant):
                found = Message.objects.select_related("customer", "unit__template").filter(pk=numbers[1])
                message = found.first()
                if message is None:
                    return _unknown(request)
                request.tenant = tenant
                with translation.override(message.language or tenant.language):
                    response = view(request, token, message)
                    response.headers["Content-Language"] = translation.get_language()
                    return response

        return opened

    return decorate


def _forget_session(request: HttpRequest) -> None:
    """Whoever may be signed in to the suite in this browser is, here, the recipient of a message and nothing else."""
    request.user = AnonymousUser()


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "public/unknown.html", status=404)


@never_cache
@require_safe
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the same picture whatever the token; note the open when it is one of ours."""
    numbers = signing.unsign("open", token)
    if numbers and len(numbers) == 2:
        with tenancy.scope(numbers[0]):
            tracking.record(message_id=numbers[1], link_index=None, visit=_visit(request, "open"))
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Send on to where the link of the message leads, and nowhere else (no open redirect)."""
    _forget_session(request)
    signed, carried = links.split(token)
    numbers = signing.unsign("click", signed)
    if not numbers or len(numbers) not in {3, 4}:
        return _unknown(request)
    with tenancy.scope(numbers[0]):
        message = Message.objects.select_related("unit").filter(pk=numbers[1]).first()
        url = message and _target(message, numbers, carried)
        if not url:
            return _unknown(request)
        tracking.record(message_id=message.pk, link_index=numbers[2], visit=_visit(request, "click"), url=url)
    # Written by hand: Django's redirect refuses schemes and rewrites hosts; this only escapes what no header can hold.
    return HttpResponse(status=302, headers={"Location": iri_to_uri(url), "Referrer-Policy": "no-referrer"})


def _target(message: Message, numbers: tuple[int, ...], carried: str) -> str | None:
    if len(numbers) == 4:
        return links.target(numbers, carried, registered=None)
    return tracking.target(unit_id=message.unit_id, language=message.language, index=numbers[2])


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_by_token("unsubscribe")
def unsubscribe(request: HttpRequest, token: str, message: Message) -> HttpResponse:
    """GET shows what would happen, or has; POST does it, from the page or from the mail program's button alike.

    No cookie, no session, no CSRF token: the address itself is the proof (RFC 8058, 3.1). Programs are answered without
    a redirect, as they must be; people are led back to the page, so that they can leave it and come back.
    """
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    done = request.method == "POST"
    person = message.customer
    if done:
        tracking.unsubscribe(
            message=message,
            by=_recipient(message),
            now=timezone.now(),
            evidence=_evidence(request),
            source="one_click" if one_click else "page",
        )
        if person and "page" in request.POST:
            return redirect(request.path)
    context = {
        "message": message,
        "brand": senders.brand(),
        "done": done or (person and preferences.declined(customer=person, topic=message.unit.topic)),
        "topic": preferences.topic_name(slug=message.unit.topic, language=translation.get_language()),
        "preferences_token": signing.sign("preferences", message.tenant_id, message.pk),
    }
    return render(request, "public/unsubscribe.html", context)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_by_token("preferences")
def preference_centre(request: HttpRequest, token: str, message: Message) -> HttpResponse:
    """What the recipient wants to hear about. The signed address stands for the login that they do not have."""
    if request.method == "POST" and message.customer:
        preferences.save(
            customer=message.customer,
            topics=set(request.POST.getlist("topics")),
            none=request.POST.get("none") == "yes",
            language=request.POST.get("language", ""),
            by=_recipient(message),
            evidence=_evidence(request),
            now=timezone.now(),
        )
        return redirect(f"{request.path}?saved=1")  # so that going back and loading it anew asks for nothing
    context = {
        "message": message,
        "brand": senders.brand(),
        "saved": "saved" in request.GET,
        "choices": preferences.choices(customer=message.customer) if message.customer else None,
    }
    return render(request, "public/preferences.html", context)


@never_cache
@require_safe
@_by_token("view")
def in_browser(request: HttpRequest, token: str, message: Message) -> HttpResponse:
    """Show the message as it was sent, in a sandbox of its own: no script, no form, no same origin."""
    html = rendering.html_of(message=message, now=timezone.now())
    response = HttpResponse(html)
    response._csp_exempt = True
    response["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
        "default-src 'none'; img-src * data:; style-src 'unsafe-inline' *; font-src *"
    )
    return response


def _visit(request: HttpRequest, kind: str) -> tracking.Visit:
    host = request.get_host().partition(":")[0]
    return tracking.Visit(
        request=machines.Request(
            kind=kind,
            method=request.method,
            agent=request.headers.get("User-Agent", ""),
            languages=request.headers.get("Accept-Language", ""),
            fetch_mode=request.headers.get("Sec-Fetch-Mode", ""),
            expects_fetch_mode=request.is_secure() or host in {"127.0.0.1", "localhost"},
        ),
        ip=clients.address(request) or None,
        at=timezone.now(),
    )


def _evidence(request: HttpRequest) -> dict:
    return {
        "ip": clients.address(request),
        "agent": request.headers.get("User-Agent", "")[:300],
        "path": request.path[:20] + "…",
    }


def _recipient(message: Message) -> Actor:
    return Actor("customer", message.customer_id, message.address or str(message.customer_id))
