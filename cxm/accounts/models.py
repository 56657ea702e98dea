"""Users, what they may do in which tenant, and keys for programs."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from cxm.audit.actors import Actor
from cxm.tenancy.models import Tenant, TenantModel


class UserManager(BaseUserManager):
    """Makes users; the e-mail address is the name they sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A person who signs in. What they may do follows from their memberships alone."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    # Operates the installation: tenants and schedules. Gives no access to any tenant's customers by itself.
    is_superuser = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_folded")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser

    @property
    def actor(self) -> Actor:
        return Actor("user", self.pk, self.email)


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMINISTRATOR = "administrator", _("Administrator")
    MARKETER = "marketer", _("Marketer")
    AGENT = "agent", _("Agent")
    ANALYST = "analyst", _("Analyst")


class Membership(TenantModel):
    """That a person works for a tenant, and in which role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=15, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    columns = models.JSONField(
        default=dict, help_text=_("What they chose to see of each list: list → keys of columns.")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("member"), _("members")
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class SavedView(TenantModel):
    """A set of filters of a list under a name; its maker's own, or everybody's."""

    list = models.CharField(max_length=40, help_text=_("Key of the list, as registered."))
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text=_("The query string of the list's address."))
    shared = models.BooleanField(default=False)
    # Gone with its maker, unless it is shared: then it outlives them (`lists.forget`).
    member = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "list", "member", "name"], name="saved_view_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(TenantModel):
    """What somebody typed into an editor and has not saved: kept for them alone, so that a closed tab loses nothing."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, help_text=_("Of editor, as registered."))
    ref = models.CharField(max_length=60, help_text=_("Which one of that kind."))
    sitting = models.CharField(max_length=22, default="", help_text=_("The opened page it was typed on."))
    # The form was saved, or what was typed thrown away: what comes late from that sitting is not kept any more.
    over = models.BooleanField(default=False)
    content = models.JSONField(help_text=_("Names of fields → what stood in them."))
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("draft"), _("drafts")
        constraints = [models.UniqueConstraint(fields=["tenant", "member", "kind", "ref"], name="draft_once")]


class Invitation(TenantModel):
    """A colleague asked to join. The link's token is signed, not kept; the row is the queue of its letter."""

    class Letter(models.TextChoices):
        QUEUED = "queued", _("On its way")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be delivered")

    email = models.EmailField()
    role = models.CharField(max_length=15, choices=Role)
    invited_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    letter = models.CharField(max_length=6, choices=Letter, default=Letter.QUEUED)
    letter_attempts = models.PositiveSmallIntegerField(default=0)
    # When it may be tried next; moved ahead by whoever tries, so that nobody else does meanwhile.
    letter_after = models.DateTimeField(null=True)
    letter_error = models.CharField(max_length=200, blank=True)
    letter_sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("invitation"), _("invitations")
        indexes = [
            models.Index(fields=["letter_after"], name="invitation_letters", condition=models.Q(letter="queued"))
        ]

    def __str__(self) -> str:
        return self.email


class ApiKey(TenantModel):
    """A program's key. Shown once when made; only its hash is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text=_("The first characters, to tell keys apart."))
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def actor(self) -> Actor:
        return Actor("key", self.pk, f"{self.name} ({self.prefix}…)")


class Todo(TenantModel):
    """Something a colleague owes: a call, a letter, a look. Without an assignee it is anybody's."""

    title = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # What it is about, as kind and number; apps that own the kind say how it is called (cxm.accounts.domain.todos).
    about_kind = models.CharField(max_length=20, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    # Whoever may ask twice for the same to-do names it.
    key = models.CharField(max_length=200, null=True, blank=True, db_collation="C")
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("to-do"), _("to-dos")
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="todo_once")]
        indexes = [
            models.Index(fields=["tenant", "due_at", "id"], name="todo_open", condition=models.Q(done_at=None)),
            models.Index(
                fields=["tenant", "assignee", "due_at", "id"], name="todo_mine", condition=models.Q(done_at=None)
            ),
            models.Index(
                fields=["tenant", "-done_at", "-id"], name="todo_done", condition=models.Q(done_at__isnull=False)
            ),
            models.Index(
                fields=["tenant", "about_kind", "about_id"], name="todo_about", condition=~models.Q(about_id=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title


__all__ = ["ApiKey", "Draft", "Invitation", "Membership", "Role", "SavedView", "Tenant", "Todo", "User"]
