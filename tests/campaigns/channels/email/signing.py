"""A stand-in signature for tests of the engine: readable, so that equality says what is wrong."""


def sign(kind: str, *numbers: int) -> str:
    return "-".join([kind, *map(str, numbers)])
