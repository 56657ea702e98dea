"""The card of a person while the telephone rings: all that matters in the first second, read in a few questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customers import panels
from customers.domain import callers, interactions, search
from customers.models import Call, Customer, Interaction, PhoneNumber, Traits
from cxm.accounts.domain import todos
from cxm.lib import phones

INTERACTIONS, TODOS = 3, 3
RISKY, CAREFUL = 0.6, 0.3  # churn risk from which one acts, from which one watches
PROMOTER, PASSIVE = 9, 7  # answers to "would you recommend us", 0 to 10


@dataclass(frozen=True)
class Card:
    """What the card shows of one person."""

    customer: Customer
    traits: Traits | None
    numbers: list[str]
    tags: list[str]
    interactions: list[Interaction]
    todos: list[todos.Shown]
    facts: list[tuple[panels.Glance, list[panels.Line]]]
    next_steps: list[tuple[panels.Glance, list[panels.Line]]]
    scores: dict[str, tuple[float, str]]


def of(customer_id: int, *, may: frozenset[str], now: datetime) -> Card | None:
    """Return the card of somebody, or None when they are gone."""
    people = search.fetch([customer_id])
    if not people:
        return None
    customer = people[0]
    traits = getattr(customer, "traits", None)
    lines = panels.glances(customer, may=may)
    return Card(
        customer=customer,
        traits=traits,
        numbers=_numbers(customer, callers.numbers_of(customer)),
        tags=sorted(link.tag.name for link in customer.tag_links.all()),
        interactions=list(interactions.of_customer(customer)[:INTERACTIONS]),
        todos=todos.describe(todos.about("customer", customer.pk)[:TODOS], now=now),
        facts=[row for row in lines if not row[0].next_step],
        next_steps=[row for row in lines if row[0].next_step],
        scores=_scores(traits),
    )


def choices(call: Call) -> Sequence[Customer]:
    """Return the people a call may be from, while it is not known which."""
    if call.customer_id is not None or call.match not in (Call.Match.SEVERAL, Call.Match.MAYBE):
        return []
    return callers.find(call.number).people


def _numbers(customer: Customer, further: Sequence[PhoneNumber]) -> list[str]:
    written = [customer.phone, *(row.number for row in further)]
    return [phones.shown(number) for number in dict.fromkeys(written) if number]


def _scores(traits: Traits | None) -> dict[str, tuple[float, str]]:
    """Return the last answers and the risk, each with its tone; what is not known is left out."""
    known = traits.scores if traits else {}
    found = {}
    for name in ("nps", "csat", "ces", "clv_predicted", "points"):
        if isinstance(known.get(name), int | float):
            found[name] = (known[name], _tone(name, known[name]))
    risk = known.get("churn_risk")
    if isinstance(risk, int | float):
        found["churn_risk"] = (risk, "bad" if risk >= RISKY else "warn" if risk >= CAREFUL else "good")
    return found


def _tone(name: str, score: float) -> str:
    if name == "nps":
        return "good" if score >= PROMOTER else "warn" if score >= PASSIVE else "bad"
    if name in ("csat", "ces"):
        return "good" if score >= 4 else "warn" if score >= 3 else "bad"
    return "neutral"
