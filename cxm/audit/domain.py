"""Writing the audit trail."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from cxm.audit.actors import Actor
from cxm.audit.models import Entry


def record(*, by: Actor, action: str, on: models.Model | None = None, **details: Any) -> Entry:
    """Write down who did what, in the caller's transaction and scope.

    Args:
        by: who acted.
        action: ``noun.verb``, as ``campaign.launched``.
        on: the row acted on; its name is kept as it is now.
        details: what changed, old and new; never secrets.
    """
    return Entry.objects.create(
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label[:254],
        action=action,
        object_type=on._meta.label_lower if on is not None else "",
        object_id=str(on.pk) if on is not None else "",
        object_label=str(on)[:254] if on is not None else "",
        details=json.loads(json.dumps(details, cls=DjangoJSONEncoder)),
    )
