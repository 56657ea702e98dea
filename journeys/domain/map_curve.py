"""The curve of feelings over a map, as numbers for a drawing: what was assumed, and what was measured over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from journeys.domain.map_live import GAP, Figures

COLUMN, HEIGHT, MARGIN = 208, 150, 22


@dataclass(frozen=True)
class Point:
    """One feeling. ``x`` and ``y`` are texts, so that no language writes them with its own digits."""

    x: str
    y: str
    value: float
    name: str
    answers: int = 0


@dataclass(frozen=True)
class Gap:
    """A touchpoint that is felt to be other than was thought: a line from the one to the other."""

    x: str
    start: str
    end: str
    worse: bool


@dataclass(frozen=True)
class Curve:
    """The drawing: its size, the five lines of the scale, two paths with their points, and the gaps between."""

    width: str
    height: str
    lines: list[tuple[int, str]]
    assumed: str
    measured: str
    assumed_points: list[Point]
    measured_points: list[Point]
    gaps: list[Gap]


def draw(*, columns: Sequence[dict | None], figures: Mapping[str, Figures], mirrored: bool) -> Curve:
    """Draw the feelings of touchpoints that stand side by side.

    Args:
        columns: the touchpoints in order, None for a column without one.
        figures: what was measured, by the touchpoint's id; means of too few answers are left out.
        mirrored: the journey goes from right to left.
    """
    assumed, measured, gaps = [], [], []
    for at, found in enumerate(columns):
        if found is None:
            continue
        x = _x(at, len(columns), mirrored)
        figure = figures.get(found["id"])
        felt = figure.satisfaction if figure and figure.is_enough else None
        if found["feeling"] is not None:
            assumed.append(Point(x, _y(found["feeling"]), found["feeling"], found["name"]))
        if felt is not None:
            measured.append(Point(x, _y(felt), felt, found["name"], figure.answers))
        if felt is not None and found["feeling"] is not None and abs(felt - found["feeling"]) >= GAP:
            gaps.append(Gap(x, _y(found["feeling"]), _y(felt), felt < found["feeling"]))
    lines = [(feeling, _y(feeling)) for feeling in (2, 1, 0, -1, -2)]
    return Curve(
        str(COLUMN * max(len(columns), 1)), str(HEIGHT), lines, _path(assumed), _path(measured), assumed, measured, gaps
    )


def _x(at: int, count: int, mirrored: bool) -> str:
    place = count - 1 - at if mirrored else at
    return str(COLUMN * place + COLUMN // 2)


def _y(feeling: float) -> str:
    return f"{MARGIN + (2 - feeling) * (HEIGHT - 2 * MARGIN) / 4:.1f}"


def _path(points: Sequence[Point]) -> str:
    """Return a smooth line through the points that never swings beyond them."""
    if not points:
        return ""
    path = [f"M{points[0].x} {points[0].y}"]
    for before, after in pairwise(points):
        middle = f"{(float(before.x) + float(after.x)) / 2:.1f}"
        path.append(f"C{middle} {before.y} {middle} {after.y} {after.x} {after.y}")
    return " ".join(path)
