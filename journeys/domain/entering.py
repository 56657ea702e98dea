"""Who may come in: the re-entry rule, asked once for the worker and the simulator alike.

Nobody comes into one automation more than ``MOST_A_DAY`` times a day, whatever the rule: automations that set each
other off come to an end there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from journeys.domain.triggers import Entry

MOST_A_DAY = 24
DAY = timedelta(days=1)


@dataclass
class Past:
    """What an automation remembers of somebody.

    Args:
        passages: how often they came in.
        last: when they did so last.
        inside: whether they are in now.
        over: when they were through last, where the simulator knows.
        keys: what brought them in before, as far as it is asked about.
        recent: when they came in during the last day.
    """

    passages: int = 0
    last: datetime | None = None
    inside: bool = False
    keys: set[str] = field(default_factory=set)
    recent: list[datetime] = field(default_factory=list)
    over: datetime | None = None


def admit(
    *, again: Mapping, entries: Sequence[Entry], past: Mapping[int, Past]
) -> tuple[list[tuple[Entry, int]], Counter[str]]:  # fmt: skip
    """Return those who come in, each with the number of their passage, and how many were refused why.

    Args:
        again: the re-entry rule.
        entries: in the order of time.
        past: of everybody named in the entries; brought up to date.
    """
    admitted: list[tuple[Entry, int]] = []
    refused: Counter[str] = Counter()
    for entry in entries:
        known = past[entry.customer_id]
        reason = _against(again, entry, known)
        if reason:
            refused[reason] += 1
            continue
        known.passages += 1
        known.last = max(filter(None, (known.last, entry.at)))
        known.inside = True
        known.keys.add(entry.key)
        known.recent.append(entry.at)
        admitted.append((entry, known.passages))
    return admitted, refused


def _against(again: Mapping, entry: Entry, known: Past) -> str:
    """Return why somebody may not come in; nothing where they may."""
    if entry.key in known.keys:
        return "known"
    rule = again["rule"]
    if rule == "once" and known.passages:
        return "once"
    if rule == "after" and (known.inside or (known.over and entry.at < known.over)):
        return "inside"
    if rule == "not_within" and known.last and entry.at < known.last + timedelta(days=again["days"]):
        return "not_within"
    if sum(1 for at in _near(known.recent, entry.at)) >= MOST_A_DAY:
        return "too_often"
    return ""


def _near(moments: Iterable[datetime], at: datetime) -> Iterable[datetime]:
    return (moment for moment in moments if abs(at - moment) < DAY)
