"""Customers out of a file: what is wrong with them among themselves, whom each row means, and applying a chunk.

Whom a row means: the customer with its external id; else the one with its email who has no other external id; else,
where it has neither, the one with its phone. Several of them: the row is refused. Nobody: the row makes somebody new.
Only what the file says is changed: an empty cell leaves what stands.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from customers.domain import consents, events, keys
from customers.models import Import, Suppression
from cxm import tenancy
from cxm.audit.actors import Actor

# So many rows are no longer told to the segments one by one: they are filled anew once the import is done.
REFRESH_ALL_FROM = 20_000

# Fields whose change moves the words under which somebody is found.
_FOUND_BY = {"external_id", "name", "first_name", "last_name", "email", "phone", "company"}

# One row of a person in a file is enough; the first stays. The names of the statements are the reasons.
_CHECKS = {
    "duplicate": """
        SELECT number FROM (
          SELECT number, row_number() OVER (PARTITION BY external_id ORDER BY number) AS place
          FROM customers_stagedcustomer WHERE {mine} AND external_id IN (
            SELECT external_id FROM customers_stagedcustomer WHERE {mine} AND external_id IS NOT NULL
            GROUP BY external_id HAVING count(*) > 1)) repeated
        WHERE place > 1
        UNION
        -- The same email, unless both rows have external ids: then they are two people who share a mailbox.
        SELECT s.number FROM customers_stagedcustomer s JOIN (
          SELECT email_key, min(number) AS first, min(number) FILTER (WHERE external_id IS NULL) AS first_without
          FROM customers_stagedcustomer WHERE {mine} AND email_key IS NOT NULL
          GROUP BY email_key HAVING count(*) > 1) shared USING (email_key)
        WHERE {s_mine} AND s.number > CASE WHEN s.external_id IS NULL THEN shared.first ELSE shared.first_without END
        UNION
        SELECT s.number FROM customers_stagedcustomer s JOIN (
          SELECT phone, min(number) AS first FROM customers_stagedcustomer WHERE {mine} AND phone IS NOT NULL
          GROUP BY phone HAVING count(*) > 1) shared USING (phone)
        WHERE {s_mine} AND s.external_id IS NULL AND s.email_key IS NULL AND s.number > shared.first
        UNION
        -- One row by external id, another by the email that this very customer has already.
        SELECT greatest(s.number, t.number) FROM customers_stagedcustomer s
        JOIN customers_customer c ON c.tenant_id = s.tenant_id AND c.email_key = s.email_key AND c.email_key <> ''
        JOIN customers_stagedcustomer t ON t.tenant_id = s.tenant_id AND t.import_id = s.import_id
          AND t.external_id = c.external_id
        WHERE {s_mine} AND s.external_id IS NULL""",
    "erased": """
        SELECT number FROM customers_stagedcustomer s JOIN customers_suppression e ON e.tenant_id = s.tenant_id
          AND e.channel = 'email' AND e.address_key = encode(sha256(convert_to(s.email_key, 'UTF8')), 'hex')
        WHERE {s_mine} AND s.email_key IS NOT NULL AND e.reason = 'erased'""",
}

# Every look-up is lateral, by index: the table grows while this runs, and plans made for its former size are ruinous.
_CLASSIFY = """
SELECT s.number, s.external_id IS NOT NULL, x.id, e.id, e.n, p.id, p.n
FROM customers_stagedcustomer s
LEFT JOIN LATERAL (
    SELECT c.id FROM customers_customer c
    WHERE c.tenant_id = s.tenant_id AND c.external_id = s.external_id LIMIT 1
) x ON true
LEFT JOIN LATERAL (
    SELECT min(c.id) AS id, count(*) AS n FROM customers_customer c
    WHERE x.id IS NULL AND c.tenant_id = s.tenant_id AND c.email_key = s.email_key AND c.email_key <> ''
      AND (s.external_id IS NULL OR c.external_id IS NULL)
) e ON true
LEFT JOIN LATERAL (
    SELECT min(c.id) AS id, count(*) AS n FROM customers_customer c
    WHERE s.external_id IS NULL AND s.email_key IS NULL
      AND c.tenant_id = s.tenant_id AND c.phone = s.phone AND c.phone <> ''
) p ON true
WHERE s.tenant_id = %(tenant)s AND s.import_id = %(import)s AND s.number > %(after)s AND s.number <= %(last)s
ORDER BY s.number"""

# Lines of a chunk beside the customers they mean. The bounds keep the planner from reading the whole file each time.
_PAIRS = """unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) AS p(id, number)
JOIN customers_stagedcustomer s ON s.tenant_id = %(tenant)s AND s.import_id = %(import)s
  AND s.number BETWEEN %(from)s AND %(to)s AND s.number = p.number"""

_INSERT = """
INSERT INTO customers_customer
      (id, tenant_id, external_id, name, first_name, last_name, name_key, search, email, email_key, phone, language,
       timezone, country, city, birthday, company_id, attributes, lifecycle, created_at, updated_at, source, import_id)
