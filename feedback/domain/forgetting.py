"""What becomes of cases of people who are erased, or who turn out to be one."""

from collections.abc import Sequence

from cxm.accounts.domain import todos
from feedback.models import Case, CaseMessage, InboundMail


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the rows of erased people for the figures, without person and without words."""
    theirs = Case.objects.filter(customer_id__in=customer_ids)
    numbers = list(theirs.values_list("pk", flat=True))
    CaseMessage.objects.filter(case__in=numbers).update(body="", quoted="", author_label="", mail_id=None)
    InboundMail.objects.filter(case__in=numbers).delete()
    todos.forget(kind="case", numbers=numbers)
    theirs.update(customer=None, subject="", search="", action="", key=None)
