"""From: addresses, and the server that takes the mail."""

from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.models import Brand, Sender
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import addresses
from cxm.lib.errors import NotFound, Refusal


class BadSender(Refusal):
    """An address that no message may come from."""

    code = "bad_sender"
    message = _("Mail cannot be sent from this address.")


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


def create(*, name: str, email: str, by: Actor, reply_to: str = "", name_ar: str = "") -> Sender:
    """Add a From: address.

    Raises:
        BadSender: the address is not one.
    """
    try:
        addresses.parse(email)
    except Refusal as problem:
        raise BadSender(fields={"email": str(problem.message)}) from problem
    sender = Sender.objects.create(
        name=name, name_ar=name_ar, email=email, reply_to=reply_to, is_default=not Sender.objects.exists()
    )
    audit.record(by=by, action="sender.created", on=sender, email=email)
    return sender


def brand() -> Brand:
    """Return the tenant's brand kit, made from its name when there is none yet."""
    return Brand.objects.get_or_create(defaults={"name": tenancy.current().name})[0]
