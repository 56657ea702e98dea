"""What a template may use up, and the words in which it is told so.

Counts come before clocks: the same template with the same data is always stopped at the same place, the
deadline is only the last resort.
"""

import contextlib
import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _
from liquid import exceptions

from cxm.lib.errors import Refusal

MAX_SOURCE = 400_000  # characters of a template
MAX_EXPRESSION = 2_000  # characters between {{ }} or {% %}
MAX_TAGS = 5_000  # pieces of Liquid in a template
MAX_TEXT = 100_000  # characters of one value
MAX_ITEMS = 1_000  # elements of a list that goes through a filter
MAX_LOOPS = 10_000  # rounds of all loops of one rendering together
MAX_STEPS = 200_000  # nodes rendered
MAX_NUMBER = 10**30
MAX_OUTPUT = 2_000_000  # bytes of one rendering
MAX_SECONDS = 2.0
MAX_NESTING = 20


class TemplateRefused(Refusal):
    """A template that cannot be compiled; ``fields`` names the part (subject, preheader, body)."""

    code = "template_invalid"

    def __init__(self, message: str = "", *, line: int = 0, part: str = "body") -> None:
        self.line = line
        if line:
            message = _("Line %(line)d: %(reason)s") % {"line": line, "reason": message}
        super().__init__(message, fields={part: str(message)})


class RenderRefused(Refusal):
    """A message that cannot be rendered for this recipient."""

    code = "template_render"


class LimitReached(exceptions.LiquidError):
    """A template used more time, memory or output than it may."""


_SENTENCES = {
    exceptions.LoopIterationLimitError: _("the loops of this template run too often (more than 10,000 rounds)."),
    exceptions.LocalNamespaceLimitError: _("the variables of this template take too much memory."),
    exceptions.OutputStreamLimitError: _("the message becomes too large (more than 2 MB)."),
    exceptions.ContextDepthError: _("the blocks of this template are nested too deeply."),
    exceptions.BlockNestingError: _("the blocks of this template are nested too deeply."),
    exceptions.UnknownFilterError: _("there is no such filter."),
}


def sentence(error: Exception) -> str:
    """`error` of python-liquid in words for the author of the template."""
    known = next((text for kind, text in _SENTENCES.items() if isinstance(error, kind)), None)
    detail = getattr(error, "message", "") or str(error)
    if known is None:
        return str(detail)
    named = isinstance(error, exceptions.UnknownFilterError) and re.search("'(.+)'", str(detail))
    return f"{known} (\u2066{named[1]}\u2069)" if named else str(known)


@contextlib.contextmanager
def rendering() -> Iterator[None]:
    """Whatever goes wrong while a template meets its data is a refusal, in words.

    python-liquid lets some of Python's own errors through (comparing what cannot be compared).

    Raises:
        RenderRefused: instead of them.
    """
    try:
        yield
    except exceptions.LiquidError as err:
        raise RenderRefused(sentence(err)) from err
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as err:
        raise RenderRefused(_("the template does something that this data does not allow.")) from err


def line_of(error: Exception) -> int:
    """The line of the source at which python-liquid stopped; 0 when it does not say."""
    token = getattr(error, "token", None)
    if token is None or token.start_index < 0:
        return 0
    return token.source.count("\n", 0, token.start_index) + 1
