"""Pain points and entries of the SWOT that somebody is to do something about, by a day: to-dos about the map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as __

from cxm import tenancy
from cxm.accounts.domain import todos
from cxm.accounts.models import Todo, User
from cxm.audit.actors import Actor
from journeys.domain import map_content
from journeys.domain.map_content import NoSuchPart
from journeys.models import JourneyMap

ABOUT = "map"


@dataclass(frozen=True)
class Item:
    """Something on a map that can become an action: a pain point, an opportunity, an entry of the SWOT."""

    id: str
    kind: str
    text: str
    place: str


def items(content: dict) -> list[Item]:
    """Return everything on a map that can become an action, in the order of the journey."""
    found = [
        Item(item["id"], kind, item["text"], point["name"])
        for point in map_content.touchpoints(content)
        for kind in ("pains", "opportunities")
        for item in point[kind]
    ]
    return found + [Item(entry["id"], entry["kind"], entry["text"], "") for entry in content["swot"]]


def take_up(
    *, journey_map: JourneyMap, item_id: str, by: Actor, due: date | None = None, assignee: User | None = None
) -> Todo:
    """Make something on the map a to-do; asked twice, the first one stands.

    Raises:
        NoSuchPart: it is not on the map any more.
        InvalidTodo: the assignee does not work here.
    """
    item = next((found for found in items(journey_map.draft) if found.id == item_id), None)
    if item is None:
        raise NoSuchPart
    title = " ".join(item.text.split())
    note = __("From the map “%(map)s”") % {"map": journey_map.name} + (f" · {item.place}" if item.place else "")
    return todos.create(
        title=title if len(title) <= todos.LONGEST else title[: todos.LONGEST - 1] + "…",
        note=f"{note}\n{item.text}" if len(title) > todos.LONGEST else note,
        by=by,
        due_at=None if due is None else _evening(due),
        assignee=assignee,
        about=(ABOUT, journey_map.pk),
        key=f"map:{journey_map.pk}:{item_id}",
    )


def of(journey_map: JourneyMap) -> dict[str, Todo]:
    """Return the to-dos of a map by the id of what they came from, done or not."""
    stem = f"map:{journey_map.pk}:"
    found = Todo.objects.filter(about_kind=ABOUT, about_id=journey_map.pk, key__startswith=stem)
    found = found.select_related("assignee").defer("assignee__password")
    return {todo.key.removeprefix(stem): todo for todo in found}


def names(numbers: Sequence[int]) -> dict[int, str]:
    """Return what maps are called, for the page of to-dos."""
    return dict(JourneyMap.objects.filter(pk__in=numbers).values_list("pk", "name"))


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(17), tzinfo=ZoneInfo(tenancy.current().timezone))
