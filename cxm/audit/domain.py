"""Writing the audit trail."""

import json
from collections.abc import Collection
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from cxm.audit.actors import Actor
from cxm.audit.models import Entry


def record(*, by: Actor, action: str, on: models.Model | None = None, named: str = "", **details: Any) -> Entry:
    """Write down who did what, in the caller's transaction and scope.

    Args:
        by: who acted.
        action: ``noun.verb``, as ``campaign.launched``.
        on: the row acted on; its name is kept as it is now.
        named: what people call the row, where its own name holds keys that only programs read.
        details: what changed, old and new; never secrets.
    """
    return Entry.objects.create(
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label[:254],
        action=action,
        object_type=on._meta.label_lower if on is not None else "",
        object_id=str(on.pk) if on is not None else "",
        object_label=(named or str(on))[:254] if on is not None else "",
        details=json.loads(json.dumps(details, cls=DjangoJSONEncoder)),
    )


def forget(*, model: type[models.Model], numbers: Collection[int]) -> None:
    """Leave of what was done to these rows that it was done, without names and values: their person is erased."""
    for number in numbers:
        theirs = Entry.objects.filter(object_type=model._meta.label_lower, object_id=str(number))
        theirs.update(object_label=f"#{number}", details={})


def forget_actor(*, kind: str, number: int) -> None:
    """Leave of what somebody did that it was done by somebody of this kind."""
    Entry.objects.filter(actor_kind=kind, actor_id=number).update(actor_label=f"#{number}")
