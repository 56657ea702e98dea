"""Scales of whole numbers: what NPS, CSAT and CES share."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from cxm.lib.proportions import wilson
from feedback.questions.answers import Asked, BadAnswer, Bar, Found, Given, Result, required

_NUMBER = re.compile(r"[0-9]{1,2}")


def read(question: Asked, given: Mapping[str, Any], scale: range) -> Given:
    """Return a number of the scale. Only whole ones count: 11, −1 and 8.5 are refused, not rounded.

    Raises:
        BadAnswer: not on the scale, or nothing where an answer is wanted.
    """
    value = given.get("answer")
    if value is None or value == "":
        return required(question, Given())
    written = str(value).strip()
    if isinstance(value, bool | list | dict) or not _NUMBER.fullmatch(written) or int(written) not in scale:
        raise BadAnswer(
            _("Choose a whole number from %(low)s to %(high)s.") % {"low": scale[0], "high": scale[-1]},
            fields={"answer": "scale"},
        )
    return Given(number=int(written))


def shown(
    question: Asked, language: str, answer: Given | None, *, scale: range, ends: tuple[str, str]
) -> dict[str, Any]:
    """Return the steps of a scale in their order; a page that reads from the right shows the first one there."""
    words = question.words(language)
    chosen = answer.number if answer else None
    return {
        "steps": [{"value": step, "chosen": step == chosen} for step in scale],
        "low": words.get("low") or str(ends[0]),
        "high": words.get("high") or str(ends[1]),
        "chosen": chosen,
    }


def bars(found: Found, scale: Sequence[int], tone: Callable[[int], str]) -> tuple[Bar, ...]:
    """Return a bar for every step, those nobody chose too."""
    counts = {step: found.counts.get(step, 0) for step in scale}
    return tuple(Bar(step, n, n / found.n if found.n else 0.0, tone(step)) for step, n in counts.items())


def mean(found: Found) -> float | None:
    """Return the mean of the numbers, None of nothing."""
    return sum(step * n for step, n in found.counts.items()) / found.n if found.n else None


def share_of_best(found: Found, *, scale: range, best: range, middle: range, name: str) -> Result:
    """Return how many chose one of the best steps, with Wilson's interval."""
    good = sum(found.counts.get(step, 0) for step in best)
    between = sum(found.counts.get(step, 0) for step in middle)
    interval = wilson(good, found.n)
    tones = {**dict.fromkeys(best, "good"), **dict.fromkeys(middle, "warn")}
    return Result(
        n=found.n,
        score=good / found.n if found.n else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        unit="percent",
        mean=mean(found),
        bars=bars(found, scale, lambda step: tones.get(step, "bad")),
        parts={name: good, "neutral": between, "un" + name: found.n - good - between},
    )
