"""What becomes of cases of people who are erased, or who turn out to be one."""

from collections.abc import Sequence

from django.db.models import Q
from django.db.models.functions import Lower

from customers.models import Customer
from cxm.accounts.domain import todos
from cxm.audit import domain as audit
from feedback.models import Case, CaseAttachment, CaseMessage, InboundMail


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the rows of erased people for the figures, without person, words and files."""
    theirs = Case.objects.filter(customer_id__in=customer_ids)
    numbers = list(theirs.values_list("pk", flat=True))
    people = Customer.objects.filter(pk__in=customer_ids).exclude(email="")
    addresses = [address.lower() for address in people.values_list("email", flat=True)]
    CaseMessage.objects.filter(case__in=numbers).update(body="", quoted="", author_label="", mail_id=None)
    CaseAttachment.objects.filter(message__case__in=numbers).delete()
    letters = InboundMail.objects.annotate(address=Lower("sender"))
    letters.filter(Q(case__in=numbers) | Q(address__in=addresses)).delete()
    todos.forget(kind="case", numbers=numbers)
    audit.forget(model=Case, numbers=numbers)
    theirs.update(customer=None, subject="", search="", action="", key=None, opened_by="")
