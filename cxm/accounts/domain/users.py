"""What people choose for themselves."""

from cxm import tenancy
from cxm.accounts.models import User
from cxm.audit import domain as audit


def prefer(*, user: User, language: str | None = None, theme: str | None = None) -> None:
    """Remember a person's language or theme. Called outside every scope."""
    chosen = {name: value for name, value in {"language": language, "theme": theme}.items() if value is not None}
    User.objects.filter(pk=user.pk).update(**chosen)
    for name, value in chosen.items():
        setattr(user, name, value)


def rename(*, user: User, name: str) -> None:
    """Change what colleagues read for a person, from within a tenant's scope."""
    before = user.name
    with tenancy.as_owner():  # people are no tenant's rows; the row is the caller's own
        User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
    audit.record(by=user.actor, action="user.renamed", on=user, old=before, new=name)
