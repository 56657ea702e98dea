"""JSON as PostgreSQL can keep it: UTF-8, finite numbers, no NUL, no lone surrogate, not too deep."""

import json
import math
import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import Refusal

MAX_DEPTH = 100
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89abAB])|\x00")
_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedJson(Refusal):
    code = "malformed_json"
    message = _("The body is not the JSON we can read.")


def loads(raw: bytes) -> Any:
    """Return what a body says.

    Raises:
        MalformedJson: not UTF-8, not JSON, NaN or Infinity, a number beyond all floats, nested deeper than
            ``MAX_DEPTH``, or text that holds NUL or half a character.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise MalformedJson(_("The body must be UTF-8.")) from error
    except RecursionError as error:
        raise MalformedJson(_("The body is nested too deeply.")) from error
    except ValueError as error:
        raise MalformedJson from error
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth_exceeds(found, MAX_DEPTH):
        raise MalformedJson(_("The body is nested too deeply."))
    if _SUSPECT.search(raw) and not _storable(found):
        raise MalformedJson(_("Text must not hold NUL or half characters (lone surrogates)."))
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _step in range(limit + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _storable(value: Any) -> bool:
    rest = [value]
    while rest:
        found = rest.pop()
        if isinstance(found, str):
            if "\0" in found or _SURROGATE.search(found):
                return False
        elif isinstance(found, dict):
            rest += [*found, *found.values()]
        elif isinstance(found, list):
            rest += found
    return True
