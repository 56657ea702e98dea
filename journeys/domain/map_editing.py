"""What can be done to a drawing: each a pure step from one document to the next, used with ``maps.edit``."""

from journeys.domain import map_content
from journeys.domain.map_content import NoSuchPart

STAGE_FIELDS = frozenset({"name", "goal", "owner"})
TOUCHPOINT_FIELDS = frozenset(
    {"name", "channel", "actions", "feeling", "owner", "evidence", "moment", "moment_why", "event", "survey"}
)


def set_goal(content: dict, *, goal: str) -> dict:
    """Say what the journey is for."""
    return content | {"goal": goal}


def add_stage(content: dict, *, name: str, part: dict | None = None) -> dict:
    """Add a stage at the end."""
    return content | {"stages": [*content["stages"], part or map_content.stage(name)]}


def change_stage(content: dict, *, stage_id: str, **fields: object) -> dict:
    """Change fields of a stage."""
    return _change(content, stage_id, STAGE_FIELDS, fields)


def move_stage(content: dict, *, stage_id: str, places: int) -> dict:
    """Put a stage one or more places later, or earlier where ``places`` is negative; it stops at the ends."""
    stages = list(content["stages"])
    at = _index(stages, stage_id)
    stages.insert(max(0, at + places), stages.pop(at))
    return content | {"stages": stages}


def remove_stage(content: dict, *, stage_id: str) -> dict:
    """Take a stage away with its touchpoints."""
    _index(content["stages"], stage_id)
    return content | {"stages": [found for found in content["stages"] if found["id"] != stage_id]}


def add_touchpoint(content: dict, *, stage_id: str, name: str, channel: str = "", part: dict | None = None) -> dict:
    """Add a touchpoint at the end of a stage."""
    content = map_content.copied(content)
    stage = content["stages"][_index(content["stages"], stage_id)]
    stage["touchpoints"].append(part or map_content.touchpoint(name, channel=channel))
    return content


def change_touchpoint(
    content: dict, *, touchpoint_id: str, pains: list[str] | None = None, opportunities: list[str] | None = None,
    **fields: object,
) -> dict:  # fmt: skip
    """Change fields of a touchpoint; pain points and opportunities as with ``set_items``."""
    for lane, texts in (("pains", pains), ("opportunities", opportunities)):
        if texts is not None:
            content = set_items(content, touchpoint_id=touchpoint_id, lane=lane, texts=texts)
    return _change(content, touchpoint_id, TOUCHPOINT_FIELDS, fields)


def move_touchpoint(content: dict, *, touchpoint_id: str, places: int) -> dict:
    """Put a touchpoint one place later or earlier, over into the next stage at the end of its own."""
    content = map_content.copied(content)
    stages = content["stages"]
    home = _home(content, touchpoint_id)
    at = _index(stages[home]["touchpoints"], touchpoint_id)
    moved = stages[home]["touchpoints"].pop(at)
    to = at + places
    if to < 0 and home > 0:
        stages[home - 1]["touchpoints"].append(moved)
    elif to > len(stages[home]["touchpoints"]) and home + 1 < len(stages):
        stages[home + 1]["touchpoints"].insert(0, moved)
    else:
        stages[home]["touchpoints"].insert(max(0, to), moved)
    return content


def remove_touchpoint(content: dict, *, touchpoint_id: str) -> dict:
    """Take a touchpoint away."""
    content = map_content.copied(content)
    stage = content["stages"][_home(content, touchpoint_id)]
    stage["touchpoints"] = [found for found in stage["touchpoints"] if found["id"] != touchpoint_id]
    return content


def set_items(content: dict, *, touchpoint_id: str, lane: str, texts: list[str]) -> dict:
    """Write the pain points or opportunities of a touchpoint, one a line; a line that stays keeps its id.

    A line that was only reworded keeps the id of the line in its place, so that actions and figures stay with it.
    """
    content = map_content.copied(content)
    found = map_content.find(content, touchpoint_id)
    found[lane] = _kept(found[lane], [text for text in texts if text.strip()])
    return content


def add_entry(content: dict, *, kind: str, text: str, priority: int = 2) -> dict:
    """Add a strength, weakness, opportunity or threat."""
    entry = {"id": map_content.new_id(), "kind": kind, "text": text, "priority": priority}
    return content | {"swot": [*content["swot"], entry]}


def change_entry(content: dict, *, entry_id: str, **fields: object) -> dict:
    """Change the words, kind or priority of an entry of the SWOT."""
    at = _index(content["swot"], entry_id)
    swot = list(content["swot"])
    swot[at] = swot[at] | {name: fields[name] for name in ("kind", "text", "priority") if name in fields}
    return content | {"swot": swot}


def remove_entry(content: dict, *, entry_id: str) -> dict:
    """Take an entry of the SWOT away."""
    _index(content["swot"], entry_id)
    return content | {"swot": [found for found in content["swot"] if found["id"] != entry_id]}


def _change(content: dict, part_id: str, known: frozenset[str], fields: dict) -> dict:
    content = map_content.copied(content)
    map_content.find(content, part_id).update({name: fields[name] for name in known & set(fields)})
    return content


def _kept(before: list[dict], texts: list[str]) -> list[dict]:
    unused = {found["id"]: found for found in before}
    same = {found["text"]: found["id"] for found in before}
    kept: list[dict | None] = []
    for text in texts:
        known = same.get(text.strip())
        kept.append(unused.pop(known) if known in unused else None)
    for at, text in enumerate(texts):
        if kept[at] is None:
            there = before[at]["id"] if at < len(before) else ""
            kept[at] = (unused.pop(there, None) or map_content.item("")) | {"text": text.strip()}
    return kept


def _index(parts: list[dict], part_id: str) -> int:
    for at, found in enumerate(parts):
        if found["id"] == part_id:
            return at
    raise NoSuchPart


def _home(content: dict, touchpoint_id: str) -> int:
    for at, found in enumerate(content["stages"]):
        if any(inner["id"] == touchpoint_id for inner in found["touchpoints"]):
            return at
    raise NoSuchPart
