"""Ready-made automations: drafts to start from, each complete but for what only the tenant can say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import offers, starters
from campaigns.models import Template
from campaigns.models.template import Kind
from customers.domain import segments
from customers.models import Segment
from cxm.audit.actors import Actor
from cxm.tenancy.models import Tenant
from feedback.domain import surveys
from journeys.domain import automations
from journeys.models import Automation

BOUGHT = "Order Completed"


@dataclass
class Kitchen:
    """What a recipe is made from: the tenant's templates, segments and surveys, made where they are missing."""

    tenant: Tenant
    by: Actor
    now: datetime

    def send(self, kind: str) -> dict:
        """A step that sends the tenant's newest template of a kind; a discount with a code of the newest offer."""
        found = Template.objects.filter(kind=kind, archived_at=None).order_by("-pk").first()
        template = found or starters.start(kind=kind, by=self.by)
        offer = offers.usable(now=self.now).order_by("-pk").first() if kind == Kind.DISCOUNT else None
        carried = {"offer": offer.pk} if offer else {}
        return {"kind": "send", "settings": {"template": template.pk, "topic": ""} | carried}

    def segment(self, name: str, rule: dict) -> int:
        """The number of a segment with this very rule."""
        found = Segment.objects.filter(rule=rule, archived_at=None).first()
        return (found or segments.create(name=name, rule=rule, tenant=self.tenant, by=self.by)).pk

    def ask(self) -> list[dict]:
        """A step that asks the first survey that is live; where there is none, the template that asks for words."""
        found = surveys.live().first()
        return [{"kind": "survey", "settings": {"survey": found.pk}} if found else self.send(Kind.FEEDBACK)]


@dataclass(frozen=True)
class Recipe:
    """A ready-made automation.

    Args:
        make: returns its definition.
    """

    key: str
    icon: str
    name: str | Promise
    lead: str | Promise
    make: Callable[[Kitchen], dict]


def start(*, key: str, name: str, tenant: Tenant, by: Actor, now: datetime) -> Automation:
    """Draft an automation from a recipe, or from nothing where the key names none.

    Raises:
        automations.BadAutomation: no name, and no recipe that has one.
    """
    recipe = RECIPES.get(key)
    if recipe is None:
        return automations.create(name=name, by=by)
    with transaction.atomic():
        definition = recipe.make(Kitchen(tenant, by, now))
        return automations.create(
            name=name.strip() or str(recipe.name), description=str(recipe.lead), definition=definition, by=by
        )


def _wait(duration: str) -> dict:
    return {"kind": "wait", "settings": {"duration": duration}}


def _at(time: str) -> dict:
    return {"kind": "wait_until", "settings": {"time": time, "days": []}}


def _event(name: str, **where: object) -> dict:
    return {"kind": "event", "event": name, "where": where}


def _welcome(kitchen: Kitchen) -> dict:
    ordered = {"order": True, "count": {"gte": 1}}
    choice = {"kind": "branch", "paths": [
        {"key": "a", "name": __("Has bought"), "settings": {"rule": ordered}, "steps": [
            {"kind": "goal", "settings": {"name": __("First order")}}]},
        {"key": "else", "steps": [kitchen.send(Kind.DISCOUNT)]}]}  # fmt: skip
    return {"trigger": _event("Signed Up"), "again": {"rule": "once"},
            "steps": [kitchen.send(Kind.WELCOME), _wait("P3D"), _at("10:00"), choice]}  # fmt: skip


def _thanks(kitchen: Kitchen) -> dict:
    steps = [_wait("PT1H"), kitchen.send(Kind.THANKS), _wait("P7D"), _at("10:00"), *kitchen.ask()]
    return {"trigger": _event(BOUGHT), "again": {"rule": "not_within", "days": 14}, "steps": steps}


def _reward(kitchen: Kitchen) -> dict:
    rule = {"trait": "scores.points", "gte": 100}
    number = kitchen.segment(__("At least 100 points"), rule)
    return {"trigger": {"kind": "segment", "segment": number, "when": "entered"},
            "again": {"rule": "not_within", "days": 30},
            "steps": [_at("10:00"), kitchen.send(Kind.REWARD)]}  # fmt: skip


def _birthday(kitchen: Kitchen) -> dict:
    return {"trigger": {"kind": "date", "attribute": "birthday", "days": 0, "time": "09:00", "yearly": True},
            "again": {"rule": "always"}, "steps": [kitchen.send(Kind.DISCOUNT)]}  # fmt: skip


def _cart(kitchen: Kitchen) -> dict:
    high = {"rule": {"trait": "clv", "gte": 500}}
    choice = {"kind": "branch", "paths": [
        {"key": "a", "name": __("Valuable customers"), "settings": high, "steps": [kitchen.send(Kind.DISCOUNT)]},
        {"key": "else", "steps": [kitchen.send(Kind.NEWSLETTER)]}]}  # fmt: skip
    return {"trigger": _event("Checkout Started"), "again": {"rule": "after"}, "goal": {"event": BOUGHT, "where": {}},
            "steps": [_wait("PT2H"), choice, _wait("P2D"), _at("18:00"), kitchen.send(Kind.DISCOUNT)]}  # fmt: skip


def _win_back(kitchen: Kitchen) -> dict:
    rule = {"all": [{"trait": "scores.churn_risk", "gte": 0.6}, {"order": True, "count": {"gte": 1}}]}
    number = kitchen.segment(__("At risk of leaving"), rule)
    call = {"kind": "todo", "settings": {"title": __("Call and ask what is missing"), "days": 2, "note": ""}}
    came_back = {"kind": "goal", "settings": {"name": __("Came back")}}
    waiting = {"kind": "wait_event", "settings": {"event": BOUGHT, "where": {}, "timeout": "P7D"}, "paths": [
        {"key": "yes", "steps": [came_back]}, {"key": "no", "steps": [call]}]}  # fmt: skip
    return {"trigger": {"kind": "segment", "segment": number, "when": "entered"},
            "again": {"rule": "not_within", "days": 90},
            "steps": [_at("10:00"), kitchen.send(Kind.WIN_BACK), waiting]}  # fmt: skip


def _complaint(kitchen: Kitchen) -> dict:
    call = {"kind": "todo", "settings": {"title": __("Call: is everything fine again?"), "days": 1, "note": ""}}
    return {"trigger": {"kind": "case", "when": "closed", "type": ""}, "again": {"rule": "not_within", "days": 30},
            "steps": [_wait("P3D"), _at("10:00"), *kitchen.ask(), _wait("P7D"), call]}  # fmt: skip


RECIPES: dict[str, Recipe] = {
    recipe.key: recipe
    for recipe in (
        Recipe("welcome", "confetti", _("Welcome"),
               _("Greets new people; who has not bought after three days gets a reason to."), _welcome),
        Recipe("thanks", "heart", _("Thanks after a purchase"),
               _("Says thank you, and asks for an opinion a week later."), _thanks),
        Recipe("reward", "award", _("Reward reminder"),
               _("Reminds people of the points they can spend."), _reward),
        Recipe("birthday", "cake", _("Birthday discount"),
               _("Congratulates on the day itself, at nine where people live."), _birthday),
        Recipe("cart", "shopping-cart", _("Abandoned cart"),
               _("Reminds twice; an order ends it at once."), _cart),
        Recipe("win_back", "rotate-clockwise", _("Win back those at risk"),
               _("Writes to those who may leave; who does not come back gets a call."), _win_back),
        Recipe("complaint", "lifebuoy", _("Follow up a complaint"),
               _("Asks some days after a case was closed whether all is well again."), _complaint),
    )
}  # fmt: skip
