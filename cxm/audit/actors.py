"""Who acts: a person, a program with a key, or the product itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The one to whom an action is put down.

    Args:
        kind: ``user``, ``key`` (an API key), ``customer`` or ``system``.
        id: of the user, key or customer; None for the product itself.
        label: what people call the actor, kept as it was at the time.
    """

    kind: str
    id: int | None
    label: str


SYSTEM = Actor("system", None, "CXM")
