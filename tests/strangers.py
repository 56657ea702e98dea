"""A tenant that has one row of everything, each recognisable, to be looked for from another tenant.

Rows are made from what the models say, so that a new model is covered without anybody thinking of it. A model whose
rows cannot be made like that fails here with its name: give it an entry in ``SPECIAL``.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models

from cxm import tenancy
from cxm.accounts.models import User
from cxm.tenancy.models import Tenant, TenantModel

# No word of any language, so that finding it on a page means that a row of theirs was read.
WORD = "theirsqz"
UUID = uuid.UUID("01900000-0000-7000-8000-00007e110725")
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

# model label → column → value, where the general rule does not serve.
SPECIAL: dict[str, dict[str, Any]] = {
    "customers.Segment": {"rule": {"all": []}, "refreshed_version": 1},
    "customers.Customer": {"email": f"{WORD}@theirs.example", "email_key": f"{WORD}@theirs.example"},
    "campaigns.Campaign": {"state": "draft"},
    "feedback.Survey": {"languages": ["en"], "state": "live"},
    "feedback.SurveyVersion": {"texts": {"en": {"intro": WORD, "thanks": WORD}}, "published_at": AT},
    "feedback.Question": {"kind": "text", "texts": {"en": {"title": WORD}}, "settings": {}, "condition": {}},
    "feedback.CaseAttachment": {"mail": None},
    "analytics.Assumption": {"margin": Decimal("0.7"), "discount": Decimal("0.7"), "risk_from": Decimal("0.7")},
    "analytics.Outlook": {"risk": 0.7},
    "journeys.Automation": {
        "draft": {"trigger": {"kind": "api"}, "again": {"rule": "once"}, "goal": None, "steps": []},
        "past": [],
        "version": None,
    },
}
_BY_TYPE: list[tuple[type[models.Field], Callable[[models.Field], Any]]] = [
    (models.EmailField, lambda field: f"{WORD}@theirs.example"),
    (models.URLField, lambda field: "https://theirs.example/"),
    (models.FileField, lambda field: f"{WORD}/none"),
    (models.GenericIPAddressField, lambda field: "192.0.2.7"),
    (models.UUIDField, lambda field: UUID),
    (models.CharField, lambda field: WORD[: field.max_length]),
    (models.TextField, lambda field: WORD),
    (models.JSONField, lambda field: {WORD: WORD}),
    (models.BinaryField, lambda field: WORD.encode()),
    (models.BooleanField, lambda field: True),
    (models.DateTimeField, lambda field: AT),
    (models.DateField, lambda field: date(2026, 2, 3)),
    (models.DecimalField, lambda field: Decimal(7)),
    (models.DurationField, lambda field: None),
    (models.IntegerField, lambda field: 7),
    (models.FloatField, lambda field: 7.0),
]


class Stranger:
    """The tenant, and the words and numbers under which its rows are known.

    Attributes:
        number: the primary key of every row with a number for a key: the same in all tables, and nobody else's.
        rows: model → the row.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.number = _align_sequences()
        self.rows: dict[type[models.Model], models.Model] = {}
        self.user = User.objects.create_user(f"{WORD}@theirs.example", "a long password", name=WORD)
        with tenancy.scope(tenant):
            for model in tenant_models():
                self._make(model)

    def _make(self, model: type[models.Model]) -> models.Model:
        if model not in self.rows:
            values = {
                field.name: value
                for field in model._meta.concrete_fields
                if field.name != "tenant" and not field.generated and (value := self._value(model, field)) is not _LEAVE
            }
            self.rows[model] = None  # a circle of keys ends here
            self.rows[model] = model.objects.create(**values)
        return self.rows[model]

    def _value(self, model: type[models.Model], field: models.Field) -> Any:
        special = SPECIAL.get(model._meta.label, {})
        if field.name in special:
            return special[field.name]
        if isinstance(field, models.ForeignKey):
            return self._pointed(field)
        if isinstance(field, models.BigIntegerField) and field.name.endswith("_id"):
            return self.number
        filled = isinstance(field, models.JSONField | models.UUIDField)
        if isinstance(field, models.AutoField) or (field.has_default() and not filled):
            return _LEAVE
        return field.choices[0][0] if field.choices else _filler(model, field)

    def _pointed(self, field: models.ForeignKey) -> Any:
        target = field.related_model
        if target is User:
            return self.user
        if not issubclass(target, TenantModel):
            return _LEAVE
        found = self._make(target)
        return _LEAVE if found is None else found


_LEAVE = object()


def _filler(model: type[models.Model], field: models.Field) -> Any:
    for kind, make in _BY_TYPE:
        if isinstance(field, kind):
            return make(field)
    kind = type(field).__name__
    raise TypeError(f"{model._meta.label}.{field.name}: tell tests/strangers.py how to fill a {kind}")


def tenant_models() -> list[type[models.Model]]:
    """Return every model whose rows belong to a tenant."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, TenantModel) and model._meta.managed and not model._meta.proxy
    ]


def fingerprints(tenant: Tenant) -> dict[str, str]:
    """Return a hash of the tenant's rows for each table; runs as the owner, who sees all."""
    text = "coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
    with connection.cursor() as cursor:
        found = {}
        for model in tenant_models():
            table = model._meta.db_table
            cursor.execute(f"SELECT {text} FROM {table} t WHERE tenant_id = %s", [tenant.pk])
            found[table] = cursor.fetchone()[0]
    return found


def _align_sequences() -> int:
    """Let every table of tenants continue with the same number, higher than all before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_get_serial_sequence(c.relname, a.attname) FROM pg_class c
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
               WHERE c.relname = ANY(%s) AND pg_get_serial_sequence(c.relname, a.attname) IS NOT NULL""",
            [[model._meta.db_table for model in tenant_models()]],
        )
        sequences = [name for (name,) in cursor.fetchall()]
        highest = 1_000_000
        for name in sequences:
            cursor.execute(f"SELECT last_value FROM {name}")
            highest = max(highest, cursor.fetchone()[0] + 1000)
        for name in sequences:
            cursor.execute("SELECT setval(%s, %s, false)", [name, highest])
    return highest
