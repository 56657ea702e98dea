"""Who is meant: a person is known by the shop's id of them (``external_id``), by ids of their browsers and devices
(``anonymous``), and by ids they had before (``user``). Here they are found, made, joined and merged.

Everything is set-based and safe against itself: unique constraints decide who came first, and whoever came second looks
again. Found people are locked (KEY SHARE) until the caller's transaction ends, so that a merge elsewhere waits for what
is being written and then takes it along. Callers retry the whole on a deadlock (``retrying``).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeVar

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext_lazy as _
from psycopg2.errorcodes import DEADLOCK_DETECTED, UNIQUE_VIOLATION

from customers.domain import classes, events, keys, traits
from customers.models import Consent, Customer, Identity, ImportChange, Traits
from cxm import tenancy
from cxm.accounts.domain import todos
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal

ANONYMOUS, FORMER = "anonymous", Identity.FORMER
ATTEMPTS = 5
Done = TypeVar("Done")


class Contested(Refusal):
    """Others change the same people at this very moment, again and again."""

    code = "contested"
    message = _("Others are changing the same people right now. Try again in a moment.")
    status = 409


@dataclass
class Known:
    """Customer ids by what people were called; ``fresh`` are those whom the shop's id names only from this call on."""

    users: dict[str, int] = field(default_factory=dict)
    anonymous: dict[str, int] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set, compare=False)


def retrying(work: Callable[[], Done]) -> Done:
    """Run work that may meet another one on the same people: each attempt in a savepoint of its own.

    Raises:
        Contested: it never came through.
    """
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", None) not in {UNIQUE_VIOLATION, DEADLOCK_DETECTED}:
                raise
            last = error
    raise Contested from last


def find(*, user_ids: Collection[str] = (), anonymous_ids: Collection[str] = ()) -> Known:
    """Return those who are known already, locked against being merged away until the transaction ends."""
    known = Known()
    if user_ids:
        known.users = dict(_rows(_BY_EXTERNAL_ID, user_ids))
        if missing := [user_id for user_id in user_ids if user_id not in known.users]:
            known.users |= dict(_rows(_BY_IDENTITY, missing, FORMER))
    if anonymous_ids:
        known.anonymous = dict(_rows(_BY_IDENTITY, anonymous_ids, ANONYMOUS))
    return known


def resolve(
    *, user_ids: Collection[str] = (), anonymous_ids: Collection[str] = (), now: datetime, source: str
) -> Known:
    """Return everybody who is called so; unknown ones are made.

    Args:
        user_ids: the shop's ids, at most 200 characters each.
        anonymous_ids: ids of browsers and devices, at most 255 characters each.
        now: since when the new ones are known.
        source: the door they came through.
    """
    made: set[str] = set()
    for _attempt in range(ATTEMPTS):
        known = find(user_ids=user_ids, anonymous_ids=anonymous_ids)
        new_users = sorted(set(user_ids) - set(known.users))
        new_anonymous = sorted(set(anonymous_ids) - set(known.anonymous))
        if not new_users and not new_anonymous:
            known.fresh = {known.users[user_id] for user_id in made}
            return known
        made.update(new_users)
        _create(new_users, now=now, source=source)
        _create_anonymous(new_anonymous, now=now, source=source)
    raise Contested


