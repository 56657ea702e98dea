"""Mail that people of the house get from the house. The row of an invitation is the queue of its letter.

Claim, commit, send, record: whoever takes a letter first moves its next attempt ahead, so that a worker that dies with
it in hand only delays it. A crash between the mail server's yes and the record can repeat a letter; its Message-ID is
made of the row, so a mailbox can tell.
"""

import smtplib
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from cxm import tenancy
from cxm.accounts.models import Invitation
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import broker, signing, text
from cxm.tenancy import links
from cxm.tenancy.models import Tenant

# How long after each attempt the next may follow; after the last of them the letter has failed.
RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440)]
SPARED = 200  # letters a look hands out at most


def token_of(invitation: Invitation) -> str:
    """Return what the link of an invitation holds: it can be made again for a letter, and by nobody without our key."""
    return signing.sign("invitation", *_named(invitation))


def find(token: str) -> QuerySet[Invitation]:
    """Return the invitation a token is of, or none. Runs as the owner: the token says which tenant is meant."""
    numbers = signing.unsign("invitation", token)
    if not numbers or len(numbers) != 3:
        return Invitation.objects.none()
    found = Invitation.objects.filter(tenant_id=numbers[0], pk=numbers[1])
    return found if any(_named(invitation) == numbers for invitation in found) else found.none()


def invitation_address(token: str) -> str:
    """Return the link of an invitation."""
    return links.absolute(reverse("invitation", args=[token]))


def queue(*, invitation: Invitation, now: datetime) -> None:
    """Have the letter of an invitation sent, for the first time or again, once the caller has committed."""
    invitation.letter, invitation.letter_attempts, invitation.letter_error = Invitation.Letter.QUEUED, 0, ""
    invitation.letter_after = now
    invitation.save(update_fields=["letter", "letter_attempts", "letter_error", "letter_after"])
    named = {"tenant_id": invitation.tenant_id, "invitation_id": invitation.pk}
    transaction.on_commit(lambda: wake(**named))


def send_again(*, invitation: Invitation, by: Actor, now: datetime) -> None:
    """Queue the letter of an open invitation once more."""
    audit.record(by=by, action="member.invitation_sent_again", on=invitation)
    queue(invitation=invitation, now=now)


def wake(*, tenant_id: int, invitation_id: int) -> None:
    """Tell a worker of a letter; the beat finds it where the broker is away."""
    broker.call("accounts.deliver", queue="transactional", tenant_id=tenant_id, invitation_id=invitation_id)


def waiting(*, now: datetime) -> list[tuple[int, int]]:
    """Return (tenant id, invitation id) of the letters that may be tried now. Runs as the owner."""
    return list(_due(now).order_by("letter_after").values_list("tenant_id", "id")[:SPARED])


def deliver(*, tenant_id: int, invitation_id: int, now: datetime) -> bool:
    """Try to hand one letter to the mail server; returns whether it was this call that sent it. Safe to run twice.

    A mail server that is away, or says "not now", has the letter tried again, later each time; one that refuses the
    address ends it.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.scope(tenant):
        invitation = _claim(invitation_id, now)
    if invitation is None:
        return False
    try:
        _send(tenant=tenant, invitation=invitation)
    except (smtplib.SMTPException, OSError) as error:
        last = _refused(error) or invitation.letter_attempts > len(RETRY_AFTER)
        found = {"letter": Invitation.Letter.FAILED if last else Invitation.Letter.QUEUED, "letter_error": _said(error)}
    else:
        found = {"letter": Invitation.Letter.SENT, "letter_sent_at": now, "letter_error": ""}
    with tenancy.scope(tenant):
        Invitation.objects.filter(pk=invitation.pk).update(**found)
    return found["letter"] == Invitation.Letter.SENT


def _due(now: datetime) -> QuerySet[Invitation]:
    due = Q(letter_after=None) | Q(letter_after__lte=now)
    return Invitation.objects.filter(due, letter=Invitation.Letter.QUEUED, accepted_at=None, expires_at__gt=now)


def _claim(invitation_id: int, now: datetime) -> Invitation | None:
    invitation = _due(now).select_for_update(skip_locked=True).filter(pk=invitation_id).first()
    if invitation is None:
        return None
    wait = RETRY_AFTER[min(invitation.letter_attempts, len(RETRY_AFTER) - 1)]
    invitation.letter_attempts += 1
    invitation.letter_after = now + wait
    invitation.save(update_fields=["letter_attempts", "letter_after"])
    return invitation


def _send(*, tenant: Tenant, invitation: Invitation) -> None:
    """In the language of the tenant."""
    with translation.override(tenant.language):
        words = {"tenant": tenant, "invitation": invitation, "link": invitation_address(token_of(invitation))}
        subject = translation.gettext("Join %(name)s on CXM") % {"name": tenant.name}
        body = render_to_string("accounts/letters/invitation.txt", words)
    headers = {"Message-ID": f"<invitation.{'.'.join(str(number) for number in _named(invitation))}@cxm>"}
    EmailMessage(text.clean_line(subject), body, to=[invitation.email], headers=headers).send()


def _named(invitation: Invitation) -> tuple[int, int, int]:
    """An id is used once; the end of the invitation makes sure, should a database ever be set back."""
    return invitation.tenant_id, invitation.pk, int(invitation.expires_at.timestamp())


def _refused(error: Exception) -> bool:
    """Whether the server said no for good, to this address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reply in error.recipients.values())
    return False


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = (f"{code} {reply.decode(errors='replace')}" for code, reply in error.recipients.values())
        return text.clean_line("; ".join(replies))[:200]
    return text.clean_line(str(error))[:200]
