"""What all kinds of question have in common: an answer given, answers found, and what they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import Refusal


class Asked(Protocol):
    """What a kind needs of a question; a row of feedback.models.Question has it."""

    key: str
    kind: str
    required: bool
    texts: dict
    settings: dict

    def words(self, language: str) -> dict[str, str]: ...


class BadAnswer(Refusal):
    """An answer that does not fit its question."""

    code = "bad_answer"
    message = _("This is no answer to the question.")


@dataclass(frozen=True)
class Given:
    """One answer: a number, words, or values of options; all empty when the question was passed over."""

    number: int | None = None
    text: str = ""
    choices: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return self.number is None and not self.text and not self.choices


@dataclass(frozen=True)
class Found:
    """Answers counted.

    Args:
        n: how many answered the question.
        counts: number or option's value → how many gave it.
    """

    n: int = 0
    counts: Mapping[int | str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Bar:
    """One value, and the part of those who answered that gave it."""

    value: int | str
    n: int
    share: float
    tone: str = ""


@dataclass(frozen=True)
class Result:
    """What answers add up to. A score of nothing is None, never 0.

    Args:
        n: how many answered.
        score: of a scored question, in its own unit.
        low, high: of the score, with 95 % confidence.
        unit: ``points`` (−100 to 100) or ``percent`` (0 to 1).
        mean: of the numbers.
        bars: values in their order.
        parts: named groups of values with how many they have: promoters, satisfied …
    """

    n: int
    score: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    mean: float | None = None
    bars: tuple[Bar, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def margin(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def required(question: Asked, given: Given) -> Given:
    """Return the answer.

    Raises:
        BadAnswer: there is none, and the question wants one.
    """
    if question.required and given.empty:
        raise BadAnswer(_("Please answer this question."))
    return given
