"""Words put on people."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import events
from customers.models import Customer, CustomerTag, Tag
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal


class TagRefused(Refusal):
    code = "invalid_tag"
    message = _("A tag needs a word of at most 60 characters.")


class TagNotFound(NotFound):
    message = _("There is no such tag.")


def get(tag_id: int) -> Tag:
    """Return the tag, or refuse with 404."""
    found = Tag.objects.filter(pk=tag_id).first()
    if found is None:
        raise TagNotFound
    return found


def all_tags() -> list[Tag]:
    """Return all tags by name."""
    return list(Tag.objects.all())


def with_counts() -> list[Tag]:
    """Return all tags with ``people``: how many carry each."""
    counts = dict(CustomerTag.objects.values_list("tag").annotate(n=Count("id")).order_by())
    found = list(Tag.objects.all())
    for tag in found:
        tag.people = counts.get(tag.pk, 0)
    return found


def find_or_create(names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, made where missing; case, accents and Arabic variants make no difference."""
    wanted: dict[str, str] = {}
    for name in names:
        line = text.clean_line(name)
        if not (key := text.fold(line)) or len(line) > 60 or len(key) > 80:
            raise TagRefused(fields={"tags": __("A tag needs a word of at most 60 characters.")})
        wanted.setdefault(key, line)
    # In one order for all, so that two callers with new words in common never lock each other out.
    new = [Tag(name=name, name_key=key) for key, name in sorted(wanted.items())]
    Tag.objects.bulk_create(new, ignore_conflicts=True)
    return list(Tag.objects.filter(name_key__in=wanted))


def create(*, name: str, by: Actor) -> Tag:
    """Have a tag of this name, before anybody carries it."""
    tag = find_or_create([name])[0]
    audit.record(by=by, action="tag.created", on=tag)
    return tag


def add(*, customer_ids: Sequence[int], names: Iterable[str], by: Actor) -> int:
    """Put tags on people, set-based; those who have them keep them.

    Returns:
        How many links are new.
    """
    tags = find_or_create(names)
    added = _link(customer_ids, [tag.pk for tag in tags])
    audit.record(by=by, action="customers.tagged", tags=[tag.name for tag in tags], people=len(customer_ids), new=added)
    return added


def remove(*, customer_ids: Sequence[int], names: Iterable[str], by: Actor) -> int:
    """Take tags off people; returns how many links went."""
    keys = [text.fold(name) for name in names]
    links = CustomerTag.objects.filter(customer__in=list(customer_ids), tag__name_key__in=keys)
    touched = list(links.values_list("customer_id", flat=True).distinct())
    removed, _kinds = CustomerTag.objects.filter(pk__in=list(links.values_list("pk", flat=True))).delete()
    events.mark_dirty(touched)
    audit.record(by=by, action="customers.untagged", tags=keys, people=len(customer_ids), gone=removed)
    return removed


def replace(*, customer: Customer, names: Iterable[str]) -> bool:
    """Let a person carry exactly these tags; returns whether anything changed. The caller audits."""
    wanted = {tag.pk for tag in find_or_create(names)}
    present = set(CustomerTag.objects.filter(customer=customer).values_list("tag_id", flat=True))
    CustomerTag.objects.filter(customer=customer, tag_id__in=present - wanted).delete()
    _link([customer.pk], sorted(wanted - present))
    return wanted != present


def rename(*, tag: Tag, name: str, by: Actor) -> Tag:
    """Change the word of a tag; refused when another tag has it."""
    line = text.clean_line(name)
    key = text.fold(line)
    if not key or len(line) > 60 or len(key) > 80:
        raise TagRefused(fields={"name": __("A tag needs a word of at most 60 characters.")})
    if Tag.objects.filter(name_key=key).exclude(pk=tag.pk).exists():
        raise TagRefused(__("Another tag has this name."), fields={"name": __("Another tag has this name.")})
    old, tag.name, tag.name_key = tag.name, line, key
    tag.save(update_fields=["name", "name_key"])
    audit.record(by=by, action="tag.renamed", on=tag, name=[old, line])
    return tag


def delete(*, tag: Tag, by: Actor) -> None:
    """Take the tag off everybody and remove it."""
    audit.record(by=by, action="tag.deleted", on=tag)
    events.mark_dirty(list(CustomerTag.objects.filter(tag=tag).values_list("customer_id", flat=True)))
    tag.delete()


def _link(customer_ids: Sequence[int], tag_ids: Sequence[int]) -> int:
    """Insert what is missing in one statement; people of other tenants or gone ones fall out by the join."""
    if not customer_ids or not tag_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_customertag (tenant_id, customer_id, tag_id)
               SELECT c.tenant_id, c.id, t FROM customers_customer c, unnest(%s::bigint[]) t
               WHERE c.tenant_id = %s AND c.id = ANY(%s::bigint[]) ORDER BY 2, 3
               ON CONFLICT DO NOTHING RETURNING customer_id""",
            [list(tag_ids), tenancy.current_id(), list(customer_ids)],
        )
        touched = [found for (found,) in cursor.fetchall()]
    events.mark_dirty(touched)
    return len(touched)
