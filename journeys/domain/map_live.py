"""What really happens at the touchpoints of a map, measured from the timeline in one query."""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection

from customers.models import Customer
from cxm import tenancy
from cxm.lib import sql
from cxm.lib.proportions import Z95
from journeys.domain import map_content
from journeys.domain.map_content import NoSuchPart

CACHE_SECONDS = 60
ENOUGH = 5  # answers below which a mean is not drawn: one voice is no feeling of many
GAP = 1.0  # distance of what was assumed and what was measured that is worth a look
GROUPS = ("people", "reached", "left", "answers", "unhappy", "cases")


@dataclass(frozen=True)
class Figures:
    """What was measured at one touchpoint in a period.

    Args:
        people: distinct people to whom its event happened; ``events``: how often in all.
        reached: people who came here after all bound touchpoints before, in order.
        next_id: the next bound touchpoint, None for the last; ``conversion``: the share of ``reached`` who went on.
        median_to_next: half of those who went on did so within this time.
        answers: how many scores; ``satisfaction``: their mean on the scale of feelings (-2 … 2), ``margin``: to both
            sides, 95 % of confidence, None for fewer than two.
        cases: requests and complaints opened from here.
    """

    people: int
    events: int
    reached: int
    next_id: str | None
    conversion: float | None
    median_to_next: timedelta | None
    answers: int
    satisfaction: float | None
    margin: float | None
    cases: int

    @property
    def is_enough(self) -> bool:
        """Whether there are answers enough to draw their mean."""
        return self.satisfaction is not None and self.answers >= ENOUGH

    @property
    def left(self) -> int | None:
        """How many came here in order and went no further."""
        return None if self.conversion is None else self.reached - round(self.reached * self.conversion)


@dataclass(frozen=True)
class Transition:
    """People who were at one touchpoint and then at another; drawn when the map has it as the next."""

    start: str
    end: str
    people: int
    times: int
    drawn: bool


@dataclass(frozen=True)
class Listed:
    """Somebody in a figure, and when they were there last."""

    customer: Customer
    at: datetime


def bound(content: dict) -> list[dict]:
    """Return the touchpoints that are bound to events, in the order of the journey."""
    return [found for found in map_content.touchpoints(content) if found["event"]]


def measure(*, content: dict, since: datetime, until: datetime) -> dict[str, Figures]:
    """Return the figures of every bound touchpoint by its id; kept for a minute."""
    points = bound(content)
    if not points:
        return {}
    parameters = _parameters(points, since, until)
    rows = _cached("figures", parameters)
    found = [_figures(row, rows[at + 1] if at + 1 < len(rows) else None, points, at) for at, row in enumerate(rows)]
    return {point["id"]: figures for point, figures in zip(points, found, strict=True)}


def people(
    *, content: dict, touchpoint_id: str, group: str, since: datetime, until: datetime, after: int = 0, limit: int = 50
) -> tuple[list[Listed], int | None]:
    """Return those who make up a figure, by id, and after whom the next page begins.

    Args:
        group: one of GROUPS.

    Raises:
        NoSuchPart: no such touchpoint, or one that is not bound.
    """
    points = bound(content)
    step = _step(points, touchpoint_id)
    parameters = _parameters(points, since, until)
    rows = _run("people", parameters | {"who": group, "step": step, "after": after, "limit": limit + 1})
    known = Customer.objects.in_bulk([customer_id for customer_id, _at, _n in rows[:limit]])
    listed = [Listed(known[customer_id], at) for customer_id, at, _n in rows[:limit] if customer_id in known]
    return listed, rows[limit - 1][0] if len(rows) > limit else None


def transitions(*, content: dict, since: datetime, until: datetime) -> list[Transition]:
    """Return the ways that people took between bound touchpoints, those of most people first; kept for a minute."""
    points = bound(content)
    if not points:
        return []
    return [
        Transition(points[start - 1]["id"], points[end - 1]["id"], count, times, end == start + 1)
        for start, end, count, times in _cached("transitions", _parameters(points, since, until))
    ]


def rule(*, content: dict, touchpoint_id: str, group: str, days: int) -> dict:
    """Return the rule of a segment for those who make up a figure, which goes on by itself: the last so many days.

    Raises:
        NoSuchPart: no such touchpoint, or one that is not bound.
    """
    points = bound(content)
    step = _step(points, touchpoint_id)
    span = f"P{days}D"
    rules = [_leaf(points[step - 1], span)]
    if group == "left" and step < len(points):
        rules.append({"not": _leaf(points[step], span)})
    if group in {"answers", "unhappy"}:
        rules.append(_answered(group, span))
    if group == "cases":
        rules.append({"event": "Case Opened", "within": span})
    return {"all": rules}


def _answered(group: str, span: str) -> dict:
    if group == "answers":
        return {"event": "Survey Answered", "within": span}
    low = {"nps": 5, "csat": 3, "ces": 4}
    return {"any": [{"event": "Survey Answered", "where": {"kind": kind, "score": {"lt": middle}}, "within": span}
                    for kind, middle in low.items()]}  # fmt: skip


def _leaf(point: dict, span: str) -> dict:
    event = point["event"]
    leaf = {"event": event["name"], "within": span}
    return leaf | {"where": {event["property"]: {"is": event["value"]}}} if event["property"] else leaf


def _step(points: list[dict], touchpoint_id: str) -> int:
    for number, found in enumerate(points, 1):
        if found["id"] == touchpoint_id:
            return number
    raise NoSuchPart


def _parameters(points: list[dict], since: datetime, until: datetime) -> dict:
    names = list(dict.fromkeys(found["event"]["name"] for found in points))
    rows = [
        {
            "step": number,
            "event": names.index(found["event"]["name"]),
            "name": found["event"]["name"],
            "path": found["event"]["property"].split(".") if found["event"]["property"] else None,
            "value": found["event"]["value"],
            "survey": found["survey"],
        }
        for number, found in enumerate(points, 1)
    ]
    return {"tenant": tenancy.current_id(), "bound": json.dumps(rows), "since": since, "until": until}


def _cached(name: str, parameters: dict) -> list[tuple]:
    digest = hashlib.sha256(json.dumps(parameters, default=str).encode()).hexdigest()
    key = f"map-live:{parameters['tenant']}:{name}:{digest}"
    found = cache.get(key)
    if found is None:
        found = _run(name, parameters)
        cache.set(key, found, CACHE_SECONDS)
    return found


def _run(name: str, parameters: dict) -> list[tuple]:
    statements = sql.load("journeys.domain", "queries/map_live.sql")
    with connection.cursor() as cursor:
        # Compiling a plan that is used once costs more than it saves; sorts of a year of events shall not go to disk.
        cursor.execute("SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true)")
        cursor.execute(f"{statements['stream']}\n{statements[name]}", parameters)
        return cursor.fetchall()


def _figures(row: tuple, following: tuple | None, points: list[dict], at: int) -> Figures:
    _step_number, count, events, reached, median, answers, mean, deviation, cases = row
    last = following is None
    return Figures(
        people=count,
        events=events,
        reached=reached,
        next_id=None if last else points[at + 1]["id"],
        conversion=None if last or not reached else following[3] / reached,
        median_to_next=None if median is None else timedelta(seconds=float(median)),
        answers=answers,
        satisfaction=None if mean is None else float(mean),
        margin=None if deviation is None else Z95 * float(deviation) / math.sqrt(answers),
        cases=cases,
    )


__all__ = ["Figures", "Listed", "Transition", "bound", "measure", "people", "rule", "transitions"]
