"""Bodies outside the REST framework: JSON, perhaps gzipped, never larger than said."""

import zlib
from typing import Any

from django.http import HttpRequest, RawPostDataException
from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import Refusal
from cxm.rest import strict_json


class BodyRefused(Refusal):
    code = "malformed"
    message = _("The body is not the JSON we can read.")


def read(request: HttpRequest, *, limit: int) -> tuple[Any, int]:
    """Return what the body says, and its size in bytes once unpacked.

    Raises:
        BodyRefused: too large (also unpacked: a gzip bomb is never unpacked further than the limit) or no gzip.
        strict_json.MalformedJson: no JSON.
    """
    try:
        raw = request.body
    except RawPostDataException as error:
        raise BodyRefused from error
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        raw = _unpack(raw, limit)
    elif encoding not in {"identity", ""}:
        raise BodyRefused(_("Only gzip is understood as Content-Encoding."))
    if len(raw) > limit:
        raise BodyRefused(_("The body is larger than this address takes."), code="too_large")
    return strict_json.loads(raw), len(raw)


def _unpack(raw: bytes, limit: int) -> bytes:
    machine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = machine.decompress(raw, limit + 1)
    except zlib.error as error:
        raise BodyRefused(_("The body is not gzip as it claims.")) from error
    if len(unpacked) <= limit and not machine.eof:
        raise BodyRefused(_("The body ends in the middle."))
    return unpacked
