"""Tables of journeys, by noun."""

from journeys.models.automation import Automation, Heard, Listener, Version
from journeys.models.channel import Channel
from journeys.models.enrolment import Call, Enrolment, StepTaken
from journeys.models.map import JourneyMap, MapChange, MapComment, MapLink, MapVersion
from journeys.models.persona import Persona

__all__ = [
    "Automation",
    "Call",
    "Channel",
    "Enrolment",
    "Heard",
    "JourneyMap",
    "Listener",
    "MapChange",
    "MapComment",
    "MapLink",
    "MapVersion",
    "Persona",
    "StepTaken",
    "Version",
]
