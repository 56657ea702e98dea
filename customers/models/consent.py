"""Who may be written to: an append-only ledger, the state that follows from it, and addresses never to be used."""

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from cxm.tenancy.models import TenantModel


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")
    PHONE = "phone", _("Phone")
    POST = "post", _("Post")


class Topic(TenantModel):
    """A subject people can choose to hear about."""

    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=300, blank=True)
    description_ar = models.CharField(max_length=300, blank=True)
    public = models.BooleanField(default=True, help_text=_("Shown in the preference centre."))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("topic"), _("topics")
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="topic_slug")]

    def __str__(self) -> str:
        return self.name

    def name_in(self, language: str) -> str:
        """Return what readers of a language call it."""
        return (language.startswith("ar") and self.name_ar) or self.name

    @property
    def title(self) -> str:
        """Its name in the language of the page."""
        return self.name_in(translation.get_language() or "")


class Consent(TenantModel):
    """What holds now for a person, a channel and a topic; an empty topic means the whole channel."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    topic = models.CharField(max_length=50, blank=True)
    granted = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer", "channel", "topic"], name="consent_once"),
        ]
        indexes = [models.Index(fields=["tenant", "channel", "topic", "granted"], name="consent_state")]


class ConsentEntry(TenantModel):
    """One yes or no, as it was given. Rows are only ever added."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consent_entries", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    topic = models.CharField(max_length=50, blank=True)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=40, help_text=_("Where it was given: page, import, api, one_click …"))
    actor_label = models.CharField(max_length=254, blank=True)
    evidence = models.JSONField(default=dict, help_text=_("Address, browser, words: what proves it."))

    class Meta:
        indexes = [models.Index(fields=["tenant", "customer", "-at"], name="consent_history")]


class Suppression(TenantModel):
    """An address that must not be used, whoever has it and whatever they said."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("The address is dead")
        COMPLAINED = "complained", _("They reported spam")
        MANUAL = "manual", _("Put here by hand")
        ERASED = "erased", _("The person was erased")
        # Said by an address that is no customer's alone: binds marketing only, until they say yes again.
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed from email")

    channel = models.CharField(max_length=10, choices=Channel)
    # The address's key, or for an erased person its SHA-256: known again without being kept.
    address_key = models.CharField(max_length=320, db_collation="C")
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("suppressed address"), _("suppressed addresses")
        constraints = [models.UniqueConstraint(fields=["tenant", "channel", "address_key"], name="suppression_once")]

    def __str__(self) -> str:
        return self.address_key
