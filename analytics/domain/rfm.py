"""Recency × frequency: how many people stand in each cell, and a segment of those of one."""

from dataclasses import dataclass

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from analytics.domain import outlooks
from analytics.domain.maths.ranks import GRADES
from analytics.models import Forecast
from customers.models import Segment
from cxm.audit.actors import Actor
from cxm.lib.errors import NotFound
from cxm.tenancy.models import Tenant

# Words for a part of the grid, looked up by (recency, frequency); the first that fits.
GROUPS = (
    (_("Champions"), (4, 5), (4, 5)),
    (_("Loyal"), (3, 5), (3, 5)),
    (_("New and promising"), (4, 5), (1, 2)),
    (_("Needs attention"), (3, 3), (1, 2)),
    (_("Must not be lost"), (1, 2), (4, 5)),
    (_("Drifting away"), (2, 2), (1, 3)),
    (_("Asleep"), (1, 1), (1, 3)),
)


class NoSuchCell(NotFound):
    message = _("There is no such cell.")


@dataclass(frozen=True)
class Cell:
    """A cell of the grid; ``share`` of all people, ``step`` 0–5 for its shade."""

    recency: int
    frequency: int
    people: int
    revenue: float
    share: float
    step: int

    @property
    def group(self) -> object:
        return group(self.recency, self.frequency)


def group(recency: int, frequency: int) -> object:
    """Return the words for a cell."""
    for name, recencies, frequencies in GROUPS:
        if recencies[0] <= recency <= recencies[1] and frequencies[0] <= frequency <= frequencies[1]:
            return name
    return _("Drifting away")


def grid(card: Forecast) -> list[list[Cell]]:
    """Return the rows of the grid, the most recent first, the most frequent last in each."""
    cells = card.rfm.get("cells", [])
    total, most = sum(cell["people"] for cell in cells), max((cell["people"] for cell in cells), default=0)
    found = {
        (cell["r"], cell["f"]): Cell(
            cell["r"], cell["f"], cell["people"], cell["revenue"], cell["people"] / total if total else 0.0,
            -(-5 * cell["people"] // most) if most else 0,
        )
        for cell in cells
    }  # fmt: skip
    grades = range(1, GRADES + 1)
    return [[found[r, f] for f in grades] for r in reversed(grades)] if found else []


def segment(*, recency: int, frequency: int, tenant: Tenant, by: Actor) -> Segment:
    """Return the segment of those in a cell, made where there is none yet.

    Raises:
        NoSuchCell: grades run from 1 to 5.
    """
    if not (1 <= recency <= GRADES and 1 <= frequency <= GRADES):
        raise NoSuchCell
    rule = {"all": [{"trait": "scores.rfm_r", "is": recency}, {"trait": "scores.rfm_f", "is": frequency}]}
    words = {"group": group(recency, frequency), "r": recency, "f": frequency}
    name = __("%(group)s (recency %(r)s, frequency %(f)s)") % words
    return outlooks.segment_of(rule=rule, name=name, tenant=tenant, by=by)
