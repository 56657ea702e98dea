"""Why somebody is in a segment and somebody else is not: each leaf answered for one person, with what was found.

The verdicts come from the same compiled SQL that fills the segment, asked of one person; they cannot disagree with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as __
from django.utils.translation import ngettext

from customers.domain import rules_sql, rules_words
from customers.domain.rules_fields import Catalogue
from customers.domain.rules_pieces import Piece
from customers.domain.rules_tree import (
    SURVEY_ANSWERED,
    Answered,
    Branch,
    ClassIs,
    ConsentIs,
    Happened,
    Leaf,
    MemberOf,
    Negation,
    Node,
    Tagged,
    Value,
    leaves,
)
from customers.models import Consent, Customer, Event, SegmentMember
from cxm.lib import text


@dataclass(frozen=True)
class Verdict:
    """One node of a rule, for one person.

    Args:
        kind: ``all``, ``any``, ``not`` or ``leaf``.
        holds: whether it is so.
        asked: the rule in words; of a branch nothing.
        found: what is known of the person; of a leaf only.
    """

    kind: str
    holds: bool
    asked: str = ""
    found: str = ""
    items: tuple[Verdict, ...] = ()

    def as_json(self) -> dict:
        shown = {"kind": self.kind, "holds": self.holds}
        shown |= {"asked": self.asked, "found": self.found} if self.kind == "leaf" else {}
        return shown | ({"items": [item.as_json() for item in self.items]} if self.items else {})


def explain(node: Node, *, catalogue: Catalogue, now: datetime, customer: Customer) -> Verdict:
    """Return the verdict on every part of a rule for one person. Two queries for each leaf at most, and one more."""
    asked = leaves(node)
    verdicts = _verdicts(asked, catalogue, now, customer.pk)
    return _Explainer(catalogue, now, customer, dict(zip(map(id, asked), verdicts, strict=True))).verdict(node)


def _verdicts(asked: list[Leaf], catalogue: Catalogue, now: datetime, customer: int) -> list[bool]:
    if not asked:
        return []
    pieces = [rules_sql.verdict(leaf, catalogue=catalogue, now=now, customer=customer) for leaf in asked]
    query = Piece("SELECT " + ", ".join(piece.text for piece in pieces), sum((piece.params for piece in pieces), ()))
    return list(_row(query))


@dataclass(frozen=True)
class _Explainer:
    catalogue: Catalogue
    now: datetime
    customer: Customer
    verdicts: dict[int, bool]

    def verdict(self, node: Node) -> Verdict:
        if isinstance(node, Branch):
            items = tuple(self.verdict(item) for item in node.items)
            holds = all(item.holds for item in items) if node.kind == "all" else any(item.holds for item in items)
            return Verdict(node.kind, holds, items=items)
        if isinstance(node, Negation):
            item = self.verdict(node.item)
            return Verdict("not", not item.holds, items=(item,))
        found = _FOUND.get(type(node), lambda explainer, leaf: "")(self, node)
        return Verdict("leaf", self.verdicts[id(node)], rules_words.leaf(node), found)

    def value(self, leaf: Value) -> str:
        """The value itself."""
        field, tenant, customer = leaf.field, self.catalogue.tenant_id, self.customer
        if field.home == "company":
            found = customer.company and customer.company.name
        elif field.home == "tags":
            return self.tags()
        elif field.key == "name":
            found = customer.name
        elif field.home == "traits":
            query = Piece(f"SELECT {field.sql} FROM customers_traits t", field.params)
            row = _row(query + Piece(" WHERE t.tenant_id = %s AND t.customer_id = %s", (tenant, customer.pk)))
            found = field.empty if row is None else row[0]
        else:
            query = Piece(f"SELECT {field.sql} FROM customers_customer c", field.params)
            found = _row(query + Piece(" WHERE c.tenant_id = %s AND c.id = %s", (tenant, customer.pk)))[0]
        if found is None or found == "":
            return __("not known")
        if field.kind == "days":
            days = (self.now - found).days
            return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
        return self.shown(found) if isinstance(found, datetime) else rules_words.of(field, found)

    def happened(self, leaf: Happened) -> str:
        """How many there were of what is asked, what they sum up to, and the last of them."""
        compiler = rules_sql.Compiler.for_one(self.catalogue, self.now, self.customer.pk)
        query = compiler.facts(leaf)
        count, total, last = _row(query)
        if not count:
            return __("none in that time") if leaf.window else __("none so far")
        parts = [ngettext("%(n)s in that time", "%(n)s in that time", count) % {"n": count}
                 if leaf.window else ngettext("%(n)s so far", "%(n)s so far", count) % {"n": count}]  # fmt: skip
        if leaf.total:
            parts.append(__("sum %(total)s") % {"total": rules_words.shown(total)})
        parts.append(__("the last on %(date)s") % {"date": self.shown(last)})
        return rules_words.listed(parts)

    def consent(self, leaf: ConsentIs) -> str:
        said = Consent.objects.filter(
            customer=self.customer, channel=leaf.channel, topic__in={"", leaf.topic}
        ).order_by("topic")
        parts = [
            (__("said yes on %(date)s") if entry.granted else __("said no on %(date)s"))
            % {"date": self.shown(entry.at)}
            for entry in said
        ]
        return rules_words.listed(parts) or __("never said yes or no")

    def tags(self, leaf: Tagged | None = None) -> str:
        names = self.customer.tag_links.order_by("tag__name").values_list("tag__name", flat=True)
        return rules_words.listed(text.isolate(name) for name in names) or __("no tags")

    def member(self, leaf: MemberOf) -> str:
        found = SegmentMember.objects.filter(segment_id=leaf.id, customer=self.customer).order_by("-id").first()
        if found is None:
            return __("never was")
        if found.left_at:
            return __("left on %(date)s") % {"date": self.shown(found.left_at)}
        return __("since %(date)s") % {"date": self.shown(found.entered_at)}

    def class_is(self, leaf: ClassIs) -> str:
        return str(self.customer.get_lifecycle_display())

    def answered(self, leaf: Answered) -> str:
        """The last answer ever, whatever the rule's window."""
        asked = Event.objects.filter(customer=self.customer, name=SURVEY_ANSWERED, properties__slug=leaf.survey)
        last = asked.order_by("-occurred_at", "-id").first()
        if last is None:
            return __("never answered it")
        score, at = last.properties.get("score"), self.shown(last.occurred_at)
        if score is None:
            return __("answered on %(date)s") % {"date": at}
        return __("scored %(score)s on %(date)s") % {"score": score, "date": at}

    def shown(self, value: object) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(self.catalogue.zone)
        return rules_words.shown(value)


def _row(query: Piece) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.params)
        return cursor.fetchone()


_FOUND = {
    Value: _Explainer.value,
    Happened: _Explainer.happened,
    ConsentIs: _Explainer.consent,
    Tagged: _Explainer.tags,
    MemberOf: _Explainer.member,
    ClassIs: _Explainer.class_is,
    Answered: _Explainer.answered,
}
