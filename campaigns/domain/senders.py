"""From: addresses, and the server that takes the mail."""

from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.models import Brand, Sender
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import addresses, text
from cxm.lib.errors import Conflict, NotFound, Refusal


class BadSender(Refusal):
    """An address that no message may come from."""

    code = "bad_sender"
    message = _("Mail cannot be sent from this address.")


class SenderInUse(Conflict):
    message = _("Something was sent from this address, or will be: it stays.")


class UnknownSender(NotFound):
    message = _("There is no such sender.")


def get(*, sender_id: int) -> Sender:
    """Return a From: address of the tenant in scope.

    Raises:
        UnknownSender: there is none, or it is somebody else's.
    """
    found = Sender.objects.filter(pk=sender_id).first()
    if found is None:
        raise UnknownSender
    return found


def default() -> Sender:
    """Return the tenant's default sender, made from the installation's address when the tenant has none yet."""
    found = Sender.objects.order_by("-is_default", "id").first()
    if found:
        return found
    name, email = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return Sender.objects.create(name=tenancy.current().name or name, email=email, is_default=True)


def listed() -> list[Sender]:
    """Return the tenant's senders, the default first."""
    return list(Sender.objects.order_by("-is_default", "name", "id"))


@transaction.atomic
def create(*, name: str, email: str, by: Actor, reply_to: str = "", name_ar: str = "") -> Sender:
    """Add a From: address.

    Raises:
        BadSender: an address is not one, or a name is not one line.
    """
    fields = _clean(name=name, email=email, reply_to=reply_to, name_ar=name_ar)
    sender = Sender.objects.create(**fields, is_default=not Sender.objects.exists())
    audit.record(by=by, action="sender.created", on=sender, email=sender.email)
    return sender


@transaction.atomic
def change(*, sender: Sender, name: str, email: str, by: Actor, reply_to: str = "", name_ar: str = "") -> Sender:
    """Change a From: address; campaigns that were launched with it go on as it is now.

    Raises: as ``create``.
    """
    fields = _clean(name=name, email=email, reply_to=reply_to, name_ar=name_ar, but=sender)
    before = {part: getattr(sender, part) for part in fields}
    for part, value in fields.items():
        setattr(sender, part, value)
    sender.save()
    audit.record(by=by, action="sender.changed", on=sender, before=before)
    return sender


@transaction.atomic
def make_default(*, sender: Sender, by: Actor) -> None:
    """Send from this address whenever nothing else was chosen."""
    Sender.objects.filter(is_default=True).update(is_default=False)
    Sender.objects.filter(pk=sender.pk).update(is_default=True)
    audit.record(by=by, action="sender.default", on=sender)


@transaction.atomic
def delete(*, sender: Sender, by: Actor) -> None:
    """Remove a From: address that nothing was sent from.

    Raises:
        SenderInUse: a campaign or a message names it.
    """
    audit.record(by=by, action="sender.deleted", on=sender, email=sender.email)
    try:
        with transaction.atomic():
            sender.delete()
    except ProtectedError as error:
        raise SenderInUse from error


def _clean(*, but: Sender | None = None, **fields: str) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for part, value in fields.items():
        if text.has_header_break(value):
            wrong[part] = __("This must be one line.")
        elif part.startswith("name") and len(value) > 100:
            wrong[part] = __("At most 100 characters.")
    fields = {part: value.strip() for part, value in fields.items()}
    if not fields["name"]:
        wrong.setdefault("name", __("Give it a name."))
    for part in ("email", "reply_to"):
        if part == "reply_to" and not fields[part]:
            continue
        try:
            addresses.parse(fields[part])
        except Refusal as problem:
            wrong.setdefault(part, str(problem.message))
    same = Sender.objects.filter(email__iexact=fields["email"]).exclude(pk=but.pk if but else None)
    if "email" not in wrong and same.exists():
        wrong["email"] = __("There is already a sender with this address.")
    if wrong:
        raise BadSender(fields=wrong)
    return fields


def brand() -> Brand:
    """Return the tenant's brand kit, made from its name when there is none yet."""
    return Brand.objects.get_or_create(defaults={"name": tenancy.current().name})[0]
