"""Pieces of SQL with their parameters, and the sets of customers they select.

Text of SQL is ours; every word of a person travels as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """SQL and the parameters for its ``%s``, in their order."""

    text: str
    params: tuple = ()

    def __add__(self, other: Piece | str) -> Piece:
        if isinstance(other, str):
            return Piece(self.text + other, self.params)
        return Piece(self.text + other.text, self.params + other.params)

    def __radd__(self, other: str) -> Piece:
        return Piece(other + self.text, self.params)

    def bracketed(self) -> Piece:
        return Piece(f"({self.text})", self.params)


def join(separator: str, pieces: Iterable[Piece]) -> Piece:
    """Return pieces, each in brackets, with a word between them."""
    pieces = list(pieces)
    return Piece(
        separator.join(f"({piece.text})" for piece in pieces),
        tuple(value for piece in pieces for value in piece.params),
    )


NOTHING = Piece("FALSE")
EVERYTHING = Piece("TRUE")


@dataclass(frozen=True)
class Ids:
    """A query with one column ``id`` of customers.

    Args:
        once: whether no id comes twice.
    """

    query: Piece
    once: bool = True


@dataclass(frozen=True)
class Group:
    """The customers for whom a condition on their own row holds, who are in all of some sets and in none of others.

    Kept apart so that conditions on the same row become one scan, sets become semi-joins and exclusions become
    anti-joins: at a million customers two to three times as fast as asking each of them.
    """

    row: Piece | None = None
    inside: tuple[Ids, ...] = ()
    outside: tuple[Ids, ...] = ()

    @property
    def is_row(self) -> bool:
        return not self.inside and not self.outside

    @property
    def is_outside(self) -> bool:
        return self.row is None and not self.inside and len(self.outside) == 1
