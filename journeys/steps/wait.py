"""Wait for a while."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib import durations
from journeys.steps.frame import Field, Go, Moment, Move, Names, Person, Stay, Step, StepProblem, nothing, spoken

KIND, LABEL, ICON, GROUP = "wait", _("Wait"), "clock", "time"
FIELDS = (Field("duration", "duration", _("For how long")),)
PATHS = ()
CHANGES_PERSON = False
act = nothing


def clean(settings: dict, names: Names) -> dict:
    return {"duration": str(duration_of(settings, "duration"))}


def words(settings: dict, names: Names) -> str:
    return __("Wait %(time)s") % {"time": spoken(settings.get("duration", ""))}


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    """By the person's own clock: a worker that comes late makes nobody wait longer."""
    length, zone = durations.parse(step.settings["duration"]), ZoneInfo(moment.tenant.timezone)
    until = {reached: length.after(reached, zone) for reached in {person.reached_at for person in people}}
    return {
        person.id: Go(at=over) if (over := until[person.reached_at]) <= moment.now else Stay(over) for person in people
    }


def duration_of(settings: dict, name: str) -> durations.Duration:
    """Return a setting that is a duration; refuse one that is none, or nothing, or longer than two years."""
    written = settings.get(name)
    try:
        length = durations.parse(written)
    except durations.InvalidDuration as refusal:
        raise StepProblem(**{name: __("Say how long.")}) from refusal
    if not 0 < length.approximate.total_seconds() <= 731 * 86400:
        raise StepProblem(**{name: __("Between a second and two years.")})
    return length
