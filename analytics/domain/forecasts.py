"""The predictions of a business as pages show them: the newest card, what its models say of themselves, a new one.

Nothing here computes: the models bring large libraries with them, which only the worker that fits them should carry.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from analytics.domain.maths import BG_NBD, GAMMA_GAMMA, MBG_NBD
from analytics.models import Forecast
from cxm.audit.actors import SYSTEM, Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.tenancy import links

JOB = "analytics.predict"
# In their usual order: what is stored as JSON forgets it.
PARAMETERS = {BG_NBD: ("r", "alpha", "a", "b"), MBG_NBD: ("r", "alpha", "a", "b"), GAMMA_GAMMA: ("p", "q", "gamma")}


def request(*, by: Actor = SYSTEM) -> Job:
    """Queue a computation for the tenant in scope; one that waits already is enough."""
    waiting = Job.objects.filter(kind=JOB, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()
    if waiting is not None:
        return waiting
    title = _("Predict value and risk of everybody")
    return jobs.enqueue(kind=JOB, title=title, by=by, payload={}, link=links.page("analytics:outlook"))


def latest() -> Forecast | None:
    """Return the newest card of the tenant in scope."""
    return Forecast.objects.order_by("-until").first()


@dataclass(frozen=True)
class Parameter:
    """A parameter of a fit with its standard error."""

    name: str
    value: float
    error: float


def told(card: Forecast) -> list[tuple[str, list[Parameter], float]]:
    """Return each model of a card with its parameters in their usual order and its log-likelihood."""
    return [
        (
            name,
            [Parameter(key, fit["parameters"][key], fit["errors"][key]) for key in PARAMETERS[name]],
            fit["log_likelihood"],
        )
        for name, fit in card.fits.items()
    ]