def join(
    *, pairs: Iterable[tuple[str, str]], by: Actor, now: datetime, source: str, addresses: bool = True
) -> set[int]:
    """Say that the browser of each (user id, anonymous id) is that user's.

    What the browser's profile did becomes the user's; a profile that has no id of its own yet gets the user's. A
    browser of another known user belongs to the one named last from here on; what it did before stays where it is.

    Args:
        addresses: whether a user whom we know gets the email and phone of the browser's profile too.

    Returns:
        Those who have the shop's id from here on.
    """
    pairs, fresh = dict.fromkeys(pairs), set()
    known = find(user_ids={user for user, _name in pairs}, anonymous_ids={name for _user, name in pairs})
    owners = dict(Customer.objects.filter(pk__in=set(known.anonymous.values())).values_list("pk", "external_id"))
    unlinked: list[tuple[str, str]] = []
    for user_id, anonymous_id in pairs:
        profile, user = known.anonymous.get(anonymous_id), known.users.get(user_id)
        if profile is None or (user != profile and owners.get(profile)):
            unlinked.append((user_id, anonymous_id))
        elif user is None:
            _rename(profile, user_id, now=now)
            known.users[user_id], owners[profile] = profile, user_id
            fresh.add(profile)
        elif user != profile:
            merge(winner_id=user, loser_id=profile, by=by, now=now, addresses=addresses or user in fresh)
            known.anonymous = {name: user if found == profile else found for name, found in known.anonymous.items()}
    if unlinked:
        found = resolve(user_ids={user for user, _name in unlinked}, now=now, source=source)
        _link({anonymous_id: found.users[user_id] for user_id, anonymous_id in unlinked})
        fresh |= found.fresh
    return fresh


def alias(*, previous_id: str, user_id: str, by: Actor, now: datetime, source: str, addresses: bool = True) -> set[int]:
    """Say that whom we called ``previous_id`` (a user's or a browser's id) is ``user_id``.

    Both become one person under the new id; the old one goes on to find them. Arguments and answer as of ``join``.
    """
    if previous_id == user_id:
        return set()
    known = find(user_ids={previous_id, user_id}, anonymous_ids={previous_id})
    old, new = known.users.get(previous_id), known.users.get(user_id)
    if old is None:
        return join(pairs=[(user_id, previous_id)], by=by, now=now, source=source, addresses=addresses)
    if new is None:
        _rename(old, user_id, now=now)
        _remember([previous_id], old)
    elif old != new:
        merge(winner_id=new, loser_id=old, by=by, now=now)
    return set()


def merge(*, winner_id: int, loser_id: int, by: Actor, now: datetime, addresses: bool = True) -> None:
    """Make one person of two: everything of the loser becomes the winner's, then the loser goes.

    The winner's own words win; what they lack is filled in. Of two states of one consent the newer holds. Rows that
    both have and only one may have (a tag, a place in a segment) are kept once. Tables of apps above are found by
    their foreign key and carried over in the same way.

    Args:
        addresses: whether the loser's email and phone fill in what the winner lacks.

    Raises:
        Contested: one of the two is gone.
    """
    people = {
        found.pk: found
        for found in Customer.objects.select_for_update(of=("self",))
        .select_related("company")
        .filter(pk__in=[winner_id, loser_id])
        .order_by("pk")
    }
    if len(people) < 2:
        raise Contested
    winner, loser = people[winner_id], people[loser_id]
    label = str(loser)
    _keep_newer_consent(winner_id, loser_id)
    _keep_latest_traits(winner_id, loser_id)
    for pointer in _tables():
        _carry_over(pointer, winner_id, loser_id)
    ImportChange.objects.filter(row_kind="customer", row_id=loser_id).delete()  # nobody is left to give it back to
    todos.move(kind="customer", old=loser_id, new=winner_id)
    if loser.external_id:
        _remember([loser.external_id], winner_id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customer WHERE id = %s", [loser_id])
    if not addresses:
        loser.email = loser.phone = ""
    _fill_in(winner, loser, now=now)
    traits.refresh_orders([winner_id])
    classes.refresh(customer_ids=[winner_id], tenant=tenancy.current(), now=now)
    events.mark_dirty([winner_id])
    audit.record(by=by, action="customer.merged", on=winner, merged=loser_id, name=label)


def rename_former(*, table: str, column: str, import_id: int) -> None:
    """Have staged rows that name somebody by an id that an alias or a merge took away name them by today's.

    Args:
        table: of staged rows, one that knows its import.
        column: the external id in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} s SET {column} = c.external_id
                FROM customers_identity i
                JOIN customers_customer c ON c.tenant_id = i.tenant_id AND c.id = i.customer_id
                WHERE s.tenant_id = %(tenant)s AND s.import_id = %(import)s
                  AND i.tenant_id = %(tenant)s AND i.kind = %(kind)s AND i.value = s.{column}
                  AND c.external_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM customers_customer t WHERE t.tenant_id = %(tenant)s AND t.external_id = s.{column})""",
            {"tenant": tenancy.current_id(), "import": import_id, "kind": FORMER},
        )


