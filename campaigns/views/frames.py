"""HTML of a tenant inside our pages: always in a sandbox of its own, with a policy of its own."""

from django.http import HttpResponse

POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src https: http: data:; "
    "style-src 'unsafe-inline' https:; font-src https:; frame-ancestors 'self'"
)


def sandboxed(html: str) -> HttpResponse:
    """Answer a message's HTML for an iframe: no script, no form, no origin."""
    response = HttpResponse(html)
    response._csp_exempt = True
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response
