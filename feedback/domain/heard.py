"""Who of the team is told that a customer wrote: whoever looks after the case; of one that is nobody's, its queue.

A to-do says it until somebody answers; the bell says it at once in the pages that are open.
"""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.accounts import bell
from cxm.accounts.domain import members, todos
from cxm.accounts.models import User
from cxm.audit.actors import SYSTEM
from feedback.models import Case, CaseMessage, QueueMember

OPENED = _("Look at case %(number)s from the portal: %(subject)s")
WROTE = _("The customer wrote again in case %(number)s: %(subject)s")


def opened(*, case: Case, now: datetime) -> None:
    """Tell of a case that the customer opened where no colleague was there to see it."""
    _tell(case, OPENED, f"portal-case:{case.pk}", now)


def wrote(*, case: Case, said: CaseMessage, now: datetime) -> None:
    """Tell that a customer wrote: once, however often they write before they are answered."""
    _tell(case, WROTE, "" if waiting(case) else f"{_prefix(case)}{said.pk}", now)


def waiting(case: Case) -> list[str]:
    """Return the keys of the open to-dos that an answer to this case ticks off.

    Found among those of the case: by the beginning of their keys alone, every open to-do would be read.
    """
    return list(todos.about("case", case.pk).filter(key__startswith=_prefix(case)).values_list("key", flat=True))


def _prefix(case: Case) -> str:
    return f"case-heard:{case.pk}:"


def _tell(case: Case, words: str, key: str, now: datetime) -> None:
    owner = members.colleagues().filter(pk=case.owner_id).first() if case.owner_id else None
    if key:
        with translation.override(tenancy.current().language):  # colleagues read it, whatever the customer speaks
            title = str(words) % {"number": case.number, "subject": case.subject}
        todos.create(
            title=title[: todos.LONGEST], by=SYSTEM, about=("case", case.pk), assignee=owner, key=key, due_at=now
        )
    users = [owner.pk] if owner else _team(case)
    transaction.on_commit(partial(bell.ring, tenant_id=tenancy.current_id(), user_ids=users))


def _team(case: Case) -> list[int]:
    """Return the ids of those who work on the case's queue; of everybody where it has none, or nobody is in it."""
    working: list[User] = list(members.colleagues())
    on_queue = set(QueueMember.objects.filter(queue=case.queue_id).values_list("user_id", flat=True))
    return [user.pk for user in working if user.pk in on_queue] or [user.pk for user in working]
