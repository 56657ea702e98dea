"""Live previews: what a message looks like to a customer of one's choice."""

from collections.abc import Mapping

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import messages, offers, senders, starters, templates
from campaigns.models import Offer, Template
from campaigns.models.template import Kind
from campaigns.views.frames import sandboxed
from customers.domain import search
from customers.models import Customer
from cxm.accounts import permissions
from cxm.lib.errors import Refusal

KEPT = 15 * 60  # seconds; the frame asks at once


@require_POST
@permissions.needs("campaigns.view")
def typed(request: HttpRequest) -> HttpResponse:
    """Show what is in the editor now, saved or not."""
    kind = request.POST.get("kind", "")
    words = {part: request.POST.get(part, "").replace("\r\n", "\n") for part in ("subject", "preheader", "body")}
    words |= {"kind": kind if kind in Kind.values else Kind.NEWSLETTER, "language": request.POST.get("language", "")}
    try:
        templates.check(**words)
        shown, problems = templates.preview(**words, customer=customer(request.POST), now=timezone.now())
    except Refusal as refusal:
        return render(request, "campaigns/preview.html", {"refusal": refusal, "line": getattr(refusal, "line", 0)})
    return _preview(request, shown, problems, words["language"])


@require_GET
@permissions.needs("campaigns.view")
def saved(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the newest version of a template."""
    template = templates.get(template_id=pk)
    return of_template(request, template)


def of_template(request: HttpRequest, template: Template) -> HttpResponse:
    """Render the preview of a template's saved words."""
    asked = request.GET.get("language", "")[:10]
    try:
        language, shown, problems = templates.preview_saved(
            template=template, language=asked, customer=customer(request.GET), offer=offer(request.GET),
            now=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        return render(request, "campaigns/preview.html", {"refusal": refusal, "line": getattr(refusal, "line", 0)})
    return _preview(request, shown, problems, language)


@require_GET
@permissions.needs("campaigns.view")
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The message itself, for the frame of a preview made a moment ago."""
    html = cache.get(_kept_as(request, key))
    if html is None:
        raise Http404
    return sandboxed(html)


@require_GET
@permissions.needs("campaigns.view")
def starter(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """A starter as a made-up person would get it."""
    words = starters.read(kind, language)
    shown, _problems = templates.preview(
        kind=words.kind, language=language, subject=words.subject, preheader=words.preheader, body=words.body,
        now=timezone.now(),
    )  # fmt: skip
    return sandboxed(shown.html)


@require_GET
@permissions.needs("customers.view")
def people(request: HttpRequest) -> HttpResponse:
    """People to preview as: those somebody looks for, else the newest."""
    asked = request.GET.get("who", "")
    found = search.quick(asked, limit=20) if asked else list(Customer.objects.order_by("-pk")[:20])
    return render(request, "campaigns/people_options.html", {"people": found})


def _preview(request: HttpRequest, shown: object, problems: tuple, language: str) -> HttpResponse:
    key = get_random_string(24)
    cache.set(_kept_as(request, key), shown.html, KEPT)
    sender = senders.default().name_in(language)
    context = {"shown": shown, "problems": problems, "key": key, "sender": sender, "language": language,
               "rtl": language.startswith(("ar", "fa", "he", "ur"))}  # fmt: skip
    return render(request, "campaigns/preview.html", context)


def customer(said: Mapping[str, str]) -> Customer | None:
    """Return the person a form chose to see something as; None for nobody."""
    chosen = said.get("customer", "")
    return messages.customer(ref=int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None


def offer(said: Mapping[str, str]) -> Offer | None:
    """Return the offer a form chose; None for none."""
    chosen = said.get("offer", "")
    return offers.get(offer_id=int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None


def _kept_as(request: HttpRequest, key: str) -> str:
    return f"preview:{request.tenant.pk}:{key[:40]}"