SELECT p.id, s.tenant_id, s.external_id, coalesce(s.name, ''), coalesce(s.first_name, ''), coalesce(s.last_name, ''),
       coalesce(s.name_key, ''), coalesce(s.search, ''), coalesce(s.email, ''), coalesce(s.email_key, ''),
       coalesce(s.phone, ''), coalesce(s.language, ''), coalesce(s.timezone, ''), coalesce(s.country, ''),
       coalesce(s.city, ''), s.birthday, {company}, coalesce(s.attributes, '{{}}'), 'prospect',
       coalesce(s.created_at, %(at)s), %(at)s, 'import', s.import_id
FROM {pairs}
{company_join}"""

_COMPANY_JOIN = "LEFT JOIN customers_company co ON co.tenant_id = s.tenant_id AND co.name_key = s.company_key"

_NEXT = """
SELECT c.id, {new}, jsonb_build_object({old}) AS before
FROM {pairs}
JOIN customers_customer c ON c.tenant_id = s.tenant_id AND c.id = p.id
{company_join}
WHERE c.id = ANY(%(ids)s::bigint[]) AND ({expressions}) IS DISTINCT FROM ({columns})"""

_UPDATE = """
WITH next AS ({next} FOR UPDATE OF c),
logged AS (
    INSERT INTO customers_importchange (tenant_id, import_id, row_kind, row_id, before)
    SELECT %(tenant)s, %(import)s, 'customer', id, before FROM next ON CONFLICT DO NOTHING)
UPDATE customers_customer c SET {assignments}, updated_at = %(at)s
FROM next WHERE c.tenant_id = %(tenant)s AND c.id = next.id RETURNING c.id"""

# What each field of a mapping changes: column → what it becomes (s the row of the file, c the customer).
_PLAIN = "phone language timezone country city birthday external_id created_at".split()
_NAME = "coalesce(CASE WHEN s.name_is_part AND c.name <> '' THEN NULL ELSE s.{0} END, c.{0})"
_CHANGES: dict[str, dict[str, str]] = {name: {name: f"coalesce(s.{name}, c.{name})"} for name in _PLAIN}
_CHANGES |= {
    "email": {name: f"coalesce(s.{name}, c.{name})" for name in ("email", "email_key")},
    "company": {"company_id": "coalesce(co.id, c.company_id)"},
    "attributes": {"attributes": "c.attributes || coalesce(s.attributes, '{}')"},
    "name": {name: _NAME.format(name) for name in ("name", "name_key")}
    | {
        name: f"CASE WHEN s.name IS NULL OR s.name = c.name THEN c.{name} ELSE coalesce(s.{name}, '') END"
        for name in ("first_name", "last_name")
    },
    "first_name": {name: _NAME.format(name) for name in ("name", "name_key")}
    | {"first_name": "coalesce(s.first_name, c.first_name)"},
    "last_name": {name: _NAME.format(name) for name in ("name", "name_key")}
    | {"last_name": "coalesce(s.last_name, c.last_name)"},
}


@dataclass
class Sorted:
    """Rows of a chunk by what they mean."""

    new: list[int] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)  # line → customer
    refused: dict[int, str] = field(default_factory=dict)  # line → reason


def check(found: Import) -> Iterable[tuple[str, list[int]]]:
    """Yield reason and lines of the staged rows that cannot be taken, seen together; in the caller's scope."""
    parameters = {"tenant": found.tenant_id, "import": found.pk}
    mine = "tenant_id = %(tenant)s AND import_id = %(import)s"
    s_mine = "s.tenant_id = %(tenant)s AND s.import_id = %(import)s"
    for reason, statement in _CHECKS.items():
        if reason == "erased" and not Suppression.objects.filter(reason=Suppression.Reason.ERASED).exists():
            continue
        with connection.cursor() as cursor:
            cursor.execute(statement.format(mine=mine, s_mine=s_mine), parameters)
            yield reason, [number for (number,) in cursor.fetchall()]


def sort_out(found: Import, *, after: int, last: int) -> Sorted:
    """Say whom the rows behind line ``after`` up to ``last`` mean, as things stand now."""
    with connection.cursor() as cursor:
        cursor.execute(_CLASSIFY, {"tenant": found.tenant_id, "import": found.pk, "after": after, "last": last})
        rows = cursor.fetchall()
    out = Sorted()
    claimed: set[int] = set()
    for number, has_id, by_id, by_email, emails, by_phone, phones in rows:
        meant = by_id or by_email or by_phone
        if by_id is None and not has_id and ((emails or 0) > 1 or (phones or 0) > 1):
            out.refused[number] = "ambiguous"
        elif meant is None or (by_id is None and has_id and ((emails or 0) > 1 or meant in claimed)):
            out.new.append(number)  # a mailbox of several, or one whose owner an earlier row has just claimed
        elif meant in claimed:
            out.refused[number] = "duplicate"
        else:
            claimed.add(meant)
            out.known[number] = meant
    return out


