"""The kinds of question: one module each, with the same functions and names.

Each has ``LABEL``, ``SHORT``, ``ICON``, ``EXPLAINED`` and ``TEMPLATE``, ``check(question)`` (what its settings lack, by
field), ``read(question, given)`` (input to an answer), ``shown(question, language, answer)`` (what its template needs)
and ``aggregate(question, found)`` (answers to a result). A kind with a ``SCALE`` is scored; a survey's score is that of
its first scored question.
"""

from types import ModuleType

from feedback.questions import ces, choice, csat, nps, text
from feedback.questions.answers import BadAnswer, Found, Given, Result

KINDS: dict[str, ModuleType] = {"nps": nps, "csat": csat, "ces": ces, "choice": choice, "text": text}
SCORED = tuple(kind for kind, module in KINDS.items() if getattr(module, "SCALE", None))


def of(kind: str) -> ModuleType:
    """Return the module of a kind.

    Raises:
        KeyError: there is none, which is a mistake of ours: kinds are checked where they are written.
    """
    return KINDS[kind]


__all__ = ["KINDS", "SCORED", "BadAnswer", "Found", "Given", "Result", "of"]
