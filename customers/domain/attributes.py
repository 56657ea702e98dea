"""The fields a tenant defined for itself: their definitions, and the values under them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import events
from customers.models import Attribute
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal

MAX_ATTRIBUTES = 200
MAX_TEXT = 2000
# Names of a customer's own fields; an attribute of the same name would be ambiguous in files and templates.
_OWN = """id external_id name first_name last_name email phone language timezone country city birthday company tags
created_at updated_at attributes class lifecycle"""
RESERVED = frozenset(_OWN.split())
_YES = {"true", "yes", "y", "1", "on", "نعم"}
_NO = {"false", "no", "n", "0", "off", "لا"}


class AttributeRefused(Refusal):
    code = "invalid_attribute"
    message = _("This attribute cannot be kept as it is.")


class AttributeNotFound(NotFound):
    message = _("There is no such attribute.")


class AttributeExists(Refusal):
    code = "attribute_exists"
    message = _("There is already an attribute with this key.")


def get(attribute_id: int) -> Attribute:
    """Return the definition, or refuse with 404."""
    found = Attribute.objects.filter(pk=attribute_id).first()
    if found is None:
        raise AttributeNotFound
    return found


def define(*, key: str, label: str, kind: str, by: Actor, choices: Iterable[str] = ()) -> Attribute:
    """Add a field to all customers of the tenant.

    Args:
        key: the name in files, rules and templates (``attributes.KEY``): small letters, digits, underscores.
        label: what people read.
        kind: one of Attribute.Kind.
        choices: the words allowed, for a choice.

    Raises:
        AttributeRefused: with the fields that are wrong.
        AttributeExists: the key is taken.
    """
    words = _clean_choices(choices)
    fields: dict[str, str] = {}
    if key in RESERVED:
        fields["key"] = __("This name belongs to every customer already.")
    elif not key.isascii() or not key[:1].islower() or not key.replace("_", "a").isalnum() or key != key.lower():
        fields["key"] = __("Use small letters, digits and underscores.")
    elif len(key) > 50:
        fields["key"] = __("At most 50 characters.")
    if not (label := text.clean_line(label)[:100]):
        fields["label"] = __("Say what people should read.")
    if kind not in Attribute.Kind.values:
        fields["kind"] = __("Choose one of the kinds.")
    if kind == Attribute.Kind.CHOICE and not words:
        fields["choices"] = __("Name at least one choice.")
    if fields:
        raise AttributeRefused(fields=fields)
    last = Attribute.objects.aggregate(last=Max("position"))["last"]
    if Attribute.objects.count() >= MAX_ATTRIBUTES:
        raise AttributeRefused(__("A tenant can have 200 attributes. Delete one first."))
    try:
        with transaction.atomic():
            found = Attribute.objects.create(
                key=key, label=label, kind=kind, choices=words, position=0 if last is None else last + 1
            )
    except IntegrityError as error:
        raise AttributeExists(fields={"key": __("Taken.")}) from error
    audit.record(by=by, action="attribute.defined", on=found, key=key, kind=kind)
    return found


def rename(*, attribute: Attribute, label: str, by: Actor, choices: Iterable[str] | None = None) -> Attribute:
    """Change what people read, and for a choice its words; the key and the kind stay, files and rules use them."""
    if not (label := text.clean_line(label)[:100]):
        raise AttributeRefused(fields={"label": __("Say what people should read.")})
    old, attribute.label = attribute.label, label
    if choices is not None and attribute.kind == Attribute.Kind.CHOICE:
        attribute.choices = _clean_choices(choices)
        if not attribute.choices:
            raise AttributeRefused(fields={"choices": __("Name at least one choice.")})
    attribute.save(update_fields=["label", "choices"])
    audit.record(by=by, action="attribute.renamed", on=attribute, label=[old, label])
    return attribute


def delete(*, attribute: Attribute, by: Actor) -> None:
    """Remove the field and its values. Values go with the definition: a later field of that name starts empty."""
    audit.record(by=by, action="attribute.deleted", on=attribute, key=attribute.key)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_customer SET attributes = attributes - %s::text
               WHERE tenant_id = %s AND jsonb_exists(attributes, %s)""",
            [attribute.key, tenancy.current_id(), attribute.key],
        )
    attribute.delete()