def count_changed(found: Import, rows: Sorted) -> int:
    """How many of the known customers would be changed: the same question as applying asks."""
    columns = _columns(found)
    if not rows.known or not columns:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_next(columns)}) next", _parameters(found, rows.known))
        return cursor.fetchone()[0]


def apply(found: Import, rows: Sorted, *, by: Actor, now: datetime) -> Counter:
    """Write a chunk in the caller's transaction; returns counts by their names in the import's summary."""
    counts: Counter = Counter()
    if "company" in found.mapping.values():
        _make_companies(found, rows)
    ids = _insert(found, rows.new)
    changed = _update(found, rows.known)
    if changed and _FOUND_BY & set(found.mapping.values()):
        refresh_search(changed)
    counts["unchanged"] = len(rows.known) - len(changed)
    people = dict(zip(rows.new, ids, strict=True)) | rows.known
    if "tags" in found.mapping.values():
        counts["tags_added"] = _tag(found, people, set(ids))
    if any(target.startswith("consent.") for target in found.mapping.values()):
        counts += _consents(found, people, set(ids), by=by, now=now)
    if found.total <= REFRESH_ALL_FROM:
        events.mark_dirty([*ids, *rows.known.values()])
    return counts


def _insert(found: Import, numbers: Sequence[int]) -> list[int]:
    if not numbers:
        return []
    company = "company" in found.mapping.values()
    statement = _INSERT.format(
        pairs=_PAIRS, company="co.id" if company else "NULL", company_join=_COMPANY_JOIN if company else ""
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customers_customer_id_seq') FROM generate_series(1, %s)", [len(numbers)])
        ids = [made for (made,) in cursor.fetchall()]
        cursor.execute(statement, _parameters(found, dict(zip(numbers, ids, strict=True))))
    return ids


def _update(found: Import, known: dict[int, int]) -> list[int]:
    columns = _columns(found)
    if not known or not columns:
        return []
    assignments = ", ".join(f"{name} = next.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE.format(next=_next(columns), assignments=assignments), _parameters(found, known))
        return [changed for (changed,) in cursor.fetchall()]


def _columns(found: Import) -> dict[str, str]:
    """Column of a customer → what it becomes, for what the file says."""
    fields = {"attributes" if target.startswith("attributes.") else target for target in found.mapping.values()}
    names = [name for name in ("first_name", "last_name", "name") if name in fields]
    columns: dict[str, str] = {}
    for name in [*(fields - set(names)), *reversed(names)]:  # what is said of the parts outdoes what follows from all
        columns |= _CHANGES.get(name, {})
    return columns


def _next(columns: dict[str, str]) -> str:
    return _NEXT.format(
        pairs=_PAIRS,
        new=", ".join(f"{expression} AS {name}" for name, expression in columns.items()),
        old=", ".join(f"'{name}', c.{name}" for name in columns),
        expressions=", ".join(columns.values()),
        columns=", ".join(f"c.{name}" for name in columns),
        company_join=_COMPANY_JOIN if "company_id" in columns else "",
    )


def _parameters(found: Import, pairs: dict[int, int]) -> dict:
    return {
        "tenant": found.tenant_id,
        "import": found.pk,
        "at": found.applied_at,
        "numbers": list(pairs),
        "from": min(pairs, default=0),
        "to": max(pairs, default=0),
        "ids": list(pairs.values()),
    }


def refresh_search(customer_ids: Sequence[int]) -> None:
    """Write anew the words under which these people are found."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.name, c.email, c.phone, c.external_id, coalesce(co.name, '') FROM customers_customer c
               LEFT JOIN customers_company co ON co.tenant_id = c.tenant_id AND co.id = c.company_id
               WHERE c.tenant_id = %s AND c.id = ANY(%s::bigint[])""",
            [tenancy.current_id(), list(customer_ids)],
        )
        words = {
            pk: keys.search_text(name=name, email=email, phone=phone, external_id=external_id, company=company)
            for pk, name, email, phone, external_id, company in cursor.fetchall()
        }
        cursor.execute(
            """UPDATE customers_customer c SET search = w.search
               FROM unnest(%s::bigint[], %s::text[]) AS w(id, search)
               WHERE c.tenant_id = %s AND c.id = w.id AND c.search IS DISTINCT FROM w.search""",
            [list(words), list(words.values()), tenancy.current_id()],
        )


def _make_companies(found: Import, rows: Sorted) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_company (tenant_id, name, name_key, domain, created_at)
               SELECT DISTINCT ON (s.company_key) s.tenant_id, s.company, s.company_key, '', %(at)s
               FROM customers_stagedcustomer s
               WHERE s.tenant_id = %(tenant)s AND s.import_id = %(import)s AND s.number BETWEEN %(from)s AND %(to)s
                 AND s.number = ANY(%(numbers)s::bigint[]) AND s.company_key IS NOT NULL
               ORDER BY s.company_key, s.number ON CONFLICT DO NOTHING""",
            _parameters(found, dict.fromkeys(rows.new, 0) | rows.known),
        )


def _tag(found: Import, people: dict[int, int], new: set[int]) -> int:
    """Put the tags of the file on people, never take one off; links on people who were there are remembered."""
    parameters = _parameters(found, people)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO customers_tag (tenant_id, name, name_key)
                SELECT DISTINCT ON (t.key) s.tenant_id, t.value, t.key
                FROM {_PAIRS}, jsonb_each_text(s.tags) t ORDER BY t.key, s.number ON CONFLICT DO NOTHING""",
            parameters,
        )
        cursor.execute(
            f"""INSERT INTO customers_customertag (tenant_id, customer_id, tag_id)
                SELECT s.tenant_id, p.id, tag.id FROM {_PAIRS}, jsonb_each_text(s.tags) t
                JOIN customers_tag tag ON tag.tenant_id = %(tenant)s AND tag.name_key = t.key COLLATE "C"
                ORDER BY p.id, tag.id ON CONFLICT DO NOTHING RETURNING id, customer_id""",
            parameters,
        )
        links = cursor.fetchall()
        cursor.execute(
            """INSERT INTO customers_importchange (tenant_id, import_id, row_kind, row_id, before)
               SELECT %s, %s, 'tag', link, '{}' FROM unnest(%s::bigint[]) link ON CONFLICT DO NOTHING""",
            [found.tenant_id, found.pk, [link for link, customer_id in links if customer_id not in new]],
        )
    return len(links)


