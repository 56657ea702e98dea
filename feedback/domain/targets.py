"""Rules in their order: which priority a case gets, and how soon it is answered and solved by whose hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import SegmentMember, Traits
from feedback.domain import calendars
from feedback.models import CalendarVersion, Case, Priority, PriorityRule, TargetRule
from feedback.models.desk import Rule

# What a rule may ask of a person beside their segments: columns of their traits, and scores of the engines.
COLUMNS = ("revenue", "orders_count")
TRAITS = {
    "revenue": _("Revenue so far"),
    "orders_count": _("Number of orders"),
    "clv_predicted": _("Predicted value"),
    "churn_risk": _("Risk of leaving (0 to 1)"),
    "points": _("Loyalty points"),
}
ORDER = [Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT]


@dataclass(frozen=True)
class Person:
    """What rules ask of a customer."""

    traits: dict[str, Decimal] = field(default_factory=dict)
    segments: frozenset[int] = frozenset()


def people(customer_ids: Iterable[int], rules: Sequence[Rule]) -> dict[int, Person]:
    """Return what rules ask of many customers, in one query or two."""
    ids = sorted(set(customer_ids))
    if not ids or not any(rule.trait or rule.segment_id for rule in rules):
        return {}
    asked = {rule.segment_id for rule in rules if rule.segment_id}
    groups: dict[int, set[int]] = {}
    if asked:
        members = SegmentMember.objects.filter(segment__in=asked, customer__in=ids, left_at=None)
        for customer_id, segment_id in members.values_list("customer_id", "segment_id"):
            groups.setdefault(customer_id, set()).add(segment_id)
    traits = {row["customer_id"]: _numbers(row) for row in Traits.objects.filter(customer__in=ids).values()}
    return {pk: Person(traits.get(pk, {}), frozenset(groups.get(pk, ()))) for pk in ids}


def _numbers(row: dict[str, Any]) -> dict[str, Decimal]:
    scores = {name: row["scores"].get(name) for name in TRAITS if name not in COLUMNS}
    found = {name: row[name] for name in COLUMNS} | scores
    return {name: Decimal(str(value)) for name, value in found.items() if value is not None}


class Rulebook:
    """The rules as they are now, asked for many cases."""

    def __init__(self) -> None:
        self.priorities = list(PriorityRule.objects.order_by("position", "id"))
        self.targets = list(TargetRule.objects.order_by("position", "id"))
        self._versions: dict[int, CalendarVersion] | None = None

    @property
    def all(self) -> list[Rule]:
        return [*self.priorities, *self.targets]

    def priority(self, *, type_id: int, channel: str, person: Person, asked: str) -> str:
        """Return the higher of the priority asked for and what the first rule that fits gives."""
        fits = (rule for rule in self.priorities if _fits(rule, type_id, channel, person))
        given = next((rule.priority for rule in fits), Priority.LOW)
        return max(asked, given, key=ORDER.index)

    def apply(self, case: Case, person: Person) -> None:
        """Give a case the targets of the first rule that fits, and the hours as they are now. Saves nothing."""
        fits = (
            rule
            for rule in self.targets
            if rule.priority in ("", case.priority) and _fits(rule, case.type_id, case.channel, person)
        )
        rule = next(fits, None)
        case.rule = rule
        case.first_minutes = rule.first_minutes if rule else None
        case.solve_minutes = rule.solve_minutes if rule else None
        case.calendar = self._hours(rule.calendar_id) if rule else None

    def _hours(self, calendar_id: int | None) -> CalendarVersion:
        if self._versions is None:
            self._default = calendars.default().pk
            self._versions = calendars.latest_of_all()
        return self._versions[calendar_id or self._default]


def _fits(rule: Rule, type_id: int, channel: str, person: Person) -> bool:
    if rule.type_id and rule.type_id != type_id:
        return False
    if rule.channel and rule.channel != channel:
        return False
    if rule.segment_id and rule.segment_id not in person.segments:
        return False
    if not rule.trait:
        return True
    value = person.traits.get(rule.trait)
    return value is not None and rule.at_least is not None and value >= rule.at_least