def clean(values: Mapping[str, object], *, definitions: Mapping[str, Attribute] | None = None) -> dict[str, object]:
    """Return values as they are stored under ``Customer.attributes``; None stands for "take it away".

    Numbers are stored as JSON numbers, dates as ISO 8601 text, yes and no as booleans.

    Args:
        values: key → what was typed or sent.
        definitions: of the tenant, by key, when the caller has them at hand (loops).

    Raises:
        AttributeRefused: unknown keys and wrong values, each under ``attributes.KEY``.
    """
    known = by_key() if definitions is None else definitions
    cleaned: dict[str, object] = {}
    fields: dict[str, str] = {}
    for key, value in values.items():
        if key not in known:
            fields[f"attributes.{key}"] = __("There is no such attribute. Define it in the settings first.")
            continue
        try:
            cleaned[key] = parse(known[key], value)
        except ValueError as error:
            fields[f"attributes.{key}"] = str(error)
    if fields:
        raise AttributeRefused(fields=fields)
    return cleaned


def put(*, key: str, value: object, customer_ids: Sequence[int], by: Actor) -> int:
    """Write one value for many people in one statement, or take it away where it is None.

    Args:
        value: as `clean` returns it.

    Returns:
        For how many it changed something.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_customer c SET updated_at = now(), attributes =
                 CASE WHEN %(value)s::jsonb = 'null' THEN c.attributes - %(key)s::text
                      ELSE c.attributes || jsonb_build_object(%(key)s::text, %(value)s::jsonb) END
               WHERE c.tenant_id = %(tenant)s AND c.id = ANY(%(ids)s::bigint[])
                 AND coalesce(c.attributes -> %(key)s::text, 'null') IS DISTINCT FROM %(value)s::jsonb
               RETURNING c.id""",
            {"tenant": tenancy.current_id(), "key": key, "value": json.dumps(value), "ids": sorted(set(customer_ids))},
        )
        changed = [found for (found,) in cursor.fetchall()]
    events.mark_dirty(changed)
    audit.record(by=by, action="customers.attribute_set", attribute=key, value=value, people=len(changed))
    return len(changed)


def by_key() -> dict[str, Attribute]:
    """Return the tenant's definitions by key, in their order."""
    return {attribute.key: attribute for attribute in Attribute.objects.all()}


def parse(attribute: Attribute, value: object) -> object:
    """Return one value in its stored form, None when empty.

    Raises:
        ValueError: with a translated sentence.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _PARSERS[attribute.kind](attribute, value)


def _text(attribute: Attribute, value: object) -> str:
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise ValueError(__("This is not text."))
    line = text.clean_line(str(value))
    if len(line) > MAX_TEXT:
        raise ValueError(__("At most 2,000 characters."))
    return line


def _number(attribute: Attribute, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(__("This is not a number."))
    try:
        number = Decimal(text.fold(str(value)).replace("٫", "."))
    except InvalidOperation as error:
        raise ValueError(__("This is not a number.")) from error
    if not number.is_finite() or abs(number) >= Decimal("1e15"):
        raise ValueError(__("This is not a number we can keep."))
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(attribute: Attribute, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = text.fold(str(value))
    if word in _YES or word in {text.fold(found) for found in _YES}:
        return True
    if word in _NO or word in {text.fold(found) for found in _NO}:
        return False
    raise ValueError(__("Write yes or no."))


def _date(attribute: Attribute, value: object) -> str:
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError as error:
        raise ValueError(__("Write the date as 2026-11-22.")) from error


def _choice(attribute: Attribute, value: object) -> str:
    wanted = text.fold(str(value))
    for word in attribute.choices:
        if text.fold(word) == wanted:
            return word
    raise ValueError(__("Choose one of: %(choices)s.") % {"choices": ", ".join(attribute.choices)})


_PARSERS = {
    Attribute.Kind.TEXT: _text,
    Attribute.Kind.NUMBER: _number,
    Attribute.Kind.BOOLEAN: _boolean,
    Attribute.Kind.DATE: _date,
    Attribute.Kind.CHOICE: _choice,
}


def _clean_choices(choices: Iterable[str]) -> list[str]:
    """Without blanks and repeats, in the order given."""
    return list({text.fold(line): line for word in choices if (line := text.clean_line(word)[:100])}.values())