def _consents(found: Import, people: dict[int, int], new: set[int], *, by: Actor, now: datetime) -> Counter:
    """Record yes and no of the file. A no that stands, and an address never to be used, outweigh a yes."""
    counts: Counter = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT p.id, k.channel, k.topic, k.granted, own.granted, whole.granted,
                  EXISTS (SELECT FROM customers_suppression d WHERE d.tenant_id = s.tenant_id AND d.channel = k.channel
                    AND d.address_key IN (a.key, encode(sha256(convert_to(a.key, 'UTF8')), 'hex')))
                FROM {_PAIRS}
                JOIN customers_customer c ON c.tenant_id = s.tenant_id AND c.id = p.id
                CROSS JOIN LATERAL (
                  SELECT split_part(e.key, '.', 1) AS channel, e.value::boolean AS granted,
                    CASE WHEN strpos(e.key, '.') > 0 THEN substr(e.key, strpos(e.key, '.') + 1) ELSE '' END AS topic
                  FROM jsonb_each(s.consents) e) k
                CROSS JOIN LATERAL (SELECT CASE k.channel WHEN 'email' THEN c.email_key ELSE c.phone END AS key) a
                LEFT JOIN customers_consent own ON own.tenant_id = s.tenant_id AND own.customer_id = p.id
                  AND own.channel = k.channel AND own.topic = k.topic
                LEFT JOIN customers_consent whole ON whole.tenant_id = s.tenant_id AND whole.customer_id = p.id
                  AND whole.channel = k.channel AND whole.topic = ''
                ORDER BY p.id, k.channel, k.topic""",
            _parameters(found, people),
        )
        said = cursor.fetchall()
    choices = []
    for customer_id, channel, topic, granted, own, whole, suppressed in said:
        if granted and (own is False or whole is False or suppressed):
            counts["consents_kept_off"] += 1
        elif granted is not own:
            counts["consents_granted" if granted else "consents_withdrawn"] += 1
            evidence = {"import": found.pk, "file": found.filename}
            choices.append(consents.Choice(customer_id, channel, granted, found.applied_at, topic, evidence))
    consents.record(choices, source="import", by=by, now=now)
    _remember_consents(found, [choice for choice in choices if choice.customer_id not in new])
    return counts


def _remember_consents(found: Import, choices: Sequence[consents.Choice]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_importchange (tenant_id, import_id, row_kind, row_id, before)
               SELECT %s, %s, 'consent', id, '{}' FROM unnest(%s::bigint[]) id ON CONFLICT DO NOTHING""",
            [found.tenant_id, found.pk, sorted({choice.customer_id for choice in choices})],
        )
