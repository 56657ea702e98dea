"""The case, what was said in it, when its clock stood, and which of its targets were missed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from cxm.tenancy.models import TenantModel
from feedback.models.desk import CalendarVersion, CaseChannel, CaseType, Priority, Queue, TargetRule


class CaseCounter(TenantModel):
    """The last number given to a case of the tenant."""

    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="case_counter_once")]


class Case(TenantModel):
    """Something a customer asked or complained of, followed until it is solved.

    Deadlines are stored: list, badge, sweep and figures read the same columns. They move when the clock stood, and are
    empty while it stands or where there is no target; what was answered or solved keeps the one that held then.
    """

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("case", "New")
        OPEN = "open", pgettext_lazy("case", "Open")
        WAITING = "waiting", _("Waiting for the customer")
        SOLVED = "solved", pgettext_lazy("case", "Solved")
        CLOSED = "closed", pgettext_lazy("case", "Closed")

    number = models.PositiveIntegerField()
    type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=200)
    search = models.TextField(blank=True, db_collation="C", help_text=_("Folded words of number, subject and person."))
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    channel = models.CharField(max_length=10, choices=CaseChannel, default=CaseChannel.EMAIL)
    queue = models.ForeignKey(Queue, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    key = models.CharField(max_length=100, null=True, help_text=_("Of whoever opened it: the same key, the same case."))
    opened_by = models.CharField(max_length=254, blank=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    first_answered_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    # Since when the customer has been waiting for an answer of ours; empty when it is their turn.
    unanswered_since = models.DateTimeField(null=True)

    calendar = models.ForeignKey(CalendarVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    rule = models.ForeignKey(TargetRule, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    first_minutes = models.PositiveIntegerField(null=True)
    solve_minutes = models.PositiveIntegerField(null=True)
    paused_at = models.DateTimeField(null=True)
    first_warn_at = models.DateTimeField(null=True)
    first_due_at = models.DateTimeField(null=True)
    solve_warn_at = models.DateTimeField(null=True)
    solve_due_at = models.DateTimeField(null=True)
    # The next deadline still to be kept, for lists and badges; the next moment the sweep has something to note.
    due_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    first_breached_at = models.DateTimeField(null=True)
    solve_breached_at = models.DateTimeField(null=True)

    root_cause = models.CharField(max_length=120, blank=True)
    action = models.TextField(max_length=2000, blank=True, help_text=_("What was done so that it does not recur."))

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="case_number"),
            models.UniqueConstraint(fields=["tenant", "key"], name="case_key"),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "-id"], name="case_of_customer"),
            models.Index(fields=["tenant", "state", "due_at", "id"], name="case_by_state"),
            models.Index(fields=["tenant", "-updated_at", "-id"], name="case_recent"),
            # For figures: a day of those opened, a day of those solved.
            models.Index(fields=["tenant", "opened_at"], name="case_opened"),
            models.Index(fields=["tenant", "solved_at"], name="case_solved", condition=~models.Q(solved_at=None)),
            models.Index(
                fields=["tenant", "due_at", "id"],
                name="case_to_do",
                condition=models.Q(state__in=["new", "open", "waiting"]),
            ),
            # For the sweep of all tenants: cases with something to note, and only those.
            models.Index(fields=["check_at"], name="case_to_check", condition=models.Q(check_at__isnull=False)),
            models.Index(fields=["solved_at"], name="case_to_close", condition=models.Q(state="solved")),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def is_done(self) -> bool:
        return self.state in (self.State.SOLVED, self.State.CLOSED)


class CasePause(TenantModel):
    """A time in which the clock of a case stood: it waited for the customer, or was held to be solved."""

    class Reason(models.TextChoices):
        WAITING = "waiting", _("Waiting for the customer")
        SOLVED = "solved", _("Solved")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pauses", db_index=False)
    reason = models.CharField(max_length=10, choices=Reason)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "case"], name="case_pause_open", condition=models.Q(ended_at=None)
            ),
        ]
        indexes = [models.Index(fields=["tenant", "case", "started_at"], name="case_pause_of_case")]


class CaseMessage(TenantModel):
    """Something said in a case: to the customer, by the customer, or among colleagues."""

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")
        INTERNAL = "internal", _("Among colleagues")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        HUMAN = "human", _("Colleague")
        AUTO = "auto", _("Automatic")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages", db_index=False)
    direction = models.CharField(max_length=10, choices=Direction)
    author = models.CharField(max_length=10, choices=Author)
    author_label = models.CharField(max_length=254, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    public = models.BooleanField(default=True)
    channel = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()
    body = models.TextField()
    quoted = models.TextField(blank=True, help_text=_("What the customer's mail repeated of earlier ones."))
    # Of a mail: its own id, so that it is taken in once; of one we sent, the row of the send ledger.
    mail_id = models.CharField(max_length=255, null=True, db_collation="C")
    ledger_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "mail_id"], name="case_mail_once")]
        indexes = [
            models.Index(fields=["tenant", "case", "at", "id"], name="case_message_of_case"),
            models.Index(
                fields=["tenant", "ledger_id"], name="case_message_sent", condition=models.Q(ledger_id__isnull=False)
            ),
        ]


class CaseNotice(TenantModel):
    """That a target was about to be missed, or was: each noted once, and never taken back."""

    class Clock(models.TextChoices):
        FIRST = "first", _("First answer")
        SOLVE = "solve", _("Solution")

    class Kind(models.TextChoices):
        WARNING = "warning", _("Warning")
        BREACH = "breach", _("Missed")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notices", db_index=False)
    clock = models.CharField(max_length=5, choices=Clock)
    kind = models.CharField(max_length=7, choices=Kind)
    passage = models.PositiveSmallIntegerField(default=0, help_text=_("How often the case had been reopened."))
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "case", "clock", "kind", "passage"], name="case_notice_once"),
        ]
        indexes = [models.Index(fields=["tenant", "kind", "due_at"], name="case_notice_by_kind")]
