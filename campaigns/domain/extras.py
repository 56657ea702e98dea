"""What apps above add to messages: fields for the template, and a word at the gate and after the sending.

A send unit asks for it by carrying the key in its data (``{"survey": "nps"}``); templates find the fields under the
same name (``{{ survey.url }}``). Filled in ``apps.ready()``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as __

from campaigns.domain import gate
from campaigns.models import Message, SendUnit


@dataclass(frozen=True)
class Extra:
    """One thing that messages may carry.

    Args:
        key: in a unit's data, and the name of its fields in templates.
        label: what people read where one is chosen.
        choices: what there is to choose, as (value, words).
        offered: fields an author can insert, as (path below the key, words).
        specimen: fields for a preview in a language.
        admit: (unit, customer ids, now) → reason against, by customer id; in the transaction that claims the lease.
        fields: (unit, language by customer id) → fields by customer id.
        sent: (unit, customer ids, now), in the transaction that notes what a server accepted.
        reasons: code of a reason of ``admit`` → what people read.
    """

    key: str
    label: str | Promise
    choices: Callable[[], list[tuple[str, str]]]
    offered: Sequence[tuple[str, str | Promise]]
    specimen: Callable[[str], dict[str, Any]]
    admit: Callable[[SendUnit, Collection[int], datetime], Mapping[int, str]]
    fields: Callable[[SendUnit, Mapping[int, str]], Mapping[int, dict[str, Any]]]
    sent: Callable[[SendUnit, Collection[int], datetime], None]
    reasons: Mapping[str, str | Promise]


_extras: dict[str, Extra] = {}


def register(extra: Extra) -> None:
    """Have an app above take part; called from ``apps.ready``."""
    _extras[extra.key] = extra
    gate.REASONS.update(extra.reasons)


def get(key: str) -> Extra | None:
    """Return what is registered under a key."""
    return _extras.get(key)


def every() -> list[Extra]:
    """Return all that is registered."""
    return list(_extras.values())


def check(carries: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a choice of extras, by key; ``{"survey": ""}`` chooses none."""
    wrong = {}
    for key, value in carries.items():
        known = [choice for choice, _words in _extras[key].choices()] if key in _extras else None
        if known is None:
            wrong[key] = __("There is nothing of this name here.")
        elif value and value not in known:
            wrong[key] = __("This cannot be chosen any more.")
    return wrong


def in_words(carries: Mapping[str, Any]) -> list[tuple[str | Promise, str]]:
    """Return what is carried as people read it: (what, which)."""
    return [
        (each.label, dict(each.choices()).get(carries[each.key], carries[each.key]))
        for each in _extras.values()
        if carries.get(each.key)
    ]


def lacking(asked: Collection[str], carries: Mapping[str, Any]) -> dict[str, str]:
    """Return, by key, what a template asks for (roots of its fields) and nobody has chosen."""
    return {
        each.key: __("The template asks for it: %(what)s. Choose one.") % {"what": each.label}
        for each in _extras.values()
        if each.key in asked and not carries.get(each.key)
    }


def offered() -> list[tuple[str | Promise, list[tuple[str, str | Promise]]]]:
    """Return what an author can insert, in groups."""
    return [(each.label, [(f"{each.key}.{path}", words) for path, words in each.offered]) for each in _extras.values()]


def specimens(language: str) -> dict[str, Any]:
    """Return the fields of everything, made up, for previews."""
    return {each.key: each.specimen(language) for each in _extras.values()}


def admit(unit: SendUnit, candidates: Sequence[gate.Candidate], now: datetime) -> list[gate.Candidate]:
    """Return the candidates, with the reason of an extra against those whom the gate let through."""
    for extra in _carried(unit):
        people = [each.customer_id for each in candidates if not each.reason and each.customer_id]
        against = extra.admit(unit, people, now)
        candidates = [gate.against(each, against.get(each.customer_id, "")) for each in candidates]
    return list(candidates)


def fields(unit: SendUnit, languages: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """Return what the extras of a unit say to people, by customer id: {id: {key: fields}}."""
    found: dict[int, dict[str, Any]] = {customer: {} for customer in languages}
    for extra in _carried(unit):
        for customer, said in extra.fields(unit, languages).items():
            found[customer][extra.key] = said
    return found


def sent(unit: SendUnit, message_ids: Sequence[int], now: datetime) -> None:
    """Tell the extras of a unit which of its messages a server took."""
    carried = _carried(unit)
    if not carried or not message_ids:
        return
    people = Message.objects.filter(pk__in=message_ids, customer__isnull=False).values_list("customer_id", flat=True)
    for extra in carried:
        extra.sent(unit, list(people), now)


def _carried(unit: SendUnit) -> list[Extra]:
    return [_extras[key] for key, value in unit.data.items() if value and key in _extras]
