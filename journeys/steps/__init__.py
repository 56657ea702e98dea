"""The kinds of steps, one module each: the one registry."""

from types import ModuleType

from journeys.steps import (
    attribute,
    branch,
    case,
    exit,
    goal,
    offer,
    points,
    send,
    split,
    survey,
    tag,
    todo,
    wait,
    wait_event,
    wait_until,
    webhook,
)

# In the order of the menu that adds a step.
KINDS: dict[str, ModuleType] = {
    module.KIND: module
    for module in (
        send,
        survey,
        wait,
        wait_until,
        wait_event,
        branch,
        split,
        tag,
        attribute,
        offer,
        points,
        todo,
        case,
        webhook,
        goal,
        exit,
    )
}
