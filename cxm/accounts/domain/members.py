"""Who works for a tenant: invited, joined, given another role, removed."""

from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.accounts.domain import letters, lists
from cxm.accounts.models import Invitation, Membership, Role, User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Conflict, NotFound, Refusal

VALID_FOR = timedelta(days=7)


class LastOwner(Conflict):
    code = "last_owner"
    message = _("A business always has an owner. Make somebody else an owner first.")


class OnlyOwners(Refusal):
    code = "only_owners"
    message = _("Only owners can make, change or remove owners.")
    status = 403


class AlreadyMember(Conflict):
    code = "already_member"
    message = _("This person already works here.")


class NotYours(Refusal):
    code = "not_yours"
    message = _("This invitation is for another email address. Sign out, then open the link again.")
    status = 403


class InvitationGone(NotFound):
    code = "invitation_gone"
    message = _("This invitation was used, withdrawn or is older than seven days. Ask for a new one.")


class AccountExists(Conflict):
    code = "account_exists"
    message = _("There is an account with this address. Sign in to accept the invitation.")


def listed() -> QuerySet[Membership]:
    """Return the memberships of the tenant in scope with their people, by name. Passwords are out of reach there."""
    return Membership.objects.select_related("user").defer("user__password").order_by("user__email")


def colleagues() -> QuerySet[User]:
    """Return the people of the tenant in scope, by name: whom one can give something to."""
    working = User.objects.filter(memberships__tenant=tenancy.current_id(), is_active=True)
    return working.defer("password").order_by("name", "email")


def open_invitations(*, now: datetime) -> QuerySet[Invitation]:
    """Return the invitations of the tenant in scope that can still be accepted."""
    return Invitation.objects.filter(accepted_at=None, expires_at__gt=now).order_by("-created_at")


def invite(*, email: str, role: str, by: Actor, by_role: str, now: datetime) -> tuple[Invitation, str]:
    """Ask somebody to join the tenant in scope; an earlier invitation to the same address is replaced.

    Its letter is queued with it, and goes out once the caller's transaction has committed.

    Args:
        email: of the person; need not have an account.
        role: a value of Role.
        by: who asks.
        by_role: the role of who asks: only owners make owners.
        now: the moment; the invitation holds for seven days.

    Returns:
        The row, and the token of its link, which is kept nowhere.

    Raises:
        OnlyOwners, AlreadyMember
    """
    email = email.strip().lower()
    if role == Role.OWNER and by_role != Role.OWNER:
        raise OnlyOwners(fields={"role": OnlyOwners.message})
    if Membership.objects.filter(user__email__iexact=email).exists():
        raise AlreadyMember(fields={"email": AlreadyMember.message})
    Invitation.objects.filter(email=email, accepted_at=None).delete()
    invitation = Invitation.objects.create(email=email, role=role, invited_by=by.label, expires_at=now + VALID_FOR)
    audit.record(by=by, action="member.invited", on=invitation, role=role)
    letters.queue(invitation=invitation, now=now)
    return invitation, letters.token_of(invitation)


def withdraw(*, invitation: Invitation, by: Actor) -> None:
    """Make an open invitation useless."""
    audit.record(by=by, action="member.invitation_withdrawn", on=invitation)
    invitation.delete()


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """Return an open invitation with its tenant. Runs as the owner: the token is what says which tenant is meant.

    Raises:
        InvitationGone
    """
    invitations = letters.find(token).select_related("tenant")
    invitation = invitations.filter(accepted_at=None, expires_at__gt=now).first()
    if invitation is None:
        raise InvitationGone
    return invitation


@transaction.atomic
def accept(*, token: str, user: User, now: datetime) -> Membership:
    """Join with an account that exists. Called outside every scope.

    Raises:
        InvitationGone, NotYours, AlreadyMember
    """
    invitation = _lock(token, now)
    if user.email.lower() != invitation.email.lower():
        raise NotYours
    return _join(invitation, user, now)


@transaction.atomic
def accept_as_new(*, token: str, name: str, password: str, now: datetime) -> User:
    """Make an account for the invited address and join with it. Called outside every scope.

    Raises:
        InvitationGone, AccountExists, ValidationError (the password is too weak)
    """
    invitation = _lock(token, now)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise AccountExists
    validate_password(password, User(email=invitation.email, name=name))
    user = User.objects.create_user(invitation.email, password, name=name)
    _join(invitation, user, now)
    return user


def change_role(*, membership: Membership, role: str, by: Actor, by_role: str) -> None:
    """Give a member of the tenant in scope another role.

    Raises:
        OnlyOwners, LastOwner
    """
    before = membership.role
    if Role.OWNER in {before, role} and by_role != Role.OWNER:
        raise OnlyOwners
    if before == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(by=by, action="member.role_changed", on=membership, old=before, new=role)


def remove(*, membership: Membership, by: Actor, by_role: str) -> None:
    """Take a member out of the tenant in scope; their account and their work stay. Leaving is removing oneself.

    Raises:
        OnlyOwners, LastOwner
    """
    if membership.role == Role.OWNER:
        if by_role != Role.OWNER:
            raise OnlyOwners
        _keep_an_owner(membership)
    audit.record(by=by, action="member.removed", on=membership, role=membership.role)
    lists.forget(membership=membership)
    membership.delete()


def _keep_an_owner(leaving: Membership) -> None:
    """Lock the owners, so that two cannot leave at the same moment."""
    owners = Membership.objects.select_for_update().filter(role=Role.OWNER).order_by("id").values_list("id", flat=True)
    if not set(owners) - {leaving.pk}:
        raise LastOwner


def _lock(token: str, now: datetime) -> Invitation:
    find_invitation(token=token, now=now)
    invitations = letters.find(token).select_for_update(of=("self",)).select_related("tenant")
    invitation = invitations.filter(accepted_at=None).first()
    if invitation is None:
        raise InvitationGone
    return invitation


def _join(invitation: Invitation, user: User, now: datetime) -> Membership:
    with tenancy.scope(invitation.tenant):
        if Membership.objects.filter(user_id=user.pk).exists():
            raise AlreadyMember
        Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now)
        membership = Membership.objects.create(user=user, role=invitation.role)
        audit.record(by=user.actor, action="member.joined", on=membership, role=invitation.role)
    return membership
