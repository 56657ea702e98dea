"""Files of strangers, sent so that nothing in them runs: saved, or shown where they are pictures."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from feedback.domain import attachments
from feedback.models import CaseAttachment

POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"  # browsers lay a picture out with styles of their own


def saved(file: CaseAttachment) -> HttpResponse:
    """Answer with a file to be saved."""
    return _answer(file, attachments.ANYTHING, as_attachment=True)


def shown(file: CaseAttachment) -> HttpResponse:
    """Answer with a picture to be shown; whatever is none can be saved."""
    kind = attachments.shown_as(file)
    return _answer(file, kind, as_attachment=False) if kind else saved(file)


def _answer(file: CaseAttachment, kind: str, *, as_attachment: bool) -> HttpResponse:
    response = HttpResponse(bytes(file.content), content_type=kind)
    response._csp_exempt = True
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment, file.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