# --- finding and making -------------------------------------------------------------------------

_BY_EXTERNAL_ID = """
SELECT external_id, id FROM customers_customer WHERE tenant_id = %s AND external_id = ANY(%s) ORDER BY id FOR KEY SHARE
"""
_BY_IDENTITY = """
SELECT i.value, c.id FROM customers_identity i JOIN customers_customer c ON c.id = i.customer_id
WHERE i.tenant_id = %s AND i.value = ANY(%s) AND i.kind = %s ORDER BY c.id FOR KEY SHARE OF c
"""


def _rows(statement: str, names: Collection[str], *more: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [tenancy.current_id(), list(names), *more])
        return cursor.fetchall()


def _person(now: datetime, source: str, external_id: str | None = None) -> Customer:
    person = Customer(external_id=external_id, created_at=now, updated_at=now, source=source)
    keys.refresh(person)
    return person


def _create(user_ids: list[str], *, now: datetime, source: str) -> None:
    people = [_person(now, source, user_id) for user_id in user_ids]
    Customer.objects.bulk_create(people, ignore_conflicts=True)


def _create_anonymous(anonymous_ids: list[str], *, now: datetime, source: str) -> None:
    """Make a person for each and put the names on them; who lost a race for a name takes theirs back."""
    if not anonymous_ids:
        return
    people = Customer.objects.bulk_create([_person(now, source) for _name in anonymous_ids])
    taken = _insert_identities(ANONYMOUS, {name: person.pk for name, person in zip(anonymous_ids, people, strict=True)})
    lost = [person.pk for name, person in zip(anonymous_ids, people, strict=True) if name not in taken]
    if lost:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%s)", [lost])


def _insert_identities(kind: str, owners: dict[str, int]) -> set[str]:
    names = sorted(owners)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_identity (tenant_id, kind, value, customer_id, created_at)
               SELECT %s, %s, name, owner, now() FROM unnest(%s::text[], %s::bigint[]) AS told(name, owner)
               ON CONFLICT (tenant_id, kind, value) DO NOTHING RETURNING value""",
            [tenancy.current_id(), kind, names, [owners[name] for name in names]],
        )
        return {value for (value,) in cursor.fetchall()}


def _link(owners: dict[str, int]) -> None:
    """Put browsers' names on people, whoever had them before."""
    names = sorted(owners)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_identity AS i (tenant_id, kind, value, customer_id, created_at)
               SELECT %s, %s, name, owner, now() FROM unnest(%s::text[], %s::bigint[]) AS told(name, owner)
               ON CONFLICT (tenant_id, kind, value) DO UPDATE SET customer_id = EXCLUDED.customer_id
               WHERE i.customer_id <> EXCLUDED.customer_id""",
            [tenancy.current_id(), ANONYMOUS, names, [owners[name] for name in names]],
        )


def _remember(former_ids: list[str], customer_id: int) -> None:
    Identity.objects.bulk_create(
        [Identity(kind=FORMER, value=former, customer_id=customer_id) for former in former_ids],
        update_conflicts=True,
        unique_fields=["tenant", "kind", "value"],
        update_fields=["customer"],
    )


def _rename(customer_id: int, user_id: str, *, now: datetime) -> None:
    """Give a person the shop's id. The unique constraint stops a second one: callers retry."""
    person = Customer.objects.select_for_update(of=("self",)).select_related("company").filter(pk=customer_id).first()
    if person is None:
        raise Contested
    person.external_id, person.updated_at = user_id, now
    keys.refresh(person)
    person.save(update_fields=["external_id", "updated_at", "search"])


# --- merging ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pointer:
    """A column that names a person, and the other columns of each unique set it is part of."""

    table: str
    column: str
    uniques: list[list[str]]
    nullable: bool


