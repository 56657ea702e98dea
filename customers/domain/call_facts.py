"""What a telephone system says of one call, made into what is so. Pure: no order of telling changes the result.

Everything told is kept as a set. Facts are read off the whole of it each time, so a word that comes twice, late or
before its time gives what it would have given in its place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

RINGING, ANSWERED, ENDED = "ringing", "answered", "ended"
STATES = (RINGING, ANSWERED, ENDED)
MOST = 50  # words about one call; a telephone system says three to ten


@dataclass(frozen=True, order=True)
class Word:
    """One thing that was said of a call.

    Args:
        at: when it was so, aware; in UTC.
        step: place of the state among STATES, so that words of one moment have an order.
        number: the caller's, as told; empty when not told or withheld.
        queue, agent: where it rang, who took it; empty when not told.
        exact: whether the moment was told, or is only when we heard of it.
    """

    at: datetime
    step: int
    number: str = ""
    queue: str = ""
    agent: str = ""
    exact: bool = True

    @property
    def said(self) -> tuple:
        """What was said, apart from when."""
        return self.step, self.number, self.queue, self.agent


@dataclass(frozen=True)
class Facts:
    """What is so."""

    state: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    number: str
    queue: str
    agent: str


def add(words: Iterable[Word], word: Word) -> list[Word]:
    """Return the words with one more, in their order; one that was said before changes nothing.

    A word without a moment of its own repeats any that says the same: of several the first counts, and one that came
    with its moment takes the place of all that came without.
    """
    alike: dict[tuple, set[Word]] = {}
    for found in (*words, word):
        alike.setdefault(found.said, set()).add(found)
    kept: list[Word] = []
    for group in alike.values():
        exact = [found for found in group if found.exact]
        kept += exact or [min(group)]
    return sorted(kept)


def facts(words: Sequence[Word]) -> Facts:
    """Return what follows from all that was said; at least one word.

    A call that ended stays ended. The number and the first moment are the first told, queue and agent the last.
    """
    ordered = sorted(words)
    answered = [word.at for word in ordered if word.step == 1]
    ended = [word.at for word in ordered if word.step == 2]
    return Facts(
        state=STATES[max(word.step for word in ordered)],
        started_at=ordered[0].at,
        answered_at=answered[0] if answered else None,
        ended_at=ended[-1] if ended else None,
        number=next((word.number for word in ordered if word.number), ""),
        queue=next((word.queue for word in reversed(ordered) if word.queue), ""),
        agent=next((word.agent for word in reversed(ordered) if word.agent), ""),
    )


def dump(words: Sequence[Word]) -> list[list]:
    """Return words as JSON keeps them."""
    return [[word.at.isoformat(), word.step, word.number, word.queue, word.agent, word.exact] for word in words]


def load(kept: Sequence[Sequence]) -> list[Word]:
    """Return words from JSON."""
    return [Word(datetime.fromisoformat(row[0]).astimezone(UTC), *row[1:]) for row in kept]
