"""Mail that people of the house get from the house. Sent outside every transaction."""

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from cxm.accounts.models import Invitation
from cxm.lib import text
from cxm.tenancy import links
from cxm.tenancy.models import Tenant


def invitation_address(token: str) -> str:
    """Return the link of an invitation."""
    return links.absolute(reverse("invitation", args=[token]))


def invite(*, tenant: Tenant, invitation: Invitation, token: str) -> None:
    """Send an invitation, in the language of the tenant."""
    with translation.override(tenant.language):
        words = {"tenant": tenant, "invitation": invitation, "link": invitation_address(token)}
        subject = translation.gettext("Join %(name)s on CXM") % {"name": tenant.name}
        send_mail(
            text.clean_line(subject),
            render_to_string("accounts/letters/invitation.txt", words),
            None,
            [invitation.email],
        )