@cache
def _tables() -> list[Pointer]:
    """Return whatever points at a person, over all apps."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model is Traits or not model._meta.managed or model._meta.proxy:
            continue
        for pointer in model._meta.concrete_fields:
            foreign = isinstance(pointer, models.ForeignKey) and pointer.related_model is Customer
            # Tables that only note a number (what the segments must look at again) have no key to be found by.
            plain = pointer.name == "customer_id" and isinstance(pointer, models.BigIntegerField)
            if foreign or plain:
                found.append(
                    Pointer(model._meta.db_table, pointer.column, _uniques(model, pointer), nullable=pointer.null)
                )
    return found


def _uniques(model: type[models.Model], pointer: models.Field) -> list[list[str]]:
    sets = [list(rule.fields) for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    sets += [[pointer.name]] if pointer.unique else []
    return [
        [model._meta.get_field(name).column for name in names if name not in {pointer.name, "tenant"}]
        for names in sets
        if pointer.name in names
    ]


def _carry_over(pointer: Pointer, winner_id: int, loser_id: int) -> None:
    """Point the loser's rows at the winner. Where the winner has such a row already, the loser's goes or, where the
    table can do without a person (the send ledger, whose counts must stay true), stays without one."""
    values = {"tenant": tenancy.current_id(), "winner": winner_id, "loser": loser_id}
    table, column = pointer.table, pointer.column
    clashes = "".join(
        f""" AND NOT EXISTS (SELECT FROM {table} o WHERE o.tenant_id = %(tenant)s AND o.{column} = %(winner)s
             {"".join(f" AND o.{name} = t.{name}" for name in names)})"""
        for names in pointer.uniques
    )
    mine = f"t.tenant_id = %(tenant)s AND t.{column} = %(loser)s"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} t SET {column} = %(winner)s WHERE {mine}{clashes}", values)
        if pointer.uniques:
            rest = f"UPDATE {table} t SET {column} = NULL" if pointer.nullable else f"DELETE FROM {table} t"
            cursor.execute(f"{rest} WHERE {mine}", values)


def _keep_newer_consent(winner_id: int, loser_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {Consent._meta.db_table} w SET granted = l.granted, at = l.at FROM {Consent._meta.db_table} l
                WHERE w.tenant_id = %(tenant)s AND l.tenant_id = %(tenant)s AND w.customer_id = %(winner)s
                  AND l.customer_id = %(loser)s AND w.channel = l.channel AND w.topic = l.topic AND l.at > w.at""",
            {"tenant": tenancy.current_id(), "winner": winner_id, "loser": loser_id},
        )


def _keep_latest_traits(winner_id: int, loser_id: int) -> None:
    """Times are taken over here, counts are computed anew once the orders have moved."""
    columns = ("last_seen_at", "last_open_at", "last_click_at")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO customers_traits AS t
                  (tenant_id, customer_id, orders_count, returns_count, revenue, scores, {", ".join(columns)})
                SELECT tenant_id, %(winner)s, 0, 0, 0, scores, {", ".join(columns)} FROM customers_traits
                WHERE tenant_id = %(tenant)s AND customer_id = %(loser)s
                ON CONFLICT (customer_id) DO UPDATE SET scores = EXCLUDED.scores || t.scores,
                  {", ".join(f"{name} = greatest(t.{name}, EXCLUDED.{name})" for name in columns)}""",
            {"tenant": tenancy.current_id(), "winner": winner_id, "loser": loser_id},
        )
        cursor.execute(
            "DELETE FROM customers_traits WHERE tenant_id = %s AND customer_id = %s", [tenancy.current_id(), loser_id]
        )


_FILLED = ("name", "first_name", "last_name", "email", "phone", "language", "timezone", "country", "city", "birthday",
           "company", "source")  # fmt: skip


def _fill_in(winner: Customer, loser: Customer, *, now: datetime) -> None:
    named = bool(winner.name)
    for name in _FILLED:
        if named and name in {"first_name", "last_name"}:
            continue
        if not getattr(winner, name):
            setattr(winner, name, getattr(loser, name))
    winner.attributes = {**loser.attributes, **winner.attributes}
    winner.created_at = min(winner.created_at, loser.created_at)
    winner.updated_at = now
    keys.refresh(winner)
    winner.save()
