"""Tables of journeys, by noun."""

from journeys.models.automation import Automation, Heard, Listener, Version
from journeys.models.enrolment import Call, Enrolment, StepTaken

__all__ = ["Automation", "Call", "Enrolment", "Heard", "Listener", "StepTaken", "Version"]
