"""The portal: where customers help themselves, see what became of what they asked, and reach a person.

A signed address stands for the login they do not have. It names tenant and person, ends after a week, and is only
ever sent to the address that stands in the profile: whoever asks learns nothing of whether that address is known.
"""

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as __

from campaigns.domain import messages, templates
from campaigns.models import SendUnit, Template
from campaigns.models.template import Kind
from customers.domain import contacts
from customers.models import Customer
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import signing
from cxm.tenancy.links import absolute
from cxm.tenancy.models import Tenant

VALID_FOR = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=5)  # one letter in this time, however often it is asked for
SHARED = 3  # people of one address who each get their link
KIND = "portal"
LETTERS = {
    "en": ("Your link to {{ brand.name }}", "Open my page",
           "Here you see what you asked us and what became of it, and you can write to us. The link works for a week; "
           "do not pass it on.", "Somebody asked for this link with your address. If it was not you, do nothing."),
    "ar": ("رابطك إلى {{ brand.name }}", "افتح صفحتي",
           "هنا تتابع ما طلبته منا وما تم بشأنه، ويمكنك مراسلتنا. يعمل الرابط مدة أسبوع، فلا تشاركه مع أحد.",
           "طُلب هذا الرابط باستخدام عنوانك. إن لم تكن أنت فلا حاجة إلى فعل شيء."),
}  # fmt: skip


def token(*, customer: Customer, now: datetime) -> str:
    """Return what stands for this person's login for a week."""
    return signing.sign(KIND, customer.tenant_id, customer.pk, int((now + VALID_FOR).timestamp()))


def enter(*, tenant: Tenant, signed: str, now: datetime) -> Customer | None:
    """Return whose login it is; None for one altered, ended, of another tenant, or of somebody who is gone."""
    numbers = signing.unsign(KIND, signed)
    if not numbers or len(numbers) != 3 or numbers[0] != tenant.pk:
        return None
    if datetime.fromtimestamp(min(numbers[2], 2**33), UTC) <= now:
        return None
    return Customer.objects.filter(pk=numbers[1]).first()


def ask_for_link(*, address: str, now: datetime) -> None:
    """Send their links to whoever has this address; does nothing, and says nothing, where nobody has."""
    try:
        key = contacts.email_key(contacts.email(address))
    except ValueError:
        return
    people = Customer.objects.filter(email_key=key).order_by("-updated_at")[:SHARED]
    slot = int(now.timestamp() // AGAIN_AFTER.total_seconds())
    for person in people:
        link = absolute(f"/portal/{tenancy.current().slug}/me/{token(customer=person, now=now)}/")
        messages.send_once(
            kind=KIND, key=f"{person.pk}:{slot}", to=person, template=_letter(), data={"url": link}, by=SYSTEM,
            message_class=SendUnit.Class.TRANSACTIONAL,
        )  # fmt: skip


def _letter() -> Template:
    """Return the template the link is sent with: the one used last, which colleagues may have rewritten."""
    last = SendUnit.objects.filter(kind=KIND, template__archived_at=None).order_by("-pk").first()
    if last is not None:
        return last.template
    made = None
    for language, (subject, button, said, warning) in LETTERS.items():
        words = {"language": language, "subject": subject, "body": _BODY.format(button, said, warning), "by": SYSTEM}
        if made is None:
            made = templates.create(name=__("Link to the portal"), kind=Kind.CONFIRMATION, **words)
        else:
            templates.save_version(template=made, **words)
    return made


_BODY = """<mjml><mj-head><mj-attributes>
<mj-all font-family="'IBM Plex Sans Arabic', 'Segoe UI', Tahoma, Arial, sans-serif" />
</mj-attributes></mj-head><mj-body background-color="#eef1f2">
<mj-section background-color="#ffffff" padding="28px 0"><mj-column>
<mj-text font-size="20px" font-weight="700">{{{{ brand.name }}}}</mj-text>
<mj-text font-size="16px" line-height="1.6">{1}</mj-text>
<mj-button background-color="{{{{ brand.color }}}}" href="{{{{ data.url }}}}">{0}</mj-button>
<mj-text font-size="13px" color="#5d6b70">{2}</mj-text>
</mj-column></mj-section></mj-body></mjml>"""
