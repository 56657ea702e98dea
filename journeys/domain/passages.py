"""One person's passage in words: what brought them in, each step since, and what became of what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import gate, units
from campaigns.models import Message
from journeys import steps as registry
from journeys.domain import enrolments, trees
from journeys.models import Automation, Call, Enrolment
from journeys.steps.frame import Names

REASONS = {
    "done": _("Got through"),
    "goal": _("Reached the goal"),
    "exit": _("A step ended it"),
    "stopped": _("The automation was stopped"),
    "new_version": _("A new version was published"),
    "taken_out": _("Taken out by a colleague"),
    "merged": _("Joined with another profile"),
    "erased": _("Erased"),
    "step_gone": _("The step is gone"),
    "error": _("Something went wrong on our side. It was logged."),
}


@dataclass(frozen=True)
class Told:
    """A step of somebody's passage, in words.

    Args:
        way: the path they took on from there.
        outcome: what became of what the step did: the state of the message, and the reason against it.
    """

    icon: str
    words: str
    at: datetime | None
    way: str = ""
    outcome: str = ""
    now: bool = False


def reason(key: str) -> str:
    """Return why a passage ended or stopped, in words."""
    return str(REASONS.get(key, key))


def why(enrolment: Enrolment, names: Names) -> str:
    """Return what brought somebody in, in words."""
    kind, _sep, rest = enrolment.key.partition(":")
    if kind == "event":
        trigger = enrolment.version.definition["trigger"]
        return __("“%(event)s” happened") % {"event": trigger.get("event") or trigger["kind"]}
    if kind in {"entered", "left"}:
        number = rest.partition(":")[0]
        said = {"name": names.segments.get(int(number) if number.isdigit() else 0, "…")}
        return (__("Came into “%(name)s”") if kind == "entered" else __("Went out of “%(name)s”")) % said
    if kind == "date":
        return __("The date %(date)s came") % {"date": rest}
    return {"manual": __("Let in by a colleague"), "api": __("Let in by a program")}.get(kind, "")


def step_words(*, automation: Automation, names: Names) -> dict[str, str]:
    """Return the steps of all versions in words, the newest version's where they differ."""
    found: dict[str, str] = {}
    for version in automation.versions.order_by("number"):
        for step in trees.walk(version.definition["steps"]):
            found[step["id"]] = registry.KINDS[step["kind"]].words(step["settings"], names)
    return found


def told(*, enrolment: Enrolment, names: Names) -> list[Told]:
    """Return the steps somebody passed, and where they stand."""
    steps = {step["id"]: step for step in trees.walk(enrolment.version.definition["steps"])}
    outcomes = _messages(enrolment) | _calls(enrolment)
    found = []
    for taken in enrolments.path_of(enrolment):
        step = steps.get(taken.node)
        if step is None:  # of a version before
            found.append(Told("circle", taken.node, taken.at))
            continue
        kind = registry.KINDS[step["kind"]]
        path = next((one for one in step.get("paths", ()) if one["key"] == taken.path), None)
        found.append(Told(kind.ICON, kind.words(step["settings"], names), taken.at, _way(kind, path),
                          outcomes.get(taken.node, "")))  # fmt: skip
    if enrolment.state in {Enrolment.State.ACTIVE, Enrolment.State.FAILED} and enrolment.node in steps:
        step = steps[enrolment.node]
        kind = registry.KINDS[step["kind"]]
        failed = reason(enrolment.reason) if enrolment.state == Enrolment.State.FAILED else ""
        found.append(Told(kind.ICON, kind.words(step["settings"], names), enrolment.due_at, outcome=failed, now=True))
    return found


def _way(kind: object, path: Mapping | None) -> str:
    if path is None:
        return ""
    own = next((one for one in kind.PATHS if one.key == path["key"]), None)
    return path["name"] or (str(own.name) if own and own.name else path["key"].upper())


def _messages(enrolment: Enrolment) -> dict[str, str]:
    """What became of the messages that steps of this passage queued."""
    versions = list(enrolment.automation.versions.values_list("pk", flat=True))
    sent = Message.objects.filter(customer_id=enrolment.customer_id, unit__kind=units.STEP).select_related("unit")
    found: dict[str, str] = {}
    for message in sent.order_by("pk"):
        version, node, passage = [*message.unit.ref.split(":"), "", "", ""][:3]
        if version.isdigit() and int(version) in versions and passage == str(enrolment.passage):
            why_not = gate.REASONS.get(message.reason, message.reason)
            found[node] = " · ".join(filter(None, [str(message.get_state_display()), str(why_not)]))
    return found


def _calls(enrolment: Enrolment) -> dict[str, str]:
    calls = Call.objects.filter(enrolment=enrolment)
    return {call.node: " · ".join(filter(None, [str(call.get_state_display()), call.answer])) for call in calls}
