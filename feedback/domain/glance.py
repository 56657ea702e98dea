"""A person's open cases as lines of the card an agent sees while they call."""

from django.utils import timezone, translation

from customers.models import Customer
from customers.panels import Line
from cxm import tenancy
from cxm.lib import formats
from cxm.tenancy.links import page
from feedback.models import Case

SHOWN = 4
_OPEN = (Case.State.NEW, Case.State.OPEN, Case.State.WAITING)


def lines(customer: Customer) -> list[Line]:
    """Return the cases that are not done, the most pressing first, each with the time left."""
    found = Case.objects.filter(customer=customer, state__in=_OPEN).select_related("type").order_by("due_at", "-id")
    return [_line(case) for case in found[:SHOWN]]


def _line(case: Case) -> Line:
    now, language = timezone.now(), translation.get_language() or "en"
    note = str(case.get_state_display())
    if case.due_at:
        note = formats.ago(case.due_at, now=now, language=language, system=tenancy.current().digits)
    late = case.due_at is not None and case.due_at < now
    complaint = case.type.kind == case.type.Kind.COMPLAINT
    tone = "bad" if late else "warn" if complaint else "neutral"
    return Line(str(case), href=page("feedback:case", case.pk), note=note, tone=tone, icon="message-2")
