"""The local inbox in the browser: what this laptop sent, as its recipients would see it. Exists on laptops only."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from functools import wraps
from html.parser import HTMLParser

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from cxm.local import inbox

PAGE = 40
# The mail's own words run no script, send no form and reach no cookie of ours; its links open in a new window.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: http: https:; "
    "style-src 'unsafe-inline'; font-src data: https:; frame-ancestors 'self'"
)


def on_laptops(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hide a page in production; on a laptop it needs a sign-in and nothing more."""

    @wraps(view)
    @require_safe
    @login_required
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.LAPTOP:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@on_laptops
def index(request: HttpRequest) -> HttpResponse:
    """List messages, newest first, to one address where asked."""
    to, before = request.GET.get("to", "").strip(), request.GET.get("before", "")
    found = inbox.list_messages(_folder(), limit=PAGE + 1, before=before, to=to)
    query = request.GET.copy()
    if len(found) > PAGE:
        query["before"] = found[PAGE - 1].id
    shown = {"entries": found[:PAGE], "next": f"?{query.urlencode()}" if len(found) > PAGE else "", "to": to}
    return render(request, "inbox/rows.html" if before and request.htmx else "inbox/list.html", shown)


@on_laptops
def message(request: HttpRequest, message_id: str) -> HttpResponse:
    """Show one message: its words, its links, its headers."""
    found = _read(message_id)
    html, text = _part(found, "html"), _part(found, "plain")
    shown = {
        "id": message_id,
        "subject": _line(found, "Subject"),
        "lines": [(name, _line(found, name)) for name in ("From", "To", "Date", "X-Envelope-To")],
        "headers": [(name, str(value)) for name, value in found.raw_items()],
        "has_html": bool(html),
        "text": text,
        "links": _links(html) if html else [],
        "attachments": [part.get_filename() or part.get_content_type() for part in found.iter_attachments()],
    }
    return render(request, "inbox/message.html", shown)


@on_laptops
@xframe_options_sameorigin
def body(request: HttpRequest, message_id: str) -> HttpResponse:
    """Answer the HTML part alone, under a policy of its own."""
    html = _part(_read(message_id), "html")
    if not html:
        raise Http404
    response = HttpResponse('<base target="_blank">' + html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@on_laptops
def source(request: HttpRequest, message_id: str) -> HttpResponse:
    """Answer the message as it came over the wire."""
    return HttpResponse(_bytes(message_id), content_type="text/plain; charset=utf-8")


def _folder():
    return settings.CXM_HOME / "inbox"


def _bytes(message_id: str) -> bytes:
    found = inbox.read_message(_folder(), message_id)
    if found is None:
        raise Http404
    return found


def _read(message_id: str) -> EmailMessage:
    return email.message_from_bytes(_bytes(message_id), policy=email.policy.default)


def _line(found: EmailMessage, name: str) -> str:
    try:
        return str(found.get(name, ""))
    except (ValueError, IndexError, AttributeError):  # the parser gives up on some hostile headers
        return ""


def _part(found: EmailMessage, kind: str) -> str:
    try:
        part = found.get_body((kind,))
        return part.get_content() if part else ""
    except (LookupError, ValueError, AttributeError, KeyError):  # an unknown character set, a broken part
        return ""


class _Anchors(HTMLParser):
    """Gathers links with their words."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict] = []
        self.open: dict | None = None

    def handle_starttag(self, tag: str, attrs: list) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("http://", "https://", "mailto:")):
            self.open = {"href": href, "text": ""}
            self.found.append(self.open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.open = None

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            self.open["text"] = f"{self.open['text']} {data.strip()}".strip()


def _links(html: str) -> list[dict]:
    anchors = _Anchors()
    anchors.feed(html)
    return anchors.found


urlpatterns = [
    path("inbox/", index, name="inbox"),
    path("inbox/<str:message_id>/", message, name="inbox_message"),
    path("inbox/<str:message_id>/body/", body, name="inbox_body"),
    path("inbox/<str:message_id>/source/", source, name="inbox_source"),
]
